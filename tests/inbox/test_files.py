"""Uploads waiting to be sent, and media of messages: through the API, as a browser does it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from ramal.database.base import new_id
from ramal.database.session import db, transaction
from ramal.inbox.models import Attachment, OutboxItem
from ramal.inbox.schemas.items import AttachmentSchema
from ramal.storage.models import StoredFile

PDF = b"%PDF-1.7\n%%EOF\n"


def picture(size=(60, 30), format_="PNG"):
    written = io.BytesIO()
    Image.new("RGB", size, "blue").save(written, format_)
    return written.getvalue()


def upload(caller, data, filename="foto.png", **form):
    form["file"] = (io.BytesIO(data), filename)
    return caller.post("/uploads", data=form, content_type="multipart/form-data")


def send(caller, conversation, **body):
    body = {"client_id": str(new_id()), "kind": "image", **body}
    return caller.post(f"/conversations/{conversation.id}/messages", body)


def test_upload_and_send(api, client, login, agent, conversation, channel):
    caller, data = api(agent), picture()
    uploaded = upload(caller, data, channel_id=str(channel.id))
    assert uploaded.status_code == 201
    assert set(uploaded.json) == set(AttachmentSchema().fields)
    shown = {key: uploaded.json[key] for key in ("kind", "filename", "mime_type", "size", "width", "height", "state")}
    assert shown == {
        "kind": "image",
        "filename": "foto.png",
        "mime_type": "image/png",
        "size": len(data),
        "width": 60,
        "height": 30,
        "state": "ready",
    }

    assert send(caller, conversation, body="veja", attachment_ids=[uploaded.json["id"]]).status_code == 202
    message = caller.get(f"/conversations/{conversation.id}/messages").json["items"][-1]
    (attachment,) = message["attachments"]
    assert (message["kind"], message["body"], attachment["id"]) == ("image", "veja", uploaded.json["id"])

    browser = login(client, agent)
    full = browser.get(attachment["url"])
    assert full.status_code == 302
    assert browser.get(full.location).data == data
    small = browser.get(browser.get(attachment["thumbnail_url"]).location)
    assert small.mimetype == "image/webp"


def test_a_file_is_sent_once(api, agent, conversation, open_conversation):
    caller = api(agent)
    uploaded = upload(caller, picture()).json["id"]
    assert send(caller, conversation, attachment_ids=[uploaded]).status_code == 202
    again = send(caller, open_conversation("Outra"), attachment_ids=[uploaded])
    assert again.status_code == 422
    assert "attachment_ids" in again.json["error"]["details"]


def test_a_refused_send_leaves_the_file_for_the_next_try(api, agent, conversation, desk_plugin):
    caller = api(agent)
    uploaded = upload(caller, picture()).json["id"]
    desk_plugin.objects_to["send"] = "Agora não."
    assert send(caller, conversation, attachment_ids=[uploaded]).status_code == 409
    desk_plugin.objects_to.clear()
    assert send(caller, conversation, attachment_ids=[uploaded]).status_code == 202


def test_retry_sends_the_same_file(api, agent, conversation):
    caller = api(agent)
    uploaded = upload(caller, picture()).json["id"]
    message = send(caller, conversation, attachment_ids=[uploaded]).json
    with transaction() as session:
        session.execute(db.text("update message set status = 'failed' where id = :id"), {"id": message["id"]})
    assert caller.post(f"/messages/{message['id']}/retry", {"client_id": str(new_id())}).status_code == 202
    files = db.session.execute(db.select(Attachment.file_id).where(Attachment.message_id.is_not(None))).scalars().all()
    assert len(files) == 2
    assert len(set(files)) == 1


@pytest.mark.parametrize(
    ("data", "filename", "status"),
    [
        (b"", "vazio.png", 422),
        (PDF, "foto.png", 422),
        (picture(), "contrato.pdf", 422),
        (b"MZ\x90\0", "programa.exe", 422),
        (b"<svg onload='alert(1)'/>", "a.svg", 422),
        (picture()[:50], "foto.png", 422),
    ],
)
def test_uploads_that_are_refused(api, agent, conversation, data, filename, status):
    answer = upload(api(agent), data, filename)
    assert answer.status_code == status
    assert answer.json["error"]["code"] == "INVALID_PAYLOAD"
    assert answer.json["error"]["details"]["file"] == [answer.json["error"]["message"]]
    assert db.session.execute(db.select(StoredFile)).first() is None


def test_an_upload_needs_a_file_and_a_channel_that_exists(api, agent, channel, other_organization):
    caller = api(agent)
    assert caller.post("/uploads", data={}, content_type="multipart/form-data").status_code == 422
    assert caller.post("/uploads", {"file": "text"}).status_code == 422
    assert upload(caller, PDF, "a.pdf", channel_id=str(new_id())).status_code == 404
    assert upload(caller, PDF, "a.pdf", channel_id="nonsense").status_code == 422
    assert upload(api(other_organization.admin), PDF, "a.pdf", channel_id=str(channel.id)).status_code == 404


def test_the_upload_limit(app, api, agent, monkeypatch):
    settings = app.extensions["ramal.settings"]
    monkeypatch.setitem(app.extensions, "ramal.settings", settings.with_(max_upload=10_000))
    assert upload(api(agent), PDF + b" " * 9_000, "a.pdf").status_code == 201
    answer = upload(api(agent), PDF + b" " * 11_000, "a.pdf")
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "INVALID_PAYLOAD")
    assert upload(api(agent), PDF + b" " * 200_000, "a.pdf").status_code == 413


def test_an_upload_may_be_larger_than_other_requests(api, agent):
    assert upload(api(agent), PDF + b" " * 6_000_000, "a.pdf").status_code == 201


def test_the_channel_chooses_the_kind(api, agent, channel, make):
    caller = api(agent)
    # WebP is no image of this channel, and a large picture none either: both travel as documents.
    assert upload(caller, picture(format_="WEBP"), "a.webp", channel_id=str(channel.id)).json["kind"] == "document"
    assert upload(caller, picture(format_="WEBP"), "a.webp").json["kind"] == "image"
    noise = Image.effect_noise((400, 400), 90)
    written = io.BytesIO()
    noise.save(written, "PNG")
    assert len(written.getvalue()) > 50_000
    assert upload(caller, written.getvalue(), "a.png", channel_id=str(channel.id)).json["kind"] == "document"
    mute = make.channel("mute", settings={"secret": "s"})
    answer = upload(caller, PDF, "a.pdf", channel_id=str(mute.id))
    assert answer.status_code == 422
    assert db.session.execute(db.select(StoredFile).where(StoredFile.mime_type == "application/pdf")).first() is None


@pytest.mark.parametrize(
    ("filename", "data", "kind", "status"),
    [
        ("foto.png", picture(), "image", 202),
        ("foto.png", picture(), "document", 202),
        ("foto.png", picture(), "voice", 422),
        ("foto.png", picture(), "sticker", 422),
        ("foto.webp", picture(format_="WEBP"), "sticker", 202),
        ("foto.webp", picture(format_="WEBP"), "image", 422),
        ("nota.ogg", b"OggS\0\x02" + b"\0" * 22 + b"\x01\x13OpusHead", "voice", 202),
        ("nota.ogg", b"OggS\0\x02" + b"\0" * 22 + b"\x01\x13OpusHead", "audio", 202),
        ("a.pdf", PDF, "image", 422),
        ("a.pdf", PDF + b" " * 2_100_000, "document", 422),
    ],
)
def test_which_file_travels_as_what(api, agent, conversation, filename, data, kind, status):
    caller = api(agent)
    uploaded = upload(caller, data, filename).json["id"]
    answer = send(caller, conversation, kind=kind, attachment_ids=[uploaded])
    assert answer.status_code == status, answer.json


def test_one_file_with_each_message_but_many_with_a_note(api, agent, conversation):
    caller = api(agent)
    both = [upload(caller, picture()).json["id"] for _ in range(2)]
    assert send(caller, conversation, attachment_ids=both).status_code == 422
    assert send(caller, conversation, kind="note", body=None, attachment_ids=both).status_code == 202
    note = caller.get(f"/conversations/{conversation.id}/messages").json["items"][-1]
    assert [file["id"] for file in note["attachments"]] == both
    assert db.session.execute(db.select(OutboxItem)).first() is None


def test_no_caption_where_the_channel_has_none(api, agent, make):
    channel = make.channel("mute", settings={"secret": "s"})
    from ramal.database.base import utcnow

    conversation = make.conversation(make.party(channel, window_opened_at=utcnow()))
    caller = api(agent)
    uploaded = upload(caller, picture()).json["id"]
    assert send(caller, conversation, body="legenda", attachment_ids=[uploaded]).status_code == 422
    assert send(caller, conversation, attachment_ids=[uploaded]).status_code == 202


@pytest.mark.parametrize(
    ("kind", "data", "body", "status"),
    [
        ("image", picture(), "x" * 20, 202),
        ("image", picture(), "x" * 21, 422),
        ("sticker", picture(format_="WEBP"), "x", 422),
        ("sticker", picture(format_="WEBP"), None, 202),
    ],
)
def test_the_channel_says_which_files_carry_how_much_text(api, agent, conversation, kind, data, body, status):
    caller = api(agent)
    able = caller.get(f"/conversations/{conversation.id}").json["capabilities"]
    assert (able["caption"], able["captionless"], able["caption_limit"]) == (True, ["sticker"], 20)
    uploaded = upload(caller, data, "foto.webp" if kind == "sticker" else "foto.png").json["id"]
    assert send(caller, conversation, kind=kind, body=body, attachment_ids=[uploaded]).status_code == status


def test_a_file_belongs_to_who_uploaded_it_until_it_is_sent(api, agent, admin, organization, conversation):
    uploaded = upload(api(agent), picture()).json["id"]
    assert api(agent).get(f"/media/{uploaded}").status_code == 302
    assert api(admin).get(f"/media/{uploaded}").status_code == 404
    assert send(api(admin), conversation, attachment_ids=[uploaded]).status_code == 422
    send(api(agent), conversation, attachment_ids=[uploaded])
    assert api(admin).get(f"/media/{uploaded}").status_code == 302


def test_another_organizations_files_do_not_exist(api, agent, other_organization, conversation, client):
    uploaded = upload(api(agent), picture()).json["id"]
    send(api(agent), conversation, attachment_ids=[uploaded])
    stranger = api(other_organization.admin)
    assert stranger.get(f"/media/{uploaded}").status_code == 404
    assert api(agent).get(f"/media/{new_id()}").status_code == 404
    assert api(agent).get(f"/media/{uploaded}", size="huge").status_code == 422
    assert client.get(f"/api/v1/media/{uploaded}").status_code == 401


def test_a_viewer_sees_and_does_not_upload(api, agent, organization, conversation):
    uploaded = upload(api(agent), picture()).json["id"]
    send(api(agent), conversation, attachment_ids=[uploaded])
    viewer = api(organization.member("viewer"))
    assert viewer.get(f"/media/{uploaded}").status_code == 302
    assert upload(viewer, picture()).status_code == 403


def test_media_that_has_not_arrived_is_not_there(api, agent, conversation, messages_of):
    message = messages_of(conversation)[0]
    pending = Attachment(message_id=message.id, kind="image", state="pending", ref={"id": "1"})
    with transaction() as session:
        session.add(pending)
    assert api(agent).get(f"/media/{pending.id}").status_code == 404
    (shown,) = api(agent).get(f"/messages/{message.id}").json["attachments"]
    assert (shown["state"], shown["url"], shown["thumbnail_url"]) == ("pending", None, None)
