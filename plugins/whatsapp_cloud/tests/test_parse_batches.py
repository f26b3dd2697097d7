"""Batches at every level, and bodies that no provider should ever send."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramal.api import AccountNotice, InboundItem, InboundMessage, MessageRevoke, StatusUpdate

from .helpers import ACCOUNT, CUSTOMER, NAMES, NUMBER, fixture, parse, parse_fixture

#: Values whose errors belong to the value as a whole: merging them with others would be another value.
WHOLE = {"interactive_missing", "value_errors"}
LISTS = ("messages", "statuses", "message_echoes", "history", "calls", "user_preferences", "state_sync", "groups")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
PICKS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=8)


def numbered(name: str, place: int) -> dict[str, Any]:
    """A fixture as one entry, with ids of its own so that two of the same kind are two items."""
    text = json.dumps(fixture(name)["entry"][0]).replace("FICTION", f"FICTION{place}")
    entry: dict[str, Any] = json.loads(text)
    return entry


def document(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "whatsapp_business_account", "entry": entries}


def merged(entries: list[dict[str, Any]], draw: Any, names: list[str]) -> list[dict[str, Any]]:
    """The same items in fewer entries, changes and values; only neighbours merge, so order stays."""
    result: list[dict[str, Any]] = []
    last_name = ""
    for entry, name in zip(copy.deepcopy(entries), names, strict=True):
        if result and entry.get("time") == result[-1].get("time") and draw(st.booleans()):
            _join(result[-1]["changes"], entry["changes"], draw, {name, last_name})
        else:
            result.append(entry)
        last_name = name
    return result


def _join(changes: list[Any], more: list[Any], draw: Any, names: set[str]) -> None:
    last, new = changes[-1], more[0]
    same = (last["field"], last["value"].get("contacts")) == (new["field"], new["value"].get("contacts"))
    shared = [key for key in LISTS if key in last["value"] and key in new["value"]]
    if same and shared and not names & WHOLE and draw(st.booleans()):
        for key in shared:
            last["value"][key] += new["value"][key]
    else:
        changes.extend(more)


@settings(max_examples=150, deadline=None)
@given(names=PICKS, data=st.data())
def test_splitting_and_merging_changes_nothing(names: list[str], data: st.DataObject) -> None:
    entries = [numbered(name, place) for place, name in enumerate(names)]
    alone = [item for entry in entries for item in parse(document([entry]))]
    together = parse(document(merged(entries, data.draw, names)))
    assert together == alone


def containers(value: Any) -> Iterator[dict[str, Any] | list[Any]]:
    if isinstance(value, dict | list) and value:
        yield value
        for child in value.values() if isinstance(value, dict) else value:
            yield from containers(child)


def check_storable(items: list[InboundItem]) -> None:
    """Every item can be written as JSON and as text by the database."""
    for item in items:
        text = json.dumps(dataclasses.asdict(item), default=str, allow_nan=False)
        assert "\\u0000" not in text
        text.encode()


def check_readable(body: Any) -> None:
    """It becomes items that can be stored, or is refused with a sentence."""
    try:
        items = parse(body)
    except ValueError as error:
        if not str(error).startswith("The body is"):
            raise
    else:
        check_storable(items)


@settings(max_examples=300, deadline=None)
@given(body=JSON)
def test_arbitrary_json_is_read_or_refused(body: Any) -> None:
    check_readable(body)


@settings(max_examples=600, deadline=None)
@given(name=st.sampled_from(NAMES), data=st.data())
def test_any_part_of_a_webhook_may_be_anything(name: str, data: st.DataObject) -> None:
    body = fixture(name)
    for _ in range(data.draw(st.integers(1, 3))):
        target = data.draw(st.sampled_from(list(containers(body["entry"]))))
        key = data.draw(st.sampled_from(sorted(target) if isinstance(target, dict) else range(len(target))))
        target[key] = data.draw(JSON)  # type: ignore[call-overload]
    check_readable(body)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b'{"entry":',
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b"{}",
        b'{"entry":{}}',
        b'{"entry":[]}',
        b"[" * 100_000,
        b'{"entry":[' + b"[" * 90 + b"]" * 90 + b"]}",
    ],
)
def test_a_body_that_is_no_webhook_says_so(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"^The body is"):
        parse(raw)


def test_one_bad_item_leaves_its_neighbours_alone() -> None:
    body = fixture("text")
    messages = body["entry"][0]["changes"][0]["value"]["messages"]
    messages.insert(0, "nonsense")
    messages.append({"text": []})
    body["entry"].insert(0, None)
    body["entry"][1]["changes"].append({"value": 5})
    items = parse(body)
    assert [type(item).__name__ for item in items] == [
        "AccountNotice",
        "AccountNotice",
        "InboundMessage",
        "AccountNotice",
        "AccountNotice",
    ]
    assert all(item.level == "warning" for item in items if isinstance(item, AccountNotice))


def test_characters_that_no_database_holds_are_cleaned() -> None:
    raw = json.dumps(fixture("text")).replace("Bom dia", "Bom\\u0000 dia \\ud83d fim").encode()
    (item,) = parse(raw)
    assert isinstance(item, InboundMessage)
    assert item.body is not None
    assert item.body.startswith("Bom dia ? fim")


def test_an_emoji_of_two_surrogates_survives() -> None:
    raw = json.dumps(fixture("text")).replace("Bom dia", "Bom \\ud83d\\ude00 dia").encode()
    (item,) = parse(raw)
    assert isinstance(item, InboundMessage)
    assert "😀" in (item.body or "")


def test_numbers_that_json_has_no_word_for_are_dropped() -> None:
    raw = json.dumps(fixture("location")).replace("-23.561414", "1e999").encode()
    (item,) = parse(raw)
    assert isinstance(item, InboundMessage)
    assert item.kind == "unsupported"
    check_storable([item])


def test_ten_thousand_items_in_one_delivery() -> None:
    body = fixture("text")
    value = body["entry"][0]["changes"][0]["value"]
    first = value["messages"][0]
    value["messages"] = [first | {"id": f"wamid.FICTION-{place}"} for place in range(5_000)]
    tick = fixture("status_read")["entry"][0]["changes"][0]["value"]["statuses"][0]
    value["statuses"] = [tick | {"id": f"wamid.FICTION-{place}"} for place in range(5_000)]
    items = parse(body)
    assert len({item.provider_id for item in items if isinstance(item, InboundMessage)}) == 5_000
    assert len({item.provider_id for item in items if isinstance(item, StatusUpdate)}) == 5_000


def test_items_of_another_number_are_left_out() -> None:
    body = fixture("text")
    other = fixture("text_reply")["entry"][0]
    other["changes"][0]["value"]["metadata"]["phone_number_id"] = "100000000000002"
    body["entry"].append(other)
    (item,) = parse(body)
    assert isinstance(item, InboundMessage)
    assert item.provider_id == "wamid.FICTION-text"


def test_a_delivery_for_someone_else_is_reported_once() -> None:
    (notice,) = parse(fixture("text"), number="100000000000002")
    assert isinstance(notice, AccountNotice)
    assert NUMBER in notice.title
    assert (notice.level, notice.needs_attention) == ("warning", False)
    (again,) = parse(fixture("text_reply"), number="100000000000002")
    assert isinstance(again, AccountNotice)
    assert again.key == notice.key


def test_news_of_another_account_are_not_ours() -> None:
    (notice,) = parse(fixture("account_banned"), account="200000000000009")
    assert isinstance(notice, AccountNotice)
    assert (notice.payload["field"], notice.needs_attention) == ("foreign", False)
    (ours,) = parse(fixture("account_banned"), account="")
    assert isinstance(ours, AccountNotice)
    assert ours.needs_attention


def test_a_partner_webhook_names_the_account_inside() -> None:
    body = fixture("account_partner_added")
    body["entry"][0]["id"] = "600000000000001"
    (notice,) = parse(body)
    assert isinstance(notice, AccountNotice)
    assert notice.payload["field"] == "account_update"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("smb_message_echoes", {"message_echoes": ["nonsense"]}),
        ("smb_message_echoes", {"message_echoes": [{"id": "x", "type": "text"}]}),
        ("history", {"history": [5]}),
        ("history", {"history": [{"threads": [None]}]}),
        ("history", {"history": [{"threads": [{"messages": [7]}]}]}),
        ("history", {"history": [{"threads": [{"messages": [{"id": "x", "type": "text"}]}]}]}),
        ("smb_app_state_sync", {"state_sync": ["nonsense"]}),
        ("calls", {"calls": ["nonsense"]}),
        ("calls", {"calls": [{"id": "x", "event": "connect"}]}),
        ("calls", {"statuses": ["nonsense"]}),
        ("user_preferences", {"user_preferences": ["nonsense"]}),
        ("user_id_update", {"user_id_update": ["nonsense"]}),
        ("user_id_update", {"wa_id": "5511900000002"}),
        ("group_status_update", {"groups": ["nonsense"]}),
        ("messages", {"statuses": [{"status": "read"}]}),
        ("account_update", {"event": []}),
    ],
)
def test_an_item_that_cannot_be_read_is_shown_with_its_raw_form(field: str, value: Any) -> None:
    (item,) = parse(document([{"id": ACCOUNT, "changes": [{"field": field, "value": value}]}]))
    assert isinstance(item, AccountNotice)
    assert (item.level, item.payload["field"]) == ("warning", field)
    assert "raw" in item.payload


def test_an_echo_without_a_person_still_revokes() -> None:
    body = fixture("echo_revoke")
    del body["entry"][0]["changes"][0]["value"]["message_echoes"][0]["to"]
    (item,) = parse(body)
    assert isinstance(item, MessageRevoke)
    assert item.party is None


def test_an_echo_with_its_ends_swapped_belongs_to_the_person() -> None:
    body = fixture("echo_text")
    echo = body["entry"][0]["changes"][0]["value"]["message_echoes"][0]
    echo["from"], echo["to"] = echo["to"], echo["from"]
    (item,) = parse(body)
    assert isinstance(item, InboundMessage)
    assert (item.party.address, item.direction) == (CUSTOMER, "out")


@pytest.mark.parametrize(
    ("name", "kind", "broken"),
    [
        ("image", "image", {"caption": "without a file"}),
        ("location", "location", {"latitude": "north", "longitude": 1}),
        ("location", "location", {"name": "somewhere"}),
        ("contacts", "contacts", []),
        ("button", "button", None),
        ("interactive_button", "interactive", {}),
        ("order", "order", None),
        ("text", "text", None),
    ],
)
def test_a_message_without_its_content_is_never_lost(name: str, kind: str, broken: Any) -> None:
    body = fixture(name)
    body["entry"][0]["changes"][0]["value"]["messages"][0][kind] = broken
    (item,) = parse(body)
    if isinstance(item, InboundMessage):
        assert item.kind == "unsupported"
    else:
        assert isinstance(item, AccountNotice)
    assert item.payload["raw"]["id"] == f"wamid.FICTION-{name}"


def test_the_same_news_on_two_days_are_two_facts() -> None:
    first, second = fixture("account_restriction"), fixture("account_restriction")
    second["entry"][0]["time"] -= 86_400
    keys = {item.key for item in (*parse(first), *parse(second)) if isinstance(item, AccountNotice)}
    assert len(keys) == 2


def test_without_a_sender_the_only_contact_is_meant() -> None:
    body = fixture("text")
    value = body["entry"][0]["changes"][0]["value"]
    del value["messages"][0]["from"]
    (item,) = parse(body)
    assert isinstance(item, InboundMessage)
    assert item.party.address == CUSTOMER
    del value["contacts"]
    (notice,) = parse(body)
    assert isinstance(notice, AccountNotice)
    assert notice.payload["raw"]["text"]["body"].startswith("Bom dia")


def test_a_message_without_an_id_has_a_stable_one() -> None:
    body = fixture("text")
    del body["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
    (first,), (second,) = parse(body), parse(body)
    assert isinstance(first, InboundMessage)
    assert isinstance(second, InboundMessage)
    assert first.provider_id == second.provider_id
    assert first.provider_id.startswith("sha256:")


def test_reading_is_repeatable() -> None:
    for name in NAMES:
        assert parse_fixture(name) == parse_fixture(name)


CONFORMANCE = os.environ.get("RAMAL_CONFORMANCE_DIR", "")


@pytest.mark.skipif(not CONFORMANCE, reason="RAMAL_CONFORMANCE_DIR is not set")
def test_every_payload_of_the_conformance_set_has_its_effects() -> None:
    payloads = json.loads((Path(CONFORMANCE) / "cloud_webhooks.json").read_text("utf-8"))
    assert payloads
    for payload in payloads:
        value = payload["entry"][0]["changes"][0]["value"]
        number = value.get("metadata", {}).get("phone_number_id", NUMBER)
        items = parse(payload, number=number, account="")
        expected = sum(len(value.get(key, ())) for key in LISTS) or 1
        assert len(items) == expected
        check_storable(items)
