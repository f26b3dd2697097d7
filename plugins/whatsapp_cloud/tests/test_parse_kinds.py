"""Every kind of webhook, one committed payload each: what the core gets to see."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from ramal.api import (
    AccountNotice,
    Alias,
    IdentityChange,
    InboundMessage,
    MessageEdit,
    MessageRevoke,
    Reaction,
    Status,
    StatusUpdate,
)

from .helpers import CUSTOMER, NAMES, RECEIVED, fixture, parse, parse_fixture

PHONE = Alias("phone", CUSTOMER)
BSUID = Alias("bsuid", "BR.10000000000000000002")
AT = datetime(2026, 10, 27, 12, 0, tzinfo=UTC)
EARLIER = "wamid.FICTION-earlier"
FILE_HASH = hashlib.sha256(b"test").hexdigest()


def message(name: str) -> InboundMessage:
    (item,) = parse_fixture(name)
    assert isinstance(item, InboundMessage)
    return item


@pytest.mark.parametrize(
    ("name", "kind", "body"),
    [
        ("text", "text", "Bom dia! Vocês abrem aos sábados? ☕"),
        ("text_numbers_for_strings", "text", "1042"),
        ("image", "image", "Chegou assim"),
        ("video", "video", None),
        ("document", "document", "Segue"),
        ("audio", "audio", None),
        ("audio_voice", "voice", None),
        ("voice", "voice", None),
        ("sticker", "sticker", None),
        ("location", "location", "Praça Fictícia"),
        ("contacts", "contact", "Beltrano da Silva, Sicrana Souza"),
        ("interactive_button", "interactive", "Sim"),
        ("interactive_list", "interactive", "Segunda via"),
        ("interactive_form", "interactive", "Sent"),
        ("interactive_call_permission", "interactive", "Accepted calls"),
        ("interactive_payment", "interactive", "payment_method"),
        ("button", "interactive", "Não quero mais"),
        ("order", "interactive", "Para hoje\n6 × PAO-1 — BRL 1.50\n1 × BOLO-2 — BRL 42.90"),
        ("unsupported", "unsupported", None),
        ("unknown_kind", "unsupported", None),
        ("interactive_missing", "unsupported", None),
    ],
)
def test_a_message_becomes_a_bubble(name: str, kind: str, body: str | None) -> None:
    item = message(name)
    assert (item.kind, item.body) == (kind, body)
    assert item.provider_id == f"wamid.FICTION-{name}"
    assert item.occurred_at == AT
    assert item.direction == "in"
    assert item.opens_conversation
    assert item.opens_window


def test_the_sender_has_all_their_names() -> None:
    party = message("text").party
    assert party.aliases == (BSUID, PHONE)
    assert (party.address, party.name) == (CUSTOMER, "Fulana de Tal")


def test_numbers_are_read_where_strings_are_meant() -> None:
    party = message("text_numbers_for_strings").party
    assert party.aliases == (PHONE,)
    assert party.name == "2026"


def test_a_sender_without_contacts_is_known_by_the_phone() -> None:
    party = message("text_without_contacts").party
    assert (party.aliases, party.name) == ((PHONE,), None)


def test_a_sender_may_have_no_phone() -> None:
    party = message("text_bsuid_only").party
    assert party.aliases == (
        Alias("bsuid", "BR.10000000000000000014"),
        Alias("parent_bsuid", "BR.ENT.10000000000000000099"),
    )
    assert party.address == "BR.10000000000000000014"
    assert (party.name, party.username) == ("Caio Fictício", "caio.ficticio")


def test_a_bsuid_in_from_is_no_phone() -> None:
    party = message("text_bsuid_in_from").party
    assert party.aliases == (Alias("bsuid", "BR.10000000000000000014"),)
    assert party.name == "Caio Fictício"


def test_a_group_is_the_party_and_keeps_the_author() -> None:
    item = message("text_in_group")
    assert item.party.aliases == (Alias("group", "grupo-ficticio-1"),)
    assert item.payload["author"] == {"address": CUSTOMER, "name": "Fulana de Tal"}


def test_the_contact_is_found_by_id_not_by_place() -> None:
    body = fixture("text")
    contacts = body["entry"][0]["changes"][0]["value"]["contacts"]
    contacts.insert(0, {"profile": {"name": "Outra Pessoa"}, "wa_id": "5511900000099"})
    (item,) = parse(body)
    assert isinstance(item, InboundMessage)
    assert item.party.name == "Fulana de Tal"


def test_a_reply_names_what_it_quotes() -> None:
    assert message("text_reply").reply_to == EARLIER
    assert message("interactive_button").reply_to == "wamid.FICTION-question"


def test_a_forward_quotes_nothing() -> None:
    item = message("text_forwarded")
    assert item.forwarded
    assert item.reply_to is None
    assert item.payload == {"frequently_forwarded": True}


def test_the_advert_and_the_product_stay_with_the_message() -> None:
    assert message("text_from_advert").payload["referral"]["ctwa_clid"] == "CLIQUE-FICTICIO"
    product = message("text_about_product").payload["referred_product"]
    assert product["product_retailer_id"] == "BLUSA-AZUL"


def test_what_we_do_not_know_yet_is_kept() -> None:
    assert message("unknown_field").payload["extra"] == {"novelty": {"of": "2027"}}
    assert message("unknown_kind").payload["raw"]["hologram"] == {"beam": "up"}
    assert message("text_identity").payload["identity"]["hash"] == "HASH-FICTICIO"


def test_a_nonsense_time_is_the_time_of_arrival() -> None:
    assert message("text_nonsense_time").occurred_at == RECEIVED


@pytest.mark.parametrize("stamp", ["-1", "0", "99999999999", 1e300, True, None, [], "1793102400.5e400"])
def test_no_time_stops_a_message(stamp: Any) -> None:
    body = fixture("text")
    body["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"] = stamp
    (item,) = parse(body)
    assert isinstance(item, InboundMessage)
    assert item.occurred_at == RECEIVED


@pytest.mark.parametrize(
    ("name", "media_id", "mime_type"),
    [
        ("image", "900000000000001", "image/jpeg"),
        ("video", "900000000000002", "video/mp4"),
        ("document", "900000000000003", "application/pdf"),
        ("audio", "900000000000004", "audio/mpeg"),
        ("audio_voice", "900000000000005", "audio/ogg; codecs=opus"),
        ("sticker", "900000000000007", "image/webp"),
    ],
)
def test_a_file_waits_at_the_provider(name: str, media_id: str, mime_type: str) -> None:
    (file,) = message(name).attachments
    assert file.ref == {"id": media_id}
    assert (file.mime_type, file.sha256) == (mime_type, FILE_HASH)


def test_details_of_files() -> None:
    assert message("document").attachments[0].filename == "orcamento.pdf"
    assert message("sticker").payload == {"animated": True}
    assert message("image_with_url").attachments[0].ref["url"].startswith("https://lookaside.fbsbx.com/")
    assert message("image_with_url").attachments[0].sha256 is None


def test_places_and_people() -> None:
    place = message("location").payload
    assert (place["latitude"], place["longitude"]) == (-23.561414, -46.655881)
    people = message("contacts").payload["contacts"]
    assert [(person["name"], person["phones"]) for person in people] == [
        ("Beltrano da Silva", ["+55 11 90000-0003"]),
        ("Sicrana Souza", ["+55 11 90000-0004"]),
    ]
    asked = message("contacts_on_request")
    assert asked.payload["origin"] == "contact_request"
    assert asked.payload["contacts"][0]["phones"] == ["+55 11 90000-0002"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("interactive_button", {"type": "button_reply", "id": "yes", "title": "Sim"}),
        ("interactive_list", {"type": "list_reply", "id": "row-2", "description": "Boleto de novembro"}),
        ("interactive_form", {"type": "nfm_reply", "answers": {"flow_token": "t", "nota": 5}}),
        ("interactive_payment", {"type": "payment_method", "reference_id": "pedido-1042"}),
        ("button", {"type": "button", "id": "opt-out", "title": "Não quero mais"}),
        ("order", {"type": "order", "catalog_id": "77"}),
    ],
)
def test_what_was_picked(name: str, expected: dict[str, Any]) -> None:
    payload = message(name).payload
    assert {key: payload.get(key) for key in expected} == expected


def test_a_form_whose_answers_are_no_json() -> None:
    payload = message("interactive_form_not_object").payload
    assert "answers" not in payload
    assert payload["response_json"] == "[1,"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("unsupported", "Message type is currently not supported."),
        ("interactive_missing", "This message is currently unavailable."),
        ("unknown_kind", "This kind of message is not supported yet."),
    ],
)
def test_a_placeholder_says_why(name: str, reason: str) -> None:
    payload = message(name).payload
    assert payload["reason"] == reason
    assert payload["raw"]["id"] == f"wamid.FICTION-{name}"


def test_an_unsupported_message_names_its_kind() -> None:
    assert message("unsupported").payload["type"] == "poll_creation"


@pytest.mark.parametrize(("name", "emoji"), [("reaction", "❤️"), ("reaction_removed", None), ("reaction_emptied", None)])
def test_a_reaction_changes_the_message_it_names(name: str, emoji: str | None) -> None:
    (item,) = parse_fixture(name)
    assert isinstance(item, Reaction)
    assert (item.target, item.emoji, item.key) == (EARLIER, emoji, f"wamid.FICTION-{name}")
    assert item.party.address == CUSTOMER


def test_edits_and_revocations_change_the_message_they_name() -> None:
    (edit,) = parse_fixture("edit")
    assert isinstance(edit, MessageEdit)
    assert (edit.target, edit.body) == (EARLIER, "Quis dizer domingo")
    (caption,) = parse_fixture("edit_caption")
    assert isinstance(caption, MessageEdit)
    assert (caption.target, caption.body) == ("wamid.FICTION-image", "Legenda nova")
    assert caption.payload["media"] == [{"id": "900000000000001"}]
    (revoke,) = parse_fixture("revoke")
    assert isinstance(revoke, MessageRevoke)
    assert (revoke.target, revoke.key) == (EARLIER, "wamid.FICTION-revoke")


@pytest.mark.parametrize("kind", ["reaction", "edit", "revoke"])
def test_a_change_that_names_nothing_is_shown(kind: str) -> None:
    body = fixture(kind)
    body["entry"][0]["changes"][0]["value"]["messages"][0][kind] = None
    (item,) = parse(body)
    assert isinstance(item, InboundMessage)
    assert item.kind == "unsupported"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("system_changed_number", "5511900000031", "5511900000041"),
        ("system_changed_number_old_style", "5511900000032", "5511900000042"),
    ],
)
def test_a_changed_number_moves_the_person(name: str, before: str, after: str) -> None:
    (item,) = parse_fixture(name)
    assert isinstance(item, IdentityChange)
    assert (item.old, item.new) == ((Alias("phone", before),), (Alias("phone", after),))
    assert (item.address, item.reason) == (after, "user_changed_number")
    assert item.body == "Fulana mudou de número"


@pytest.mark.parametrize(
    ("name", "digit"), [("system_changed_user_id", 1), ("user_id_update", 3), ("user_id_update_flat", 4)]
)
def test_a_changed_user_id_moves_the_person(name: str, digit: int) -> None:
    (item,) = parse_fixture(name)
    assert isinstance(item, IdentityChange)
    assert Alias("bsuid", f"BR.1000000000000000005{digit}") in item.old
    assert Alias("bsuid", f"BR.1000000000000000006{digit}") in item.new


def test_a_changed_security_code_is_a_line() -> None:
    item = message("system_changed_identity")
    assert (item.kind, item.body) == ("system", "O código de segurança mudou")
    assert (item.opens_conversation, item.opens_window) == (False, False)
    (notice,) = parse_fixture("system_without_person")
    assert isinstance(notice, AccountNotice)
    assert notice.title == "Algo mudou"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("status_sent", Status.SENT),
        ("status_sent_cbp", Status.SENT),
        ("status_delivered", Status.DELIVERED),
        ("status_read", Status.READ),
        ("status_played", Status.PLAYED),
        ("status_failed", Status.FAILED),
    ],
)
def test_a_tick(name: str, status: Status) -> None:
    (item,) = parse_fixture(name)
    assert isinstance(item, StatusUpdate)
    assert (item.provider_id, item.status, item.recipient) == ("wamid.FICTION-ours", status, "")
    assert item.client_ref == "0197fa00-0000-7000-8000-000000000001"


def test_a_tick_keeps_its_price_and_its_error() -> None:
    (sent,) = parse_fixture("status_sent")
    assert isinstance(sent, StatusUpdate)
    assert sent.payload["pricing"]["pricing_model"] == "PMP"
    (failed,) = parse_fixture("status_failed")
    assert isinstance(failed, StatusUpdate)
    assert failed.error == {
        "code": "131026",
        "title": "Message undeliverable",
        "message": "Message undeliverable",
        "details": "Unable to deliver the message.",
    }
    (group,) = parse_fixture("status_group_read")
    assert isinstance(group, StatusUpdate)
    assert group.recipient == "5511900000003"


def test_old_and_unknown_statuses() -> None:
    (deleted,) = parse_fixture("status_deleted")
    assert isinstance(deleted, MessageRevoke)
    assert deleted.target == "wamid.FICTION-ours"
    (unknown,) = parse_fixture("status_unknown")
    assert isinstance(unknown, AccountNotice)
    assert "levitated" in unknown.title


@pytest.mark.parametrize(
    ("name", "words", "level", "attention"),
    [
        ("value_errors", "Cloud API throughput reached", "error", False),
        ("template_status", "Template pedido_pronto (pt_BR): REJECTED (INVALID_FORMAT)", "warning", False),
        ("template_category", "from UTILITY to MARKETING", "warning", False),
        ("template_quality", "from GREEN to YELLOW", "warning", False),
        ("template_components", "pedido_pronto", "info", False),
        ("phone_quality", "DOWNGRADE, limit TIER_1K", "warning", False),
        ("phone_name", "Padaria Fictícia: APPROVED", "info", False),
        ("business_capability", "unlimited people a day", "info", False),
        ("account_partner_added", "a partner was given access", "info", False),
        ("account_restriction", "the account is restricted", "error", True),
        ("account_violation", "broke a WhatsApp policy", "warning", False),
        ("account_banned", "the account is banned", "error", True),
        ("account_reinstated", "reinstated", "info", False),
        ("account_review", "REJECTED", "error", True),
        ("account_alert", "Verificação pendente", "error", False),
        ("account_settings", "settings changed", "info", False),
        ("security", "PIN_CHANGED", "warning", False),
        ("username", "padaria.ficticia: approved", "info", False),
        ("future_field", "teleport_update", "info", False),
        ("call_status", "RINGING", "info", False),
        ("group_lifecycle", "Clientes da padaria: group_create", "info", False),
        ("group_participants", "group_participants_add", "info", False),
        ("group_settings", "group_settings_update", "info", False),
        ("group_status", "group_suspend", "info", False),
        ("history_declined", "turned off by the business", "info", False),
        ("app_state", "Beltrano da Silva", "info", False),
        ("app_state_removed", "Removed from the phone's contacts: 5511900000003", "info", False),
    ],
)
def test_news_of_the_account(name: str, words: str, level: str, attention: bool) -> None:
    (item,) = parse_fixture(name)
    assert isinstance(item, AccountNotice)
    assert words in item.title
    assert (item.level, item.needs_attention) == (level, attention)
    assert item.payload["field"]


@pytest.mark.parametrize("name", ["preference_stop", "preference_resume"])
def test_a_marketing_preference_is_a_line_of_the_person(name: str) -> None:
    item = message(name)
    assert item.kind == "system"
    assert item.payload["event"] == "user_preferences"
    assert item.payload["value"] == name.removeprefix("preference_")
    assert item.party.address == CUSTOMER
    assert not item.opens_conversation


def test_a_call_by_a_person_opens_their_conversation() -> None:
    call, end, ours = (message(name) for name in ("call_incoming", "call_ended", "call_outgoing"))
    assert (call.opens_conversation, end.opens_conversation, ours.opens_conversation) == (True, False, False)
    assert call.body == "Voice call from this person"
    assert call.provider_id != end.provider_id
    assert {item.party.address for item in (call, end, ours)} == {CUSTOMER}
    assert not any(item.opens_window for item in (call, end, ours))


def test_an_echo_is_ours_and_opens_no_window() -> None:
    text = message("echo_text")
    assert (text.direction, text.body, text.party.address) == ("out", "Respondi pelo celular", CUSTOMER)
    assert not text.opens_window
    assert message("echo_image").party.aliases == (BSUID, PHONE)
    (revoke,) = parse_fixture("echo_revoke")
    assert isinstance(revoke, MessageRevoke)
    (edit,) = parse_fixture("echo_edit")
    assert isinstance(edit, MessageEdit)
    assert edit.body == "Corrigido"
    (reaction,) = parse_fixture("echo_reaction")
    assert isinstance(reaction, Reaction)
    assert reaction.direction == "out"


def test_history_is_filed_without_waking_anyone() -> None:
    progress, theirs, ours = parse_fixture("history")
    assert isinstance(progress, AccountNotice)
    assert "55%" in progress.title
    assert isinstance(theirs, InboundMessage)
    assert isinstance(ours, InboundMessage)
    assert (theirs.direction, ours.direction) == ("in", "out")
    assert {theirs.party.address, ours.party.address} == {CUSTOMER}
    assert theirs.payload["history"]
    assert not any(item.opens_conversation or item.opens_window for item in (theirs, ours))
    late = message("history_media")
    assert (late.kind, late.opens_window) == ("image", False)


def test_a_recent_file_of_history_comes_with_its_own_webhook() -> None:
    body = fixture("history")
    first = body["entry"][0]["changes"][0]["value"]["history"][0]["threads"][0]["messages"][0]
    first["type"] = "media_placeholder"
    assert len(parse(body)) == 3  # 30 days old: it will never come, so it is shown as it is
    first["timestamp"] = str(int(AT.timestamp()) - 86400)
    assert len(parse(body)) == 2


def test_every_fixture_has_an_effect() -> None:
    assert len(NAMES) > 90
    for name in NAMES:
        assert parse_fixture(name), name
