"""The widget's API as visitors' browsers use it."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from .conftest import Browser, identity

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c494441"
    "54789c631068700000017400d1d811a11a0000000049454e44ae426082"
)

PDF = b"%PDF-1.7\n%%EOF\n"


def test_a_visitor_writes_and_reads_their_history(visitor: Browser, work: Any) -> None:
    started = visitor.start()
    assert started.json["channel"]["greeting"] == "Olá!"
    assert visitor.write("Oi, vocês abrem hoje?").status_code == 202
    work()
    (message,) = visitor.history()
    assert (message["direction"], message["body"]) == ("in", "Oi, vocês abrem hoje?")


def test_the_same_client_id_is_one_message(visitor: Browser, work: Any) -> None:
    visitor.start()
    client_id = str(uuid.uuid4())
    for _ in range(3):
        assert visitor.post("messages", client_id=client_id, body="Oi").status_code == 202
    work()
    assert len(visitor.history()) == 1


def test_a_reload_resumes_by_the_token(app: Any, channel: Any, visitor: Browser, work: Any) -> None:
    token = visitor.start().json["token"]
    visitor.write("Ainda estou aqui")
    work()
    again = Browser(app, channel.id)
    assert again.start(token=token).json["conversation_id"] is not None
    assert [item["body"] for item in again.history()] == ["Ainda estou aqui"]


def test_another_visitor_sees_nothing_of_it(app: Any, channel: Any, visitor: Browser, work: Any) -> None:
    visitor.start()
    visitor.write("Meu CPF é segredo")
    work()
    other = Browser(app, channel.id)
    other.start()
    assert other.history() == []


def test_notes_never_reach_the_visitor(visitor: Browser, work: Any, organization: Any) -> None:
    from ramal.inbox.services import add_note, send_message

    conversation = _conversation_after_hello(visitor, work)
    add_note(conversation, client_id=uuid.uuid4(), body="cliente difícil", author_id=organization.agent.id)
    send_message(conversation, client_id=uuid.uuid4(), kind="text", body="Olá!", author_id=organization.agent.id)
    bodies = [item["body"] for item in visitor.history()]
    assert bodies == ["Oi", "Olá!"]


def test_an_agent_is_shown_by_first_name(visitor: Browser, work: Any, organization: Any) -> None:
    from ramal.inbox.services import send_message

    conversation = _conversation_after_hello(visitor, work)
    send_message(conversation, client_id=uuid.uuid4(), kind="text", body="Olá!", author_id=organization.agent.id)
    author = visitor.history()[-1]["author"]
    assert author == organization.agent.name.split(" ")[0]


def test_an_identified_person_keeps_their_history_on_another_browser(
    app: Any, channel: Any, visitor: Browser, work: Any
) -> None:
    visitor.start(identity=identity("cliente-7"))
    visitor.write("Pedido 123")
    work()
    phone = Browser(app, channel.id)
    phone.start(identity=identity("cliente-7"))
    assert [item["body"] for item in phone.history()] == ["Pedido 123"]


def test_another_person_on_the_same_browser_gets_a_history_of_their_own(
    app: Any, channel: Any, visitor: Browser, work: Any
) -> None:
    token = visitor.start(identity=identity("cliente-7")).json["token"]
    visitor.write("Pedido 123")
    work()
    next_person = Browser(app, channel.id)
    assert next_person.start(token=token, identity=identity("cliente-8")).json["conversation_id"] is None
    assert next_person.history() == []
    assert len(visitor.history()) == 1


def test_a_stranger_who_logs_in_keeps_what_they_wrote(app: Any, channel: Any, visitor: Browser, work: Any) -> None:
    token = visitor.start().json["token"]
    visitor.write("Oi")
    work()
    visitor.start(token=token, identity=identity("cliente-7"))
    visitor.write("Pedido 123")
    work()
    assert [item["body"] for item in visitor.history()] == ["Oi", "Pedido 123"]


def test_a_token_from_before_the_login_opens_nothing_of_the_persons(
    app: Any, channel: Any, visitor: Browser, work: Any
) -> None:
    token = visitor.start().json["token"]
    visitor.write("Oi")
    work()
    visitor.start(token=token, identity=identity("cliente-7"))
    work()
    visitor.write("Meu cartão é 4111")
    work()
    copy = Browser(app, channel.id)
    assert copy.start(token=token).json["conversation_id"] is None
    assert copy.history() == []
    copy.write("Mude meu endereço")
    work()
    assert [item["body"] for item in copy.history()] == ["Mude meu endereço"]
    assert [item["body"] for item in visitor.history()] == ["Oi", "Meu cartão é 4111"]


def test_a_login_twice_is_told_once(visitor: Browser, work: Any) -> None:
    from ramal.inbox.queries.messages import list_messages

    conversation = _conversation_after_hello(visitor, work)
    token = visitor._headers["Authorization"].removeprefix("Bearer ")
    for _ in range(2):
        visitor.start(token=token, identity=identity("cliente-7"))
    work()
    lines = [item["body"] for item in list_messages(conversation).items if item["kind"] == "system"]
    assert lines == ["Logged in to the site."]


@pytest.mark.parametrize("person", [" cliente-7", "cliente-7\n", "cliente-7\0"])
def test_an_id_that_only_looks_like_another_is_refused(visitor: Browser, person: str) -> None:
    assert visitor.start(identity=identity(person)).status_code == 422


def test_a_message_with_a_nul_is_refused(visitor: Browser) -> None:
    visitor.start()
    assert visitor.write("a\0b").status_code == 422


@pytest.mark.parametrize("place", ["0001-01-01T00:00:00+23:59|1", "2026-01-01T00:00:00+00:00|" + "9" * 30, "é|x"])
def test_a_cursor_that_is_none_of_ours_shows_the_newest_page(visitor: Browser, work: Any, place: str) -> None:
    _conversation_after_hello(visitor, work)
    cursor = base64.urlsafe_b64encode(place.encode()).decode()
    assert [item["body"] for item in visitor.get(f"messages?before={cursor}").json["items"]] == ["Oi"]


def test_a_forged_identity_is_refused(visitor: Browser) -> None:
    answer = visitor.start(identity=identity("cliente-7", secret="outro"))
    assert answer.status_code == 403


def test_a_hash_that_is_no_hash_is_refused(visitor: Browser) -> None:
    answer = visitor.start(identity={"id": "cliente-7", "hash": "é" * 64})
    assert answer.status_code == 422


def test_a_forged_token_starts_a_new_visit(app: Any, channel: Any, visitor: Browser, work: Any) -> None:
    token = visitor.start().json["token"]
    visitor.write("Oi")
    work()
    forged = Browser(app, channel.id)
    forged.start(token=token[:-4] + "AAAA")
    assert forged.history() == []


def test_a_token_of_another_channel_is_worth_nothing(app: Any, channel: Any, visitor: Browser) -> None:
    from ramal.channels.services import connect_channel

    token = visitor.start().json["token"]
    other = connect_channel("webchat", "Outra loja", {"allowed_origins": []})
    stranger = Browser(app, other.id, origin=None)
    stranger._headers["Authorization"] = f"Bearer {token}"
    assert stranger.get("messages").status_code == 401


def test_only_allowed_sites_may_show_the_chat(app: Any, channel: Any) -> None:
    thief = Browser(app, channel.id, origin="https://copia.example")
    answer = thief.start()
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_stolen_token_is_worth_nothing_on_another_site(app: Any, channel: Any, visitor: Browser) -> None:
    token = visitor.start().json["token"]
    thief = Browser(app, channel.id, origin="https://copia.example")
    thief._headers["Authorization"] = f"Bearer {token}"
    assert thief.get("messages").status_code == 403
    assert thief.write("Oi").status_code == 403


def test_an_allowed_site_passes_the_preflight(visitor: Browser) -> None:
    answer = visitor.options("messages")
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://loja.example"
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_without_a_session_nothing_is_said(visitor: Browser) -> None:
    assert visitor.write("Oi").status_code == 401


def test_an_empty_message_is_refused_in_words(visitor: Browser) -> None:
    visitor.start()
    answer = visitor.write("   ")
    assert answer.status_code == 422
    assert answer.json["error"]["code"] == "INVALID_PAYLOAD"


def test_a_picture_goes_with_the_message(visitor: Browser, work: Any) -> None:
    visitor.start()
    upload = visitor.upload(PNG, "foto.png", "image/png")
    assert (upload.status_code, upload.json["kind"]) == (201, "image")
    visitor.write("Veja", files=[upload.json["file"]])
    work()
    (message,) = visitor.history()
    assert (message["kind"], message["body"]) == ("image", "Veja")
    assert message["attachments"][0]["filename"] == "foto.png"


def test_a_file_that_lies_about_itself_is_refused(visitor: Browser) -> None:
    visitor.start()
    answer = visitor.upload(b"MZ\x90\x00 not a picture", "foto.png", "image/png")
    assert answer.status_code == 422


def test_a_form_without_a_file_is_refused_in_words(visitor: Browser) -> None:
    visitor.start()
    answer = visitor.post("files")
    assert answer.status_code == 422
    assert "file" in answer.json["error"]["details"]


@pytest.mark.parametrize(
    ("head", "filename", "kind"), [(PNG, "foto.png", "image"), (b"%PDF-1.7\n", "proposta.pdf", "document")]
)
def test_a_file_may_be_as_large_as_the_widget_was_told(visitor: Browser, head: bytes, filename: str, kind: str) -> None:
    limit = visitor.start().json["limits"][kind]
    largest = visitor.upload(head.ljust(limit, b"\0"), filename, "")
    assert (largest.status_code, largest.json["kind"], largest.json["size"]) == (201, kind, limit)


def test_a_picture_too_large_for_a_picture_goes_as_a_document(visitor: Browser, work: Any) -> None:
    limit = visitor.start().json["limits"]["image"]
    upload = visitor.upload(PNG.ljust(limit + 1, b"\0"), "foto.png", "image/png")
    assert (upload.status_code, upload.json["kind"]) == (201, "document")
    visitor.write("Veja", files=[upload.json["file"]])
    work()
    assert visitor.history()[0]["kind"] == "document"


def test_a_file_too_large_for_any_kind_is_refused_in_words_and_leaves_nothing(visitor: Browser, app: Any) -> None:
    limit = visitor.start().json["limits"]["document"]
    kept = _stored_files(app)
    answer = visitor.upload(b"%PDF-1.7\n".ljust(limit + 1, b"\0"), "proposta.pdf", "")
    assert answer.status_code == 422
    assert "at most 25" in answer.json["error"]["message"]
    assert _stored_files(app) == kept


def test_a_body_beyond_every_kind_is_not_even_read(visitor: Browser) -> None:
    limits = visitor.start().json["limits"]
    answer = visitor.upload(bytes(max(limits.values()) + 1024 * 1024), "filme.mp4", "video/mp4")
    assert answer.status_code == 413


def test_several_files_are_a_bubble_each(visitor: Browser, work: Any) -> None:
    visitor.start()
    tokens = [visitor.upload(PNG, name, "image/png").json["file"] for name in ("a.png", "b.png")]
    client_id = str(uuid.uuid4())
    for _ in range(2):
        visitor.post("messages", client_id=client_id, body="Duas", files=tokens)
    work()
    shown = [(item["body"], item["attachments"][0]["filename"]) for item in visitor.history()]
    assert shown == [("Duas", "a.png"), (None, "b.png")]


def test_the_agents_get_the_very_bytes(app: Any, visitor: Browser, work: Any, organization: Any, api: Any) -> None:
    from ramal.pipeline.worker.jobs import run_due_jobs

    conversation = _conversation_after_hello(visitor, work)
    visitor.write("Veja", files=[visitor.upload(PNG, "foto.png", "image/png").json["file"]])
    work()
    run_due_jobs(app)
    newest = api(organization.agent).get(f"/conversations/{conversation}/messages").json["items"][-1]
    (attachment,) = newest["attachments"]
    assert attachment["state"] == "ready"
    link = api(organization.agent).get(attachment["url"]).headers["Location"]
    assert app.test_client().get(link).data == PNG


def test_an_upload_is_forgotten_once_the_agents_have_it(
    app: Any, visitor: Browser, work: Any, organization: Any, api: Any
) -> None:
    from ramal.pipeline.worker.abandoned import forget_abandoned
    from ramal.pipeline.worker.jobs import run_due_jobs

    conversation = _conversation_after_hello(visitor, work)
    before = _stored_files(app)
    visitor.write("Veja", files=[visitor.upload(PDF, "proposta.pdf", "application/pdf").json["file"]])
    visitor.upload(PDF, "outra.pdf", "application/pdf")  # never sent

    def forgotten_a_day_later() -> int:
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=25), tick=True):
            return forget_abandoned()

    assert forgotten_a_day_later() == 1
    work()
    assert forgotten_a_day_later() == 0  # it is still to be fetched
    run_due_jobs(app)
    assert forgotten_a_day_later() == 1
    assert len(_stored_files(app)) == len(before) + 1
    newest = api(organization.agent).get(f"/conversations/{conversation}/messages").json["items"][-1]
    link = api(organization.agent).get(newest["attachments"][0]["url"]).headers["Location"]
    assert app.test_client().get(link).data == PDF


def test_another_visitors_upload_cant_be_attached(app: Any, channel: Any, visitor: Browser) -> None:
    visitor.start()
    token = visitor.upload(PNG, "foto.png", "image/png").json["file"]
    other = Browser(app, channel.id)
    other.start()
    assert other.write("minha?", files=[token]).status_code == 422


def test_receipts_move_the_agents_ticks(visitor: Browser, work: Any, organization: Any) -> None:
    from ramal.inbox.services import send_message
    from ramal.pipeline.outbound import Sender

    conversation = _conversation_after_hello(visitor, work)
    send_message(conversation, client_id=uuid.uuid4(), kind="text", body="Olá!", author_id=organization.agent.id)
    sender = Sender()
    while sender.run_once():
        pass
    sender.close()
    message = visitor.history()[-1]
    assert visitor.post("receipts", ids=[message["id"]], status="read").status_code == 202
    work()
    assert visitor.history()[-1]["status"] == "read"


def test_only_ones_own_conversation_can_be_quoted(app: Any, channel: Any, visitor: Browser, work: Any) -> None:
    visitor.start()
    visitor.write("Meu segredo")
    work()
    (mine,) = visitor.history()
    assert visitor.write("sobre isto", reply_to=mine["client_id"]).status_code == 202
    other = Browser(app, channel.id)
    other.start()
    assert other.write("o que ela disse?", reply_to=mine["client_id"]).status_code == 422


def test_receipts_for_other_peoples_messages_are_ignored(visitor: Browser, work: Any) -> None:
    visitor.start()
    assert visitor.post("receipts", ids=[str(uuid.uuid4())], status="read").status_code == 202
    work()


def test_a_ticket_waits_for_a_conversation(visitor: Browser, work: Any) -> None:
    visitor.start()
    assert visitor.post("ticket").json["ticket"] is None
    visitor.write("Oi")
    work()
    assert visitor.post("ticket").json["ticket"]


def test_switched_off_there_is_no_chat(app: Any, visitor: Browser) -> None:
    from ramal.plugins.gate import forget
    from ramal.plugins.services import disable_plugin

    disable_plugin("webchat")
    forget()
    assert visitor.start().status_code == 404


def test_typing_is_told_and_never_stored(visitor: Browser, work: Any) -> None:
    visitor.start()
    assert visitor.post("typing").status_code == 204
    visitor.write("Oi")
    work()
    assert visitor.post("typing").status_code == 204
    assert len(visitor.history()) == 1


def test_identified_only_refuses_strangers(app: Any, channel: Any) -> None:
    from ramal.channels.services import connect_channel

    closed = connect_channel("webchat", "Só clientes", {"identified_only": True, "identity_secret": "segredo-da-loja"})
    assert Browser(app, closed.id, origin=None).start().status_code == 403
    assert Browser(app, closed.id, origin=None).start(identity=identity("c1")).status_code == 200


def _stored_files(app: Any) -> list[Path]:
    return sorted(path for path in Path(app.extensions["ramal.storage"].root).rglob("*") if path.is_file())


def _conversation_after_hello(visitor: Browser, work: Any) -> uuid.UUID:
    visitor.start()
    visitor.write("Oi")
    work()
    return uuid.UUID(
        visitor.start(token=visitor._headers["Authorization"].removeprefix("Bearer ")).json["conversation_id"]
    )
