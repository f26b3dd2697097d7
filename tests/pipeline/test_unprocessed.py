"""What fails comes to rest where a person sees it, and holds nobody else up."""

import re
import uuid
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from ramal.database.session import db, system_transaction
from ramal.pipeline.inbound import messages
from ramal.pipeline.inbound.waiting import MAX_ATTEMPTS
from ramal.pipeline.locks import try_lock_drain
from ramal.plugins.gate import forget
from ramal.plugins.models import OrganizationPlugin
from ramal.testing.channels import delivery, message, status

ANA, BIA = "5511911111111", "5511922222222"


@pytest.fixture
def cursed(monkeypatch):
    """Messages with these bodies can't be stored, as long as they are in the set."""
    words: set[str] = set()
    real = messages._write_messages

    def write(batch, incoming):
        for one in incoming:
            if one.message.body in words:
                raise ZeroDivisionError("cursed")
        real(batch, incoming)

    monkeypatch.setattr(messages, "_write_messages", write)
    return words


def bodies(wire):
    return [row.body for row in wire.rows("select body from message order by sent_at, seq")]


def hasten(wire):
    wire.run("update inbound_item set next_at = now() where next_at is not null and status = 'waiting'")
    wire.drain()


def test_one_bad_item_holds_only_its_own_person(wire, cursed):
    cursed.add("bad")
    items = [message(f"a{n}", f"ana {n}", sender=ANA, at=n) for n in range(3)]
    items.insert(1, message("bad", "bad", sender=ANA, at=1))
    items += [message(f"b{n}", f"bia {n}", sender=BIA, at=10 + n) for n in range(3)]
    wire.deliver(*items)

    assert bodies(wire) == ["ana 0", "bia 0", "bia 1", "bia 2"]
    wire.deliver(message("a9", "ana 9", sender=ANA, at=9), message("b9", "bia 9", sender=BIA, at=19))
    assert bodies(wire) == ["ana 0", "bia 0", "bia 1", "bia 2", "bia 9"]
    waiting = wire.rows(
        "select summary, attempts, error from inbound_item where status = 'waiting' order by created_at"
    )
    assert len(waiting) == 4
    assert waiting[0] == {"summary": "InboundMessage text bad", "attempts": 1, "error": "ZeroDivisionError: cursed"}


def test_what_fails_is_tried_again_and_then_everything_behind_it_follows_in_order(wire, cursed):
    cursed.add("bad")
    wire.deliver(message("bad", "bad", sender=ANA), *(message(f"a{n}", f"{n}", sender=ANA, at=n) for n in range(1, 4)))
    cursed.clear()
    hasten(wire)

    assert bodies(wire) == ["bad", "1", "2", "3"]
    created = wire.rows("select data from event where type = 'message.created' order by seq")
    assert [event.data["message"]["body"] for event in created] == ["bad", "1", "2", "3"]
    assert wire.rows("select 1 from inbound_item where status = 'waiting'") == []


def test_after_the_last_try_it_is_parked_and_the_others_go_on(wire, cursed):
    cursed.add("bad")
    wire.deliver(message("bad", "bad", sender=ANA), message("a1", "next", sender=ANA, at=1))
    for _ in range(MAX_ATTEMPTS - 1):
        hasten(wire)

    assert bodies(wire) == ["next"]
    (parked,) = wire.rows("select status, attempts from inbound_item where status = 'parked'")
    assert parked.attempts == MAX_ATTEMPTS


def test_a_person_sees_it_and_tries_again(wire, cursed, api, admin):
    cursed.add("bad")
    wire.post(b"{")
    wire.deliver(message("bad", "bad", sender=ANA))
    for _ in range(MAX_ATTEMPTS - 1):
        hasten(wire)
    caller = api(admin)

    found = caller.get("/unprocessed").json["items"]
    kinds = {item["kind"]: item for item in found}
    assert kinds["delivery"]["error"] == "This is not a delivery of the echo channel."
    assert kinds["item"]["error"] == "ZeroDivisionError: cursed"
    assert kinds["item"]["channel_name"] == "Echo"
    assert caller.get(f"/unprocessed/deliveries/{kinds['delivery']['id']}").json == {"raw": "{"}

    cursed.clear()
    assert caller.post(f"/unprocessed/item/{kinds['item']['id']}/retry").status_code == 204
    assert caller.post(f"/unprocessed/delivery/{kinds['delivery']['id']}/discard").status_code == 204
    wire.drain()
    assert bodies(wire) == ["bad"]
    assert caller.get("/unprocessed").json["items"] == []
    actions = {row.action for row in wire.rows("select action from audit_event")}
    assert {"inbound.retried", "inbound.discarded"} <= actions


def test_discarding_an_item_lets_the_next_one_go(wire, cursed, api, admin):
    cursed.add("bad")
    wire.deliver(message("bad", "bad", sender=ANA), message("a1", "next", sender=ANA, at=1))
    found = {item["summary"]: item for item in api(admin).get("/unprocessed").json["items"]}
    api(admin).post(f"/unprocessed/item/{found['InboundMessage text bad']['id']}/discard")
    wire.drain()

    assert bodies(wire) == ["next"]


def test_a_parked_delivery_is_read_again(wire, api, admin):
    wire.deliver({"type": "nonsense"})
    row = wire.one("select id, status, error from inbound_delivery")
    assert (row.status, row.error) == ("parked", "The channel made something that is no item: dict.")

    assert api(admin).post(f"/unprocessed/delivery/{row.id}/retry").status_code == 204
    wire.drain()
    assert wire.one("select status, attempts from inbound_delivery") == {"status": "parked", "attempts": 2}


def test_the_list_pages_by_key_and_by_channel(connect, api, admin):
    one, two = connect("one"), connect("two")
    for n in range(3):
        one.post(b"{" + str(n).encode())
    two.post(b"{")
    one.drain()
    caller = api(admin)

    first = caller.get("/unprocessed", page_size=2).json
    second = caller.get("/unprocessed", page_size=2, cursor=first["next_cursor"]).json
    assert len({item["id"] for item in first["items"] + second["items"]}) == 4
    assert second["next_cursor"] is None
    assert len(caller.get("/unprocessed", channel=two.channel.id).json["items"]) == 1


@pytest.mark.parametrize("path", ["item/{}/retry", "delivery/{}/discard", "item/{}/discard", "delivery/{}/retry"])
def test_others_cannot_touch_it(wire, api, admin, other_organization, agent, path):
    wire.post(b"{")
    wire.drain()
    id_ = wire.one("select id from inbound_delivery").id
    url = "/unprocessed/" + path.format(id_)
    assert api(other_organization.admin).post(url).status_code == 404
    assert api(agent).post(url).status_code == 403
    assert api(other_organization.admin).get(f"/unprocessed/deliveries/{id_}").status_code == 404
    assert api(admin).post("/unprocessed/" + path.format(uuid.uuid4())).status_code == 404


def test_replay_gives_back_what_was_lost_and_repeats_nothing(wire, api, admin):
    wire.deliver(message("m1", "kept"), status("e9", "sent"))
    wire.deliver(message("m2", "lost", at=1))
    wire.run("delete from message where provider_id = 'm2'")
    events = wire.one("select count(*) as n from event").n

    answer = api(admin).post("/unprocessed/replay", {"channel_id": str(wire.channel.id)})
    assert (answer.status_code, answer.json) == (202, {"deliveries": 2})
    wire.drain()

    assert bodies(wire) == ["kept", "lost"]
    assert wire.one("select count(*) as n from event").n == events + 1


def test_replay_from_the_command_line_by_date(wire, ramal_settings, monkeypatch):
    from ramal.cli.channels import channels

    wire.deliver(message("m1"))
    wire.deliver(message("m2"))
    wire.run("update inbound_delivery set created_at = now() - interval '3 days' where raw like '%m1%'::bytea")
    since = (wire.one("select now() as now").now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    monkeypatch.setattr("ramal.app.load_settings", lambda: ramal_settings)

    done = CliRunner().invoke(channels, ["replay", str(wire.channel.id), "--since", since])
    assert (done.exit_code, done.output) == (0, "1 deliveries of Echo are processed again.\n")
    assert wire.one("select count(*) as n from inbound_delivery where status = 'pending'").n == 1
    missing = CliRunner().invoke(channels, ["replay", str(uuid.uuid4())])
    assert missing.exit_code == 1


def test_a_lost_connection_is_nobodys_fault(wire, monkeypatch):
    wire.post(delivery(message("m1")))
    real = messages._write_messages
    calls = []

    def away(batch, incoming):
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("insert", {}, Exception("gone"), connection_invalidated=True)
        real(batch, incoming)

    monkeypatch.setattr(messages, "_write_messages", away)
    with pytest.raises(OperationalError):
        wire.drain()
    assert wire.rows("select 1 from inbound_item") == []
    wire.drain()
    assert bodies(wire) == ["hello"]


def test_the_page_shows_it_and_its_buttons_work(wire, app, login, admin, cursed):
    cursed.add("bad")
    wire.post(b"{ <b>not json</b>")
    wire.deliver(message("bad", "bad", sender=ANA), message("a1", "next", sender=ANA, at=1))
    browser = login(app.test_client(), admin)

    page = browser.get("/settings/unprocessed")
    assert page.status_code == 200
    assert page.text.count('data-testid="unprocessed"') == 3
    assert "This is not a delivery of the echo channel." in page.text
    row = wire.one("select id from inbound_delivery where status = 'parked'")
    raw = browser.get(f"/settings/unprocessed/deliveries/{row.id}")
    assert "{ &lt;b&gt;not json&lt;/b&gt;" in raw.text

    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    for action in ("retry", "discard"):
        url = f"/settings/unprocessed/delivery/{row.id}/{action}"
        answer = browser.post(url, data={"csrf_token": token})
        assert answer.status_code == 303
        wire.drain()
    assert wire.one("select status from inbound_delivery where id = :id", id=row.id).status == "discarded"


def test_an_agent_does_not_get_the_page(app, login, agent):
    assert login(app.test_client(), agent).get("/settings/unprocessed").status_code == 403


def test_deliveries_of_a_switched_off_plugin_wait_until_it_is_on(wire, organization):
    wire.post(delivery(message("m1")))
    with system_transaction() as session:
        session.add(OrganizationPlugin(organization_id=organization.id, plugin="echo", enabled=False))
    forget()
    assert wire.drain() == 0
    assert wire.one("select status from inbound_delivery").status == "pending"
    wire.run("update organization_plugin set enabled = true where plugin = 'echo'")
    forget()
    wire.drain()
    assert bodies(wire) == ["hello"]


def test_a_channel_another_process_drains_is_left_to_it(app, wire):
    wire.post(delivery(message("m1")))
    with db.engines["system"].connect() as other, other.begin():
        try_lock_drain(Session(other), wire.channel.id)
        assert wire.drain() == 0
    assert wire.drain() == 1
