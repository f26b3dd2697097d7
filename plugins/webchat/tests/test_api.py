"""The widget's API as visitors' browsers use it."""

from __future__ import annotations

import uuid
from typing import Any

from .conftest import Browser, identity

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63d8bd7b3700052e02484c3dbfb10000000049454e44ae426082"
)


def test_a_visitor_writes_and_reads_their_history(browser: Browser, work: Any) -> None:
    started = browser.start()
    assert started.json["channel"]["greeting"] == "Olá!"
    assert browser.write("Oi, vocês abrem hoje?").status_code == 202
    work()
    (message,) = browser.history()
    assert (message["direction"], message["body"]) == ("in", "Oi, vocês abrem hoje?")


def test_the_same_client_id_is_one_message(browser: Browser, work: Any) -> None:
    browser.start()
    client_id = str(uuid.uuid4())
    for _ in range(3):
        assert browser.post("messages", client_id=client_id, body="Oi").status_code == 202
    work()
    assert len(browser.history()) == 1


def test_a_reload_resumes_by_the_token(app: Any, channel: Any, browser: Browser, work: Any) -> None:
    token = browser.start().json["token"]
    browser.write("Ainda estou aqui")
    work()
    again = Browser(app, channel.id)
    assert again.start(token=token).json["conversation_id"] is not None
    assert [item["body"] for item in again.history()] == ["Ainda estou aqui"]


def test_another_visitor_sees_nothing_of_it(app: Any, channel: Any, browser: Browser, work: Any) -> None:
    browser.start()
    browser.write("Meu CPF é segredo")
    work()
    other = Browser(app, channel.id)
    other.start()
    assert other.history() == []


def test_notes_never_reach_the_visitor(browser: Browser, work: Any, organization: Any) -> None:
    from ramal.inbox.services import add_note, send_message

    conversation = _conversation_after_hello(browser, work)
    add_note(conversation, client_id=uuid.uuid4(), body="cliente difícil", author_id=organization.agent.id)
    send_message(conversation, client_id=uuid.uuid4(), kind="text", body="Olá!", author_id=organization.agent.id)
    bodies = [item["body"] for item in browser.history()]
    assert bodies == ["Oi", "Olá!"]


def test_an_agent_is_shown_by_first_name(browser: Browser, work: Any, organization: Any) -> None:
    from ramal.inbox.services import send_message

    conversation = _conversation_after_hello(browser, work)
    send_message(conversation, client_id=uuid.uuid4(), kind="text", body="Olá!", author_id=organization.agent.id)
    author = browser.history()[-1]["author"]
    assert author == organization.agent.name.split(" ")[0]


def test_an_identified_person_keeps_their_history_on_another_browser(
    app: Any, channel: Any, browser: Browser, work: Any
) -> None:
    browser.start(identity=identity("cliente-7"))
    browser.write("Pedido 123")
    work()
    phone = Browser(app, channel.id)
    phone.start(identity=identity("cliente-7"))
    assert [item["body"] for item in phone.history()] == ["Pedido 123"]


def test_a_forged_identity_is_refused(browser: Browser) -> None:
    answer = browser.start(identity=identity("cliente-7", secret="outro"))
    assert answer.status_code == 403


def test_a_forged_token_starts_a_new_visit(app: Any, channel: Any, browser: Browser, work: Any) -> None:
    token = browser.start().json["token"]
    browser.write("Oi")
    work()
    forged = Browser(app, channel.id)
    forged.start(token=token[:-4] + "AAAA")
    assert forged.history() == []


def test_a_token_of_another_channel_is_worth_nothing(app: Any, channel: Any, browser: Browser) -> None:
    from ramal.channels.services import connect_channel

    token = browser.start().json["token"]
    other = connect_channel("webchat", "Outra loja", {"allowed_origins": []})
    stranger = Browser(app, other.id, origin=None)
    stranger._headers["Authorization"] = f"Bearer {token}"
    assert stranger.get("messages").status_code == 401


def test_only_allowed_sites_may_show_the_chat(app: Any, channel: Any) -> None:
    thief = Browser(app, channel.id, origin="https://copia.example")
    answer = thief.start()
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_an_allowed_site_passes_the_preflight(browser: Browser) -> None:
    answer = browser.options("messages")
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://loja.example"
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_without_a_session_nothing_is_said(browser: Browser) -> None:
    assert browser.write("Oi").status_code == 401


def test_an_empty_message_is_refused_in_words(browser: Browser) -> None:
    browser.start()
    answer = browser.write("   ")
    assert answer.status_code == 422
    assert answer.json["error"]["code"] == "INVALID_PAYLOAD"


def test_a_picture_goes_with_the_message(browser: Browser, work: Any) -> None:
    browser.start()
    upload = browser.upload(PNG, "foto.png", "image/png")
    assert (upload.status_code, upload.json["kind"]) == (201, "image")
    browser.write("Veja", files=[upload.json["file"]])
    work()
    (message,) = browser.history()
    assert (message["kind"], message["body"]) == ("image", "Veja")
    assert message["attachments"][0]["filename"] == "foto.png"


def test_a_file_that_lies_about_itself_is_refused(browser: Browser) -> None:
    browser.start()
    answer = browser.upload(b"MZ\x90\x00 not a picture", "foto.png", "image/png")
    assert answer.status_code == 422


def test_another_visitors_upload_cant_be_attached(app: Any, channel: Any, browser: Browser) -> None:
    browser.start()
    token = browser.upload(PNG, "foto.png", "image/png").json["file"]
    other = Browser(app, channel.id)
    other.start()
    assert other.write("minha?", files=[token]).status_code == 422


def test_receipts_move_the_agents_ticks(browser: Browser, work: Any, organization: Any) -> None:
    from ramal.inbox.services import send_message
    from ramal.pipeline.outbound import Sender

    conversation = _conversation_after_hello(browser, work)
    send_message(conversation, client_id=uuid.uuid4(), kind="text", body="Olá!", author_id=organization.agent.id)
    sender = Sender()
    while sender.run_once():
        pass
    sender.close()
    message = browser.history()[-1]
    assert browser.post("receipts", ids=[message["id"]], status="read").status_code == 202
    work()
    assert browser.history()[-1]["status"] == "read"


def test_receipts_for_other_peoples_messages_are_ignored(browser: Browser, work: Any) -> None:
    browser.start()
    assert browser.post("receipts", ids=[str(uuid.uuid4())], status="read").status_code == 202
    work()


def test_a_ticket_waits_for_a_conversation(browser: Browser, work: Any) -> None:
    browser.start()
    assert browser.post("ticket").json["ticket"] is None
    browser.write("Oi")
    work()
    assert browser.post("ticket").json["ticket"]


def test_switched_off_there_is_no_chat(app: Any, browser: Browser) -> None:
    from ramal.plugins.gate import forget
    from ramal.plugins.services import disable_plugin

    disable_plugin("webchat")
    forget()
    assert browser.start().status_code == 404


def test_typing_is_told_and_never_stored(browser: Browser, work: Any) -> None:
    browser.start()
    assert browser.post("typing").status_code == 204
    browser.write("Oi")
    work()
    assert browser.post("typing").status_code == 204
    assert len(browser.history()) == 1


def test_identified_only_refuses_strangers(app: Any, channel: Any) -> None:
    from ramal.channels.services import connect_channel

    closed = connect_channel("webchat", "Só clientes", {"identified_only": True, "identity_secret": "segredo-da-loja"})
    assert Browser(app, closed.id, origin=None).start().status_code == 403
    assert Browser(app, closed.id, origin=None).start(identity=identity("c1")).status_code == 200


def _conversation_after_hello(browser: Browser, work: Any) -> uuid.UUID:
    browser.start()
    browser.write("Oi")
    work()
    return uuid.UUID(
        browser.start(token=browser._headers["Authorization"].removeprefix("Bearer ")).json["conversation_id"]
    )
