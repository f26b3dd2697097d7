"""Webhooks: nothing stored that is not signed, nothing acknowledged that is not stored."""

import subprocess
import sys
import threading
import uuid

import psycopg2
import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.pool import NullPool

from ramal.database.session import db, system_transaction
from ramal.errors import Unavailable
from ramal.pipeline.ingress.journal import JournalRow, JournalWriter
from ramal.pipeline.ingress.services import MOST_REFS, ingest
from ramal.pipeline.targets import cache
from ramal.plugins.gate import forget
from ramal.plugins.models import OrganizationPlugin
from ramal.testing.channels import delivery, message, sign
from ramal.testing.waiting import wait_for


def stored(wire):
    return wire.rows("select channel_id, key, raw, headers, status from inbound_delivery order by seq")


def test_a_signed_delivery_is_stored_raw_with_the_headers_worth_keeping(wire):
    body = delivery(message("m1", "ação 👍"))
    assert wire.post(body, **{"X-Other": "no"}) == 200

    (row,) = stored(wire)
    assert bytes(row.raw) == body
    assert list(row.headers) == ["x-echo-signature"]


@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"X-Echo-Signature": "00"}, 403)])
def test_without_a_good_signature_nothing_is_stored(wire, headers, status):
    answer = wire.client.post(wire.url, data=delivery(message("m1")), headers=headers)

    assert answer.status_code == status
    assert answer.json["error"]["code"] == {401: "UNAUTHORIZED", 403: "FORBIDDEN"}[status]
    assert stored(wire) == []


def test_malformed_json_with_a_good_signature_is_stored_and_parked_with_a_sentence(wire):
    assert wire.post(b'{"items": [') == 200
    wire.drain()

    row = wire.one("select status, error from inbound_delivery")
    assert row == {"status": "parked", "error": "This is not a delivery of the echo channel."}
    assert wire.one("select last_error from channel").last_error == row.error


def test_four_megabytes_are_taken_and_more_is_refused(wire):
    body = delivery(message("m1", "x" * (4 * 1024 * 1024 - 200)))
    assert wire.post(body) == 200
    assert wire.post(b"x" * (5 * 1024 * 1024)) == 413
    assert len(stored(wire)) == 1


@pytest.mark.parametrize("path", ["/webhooks/echo/{other}", "/webhooks/unknown/{id}", "/webhooks/unknown"])
def test_an_unknown_address_does_not_exist(wire, path):
    body = delivery(message("m1"))
    url = path.format(other=uuid.uuid4(), id=wire.channel.id)
    answer = wire.client.post(url, data=body, headers={"X-Echo-Signature": sign(body, "sesame")})

    assert answer.status_code == 404
    assert stored(wire) == []


def test_a_disabled_plugin_has_no_webhooks(wire, organization):
    with system_transaction() as session:
        session.add(OrganizationPlugin(organization_id=organization.id, plugin="echo", enabled=False))
    forget()
    assert wire.post(delivery(message("m1"))) == 404
    assert stored(wire) == []


def test_a_removed_channel_has_no_webhook_within_two_seconds(wire):
    assert wire.post(delivery(message("m1"))) == 200
    wire.run("update channel set deleted_at = now()")
    cache().forget()
    assert wire.post(delivery(message("m2"))) == 404


def test_while_the_database_is_away_the_provider_is_asked_to_come_again(wire, monkeypatch):
    assert wire.post(delivery(message("m1"))) == 200

    def away(*_args, **_kwargs):
        raise psycopg2.OperationalError("the server is starting up")

    monkeypatch.setattr(JournalWriter, "_insert", away)
    assert wire.post(delivery(message("m2"))) == 503


def test_a_connection_that_died_in_the_pool_costs_no_delivery(wire):
    assert wire.post(delivery(message("m1"))) == 200
    others = "select pg_terminate_backend(pid) from pg_stat_activity where usename = user"
    others += " and datname = current_database() and pid <> pg_backend_pid()"
    with create_engine(db.engines["system"].url, poolclass=NullPool).connect() as connection:
        connection.execute(text(others))
    db.engines["system"].dispose()

    assert wire.post(delivery(message("m2"))) == 200
    assert len(stored(wire)) == 2


def test_a_handshake_is_answered_by_the_channel(wire):
    good = wire.client.get(wire.url, query_string={"challenge": "123", "token": "sesame"})
    assert (good.status_code, good.text) == (200, "123")
    assert wire.client.get(wire.url, query_string={"challenge": "123", "token": "x"}).status_code == 403
    assert wire.client.get(wire.url).status_code == 404


def test_the_shared_address_serves_each_channel_it_speaks_of(connect):
    one, two = connect("one", settings={"account": "A1"}), connect("two", settings={"account": "A2"})
    connect("three", settings={"account": "A3"})
    body = delivery(message("m1", account="A1"), message("m2", account="A2"), accounts=["A1", "A2", "A2"])
    answer = one.client.post("/webhooks/echo", data=body, headers={"X-Echo-Signature": sign(body, "sesame")})

    assert answer.status_code == 200
    assert {row.channel_id for row in stored(one)} == {one.channel.id, two.channel.id}
    one.drain()
    rows = one.rows("select provider_id, channel_id from message")
    assert {row.provider_id: row.channel_id for row in rows} == {"m1": one.channel.id, "m2": two.channel.id}


def test_on_the_shared_address_a_signature_opens_only_the_channels_that_know_its_secret(
    connect, other_organization, acting_for
):
    mine = connect("mine", settings={"account": "A1"})
    with acting_for(other_organization.id):
        theirs = connect("theirs", settings={"account": "A2"}, secret="another")
    forged = delivery(message("m1", account="A1"), message("m2", account="A2"), accounts=["A1", "A2"])

    def post(secret):
        headers = {"X-Echo-Signature": sign(forged, secret)}
        return mine.client.post("/webhooks/echo", data=forged, headers=headers).status_code

    assert post("another") == 200
    assert {row.channel_id for row in stored(mine)} == {theirs.channel.id}
    assert post("nobody's") == 403
    assert mine.client.post("/webhooks/echo", data=forged).status_code == 401
    assert mine.client.post("/webhooks/echo", data=delivery(accounts=["A9"])).status_code == 404
    assert mine.client.post("/webhooks/echo", data=b"{").status_code == 404


def test_a_stranger_who_names_many_channels_costs_one_query(wire):
    statements = []
    event.listen(db.engines["system"], "before_cursor_execute", lambda *given: statements.append(given[2]))
    accounts = [f"made-up-{number}" for number in range(MOST_REFS)]
    answer = wire.client.post("/webhooks/echo", data=delivery(accounts=accounts))
    assert answer.status_code == 404
    # The short path asks, and the ordinary one that words the refusal.
    assert sum("external_ref" in statement for statement in statements) == 2

    statements.clear()
    answer = wire.client.post("/webhooks/echo", data=delivery(accounts=[*accounts, "one-more"]))
    assert answer.status_code == 422
    assert not any("external_ref" in statement for statement in statements)


def test_the_shared_address_answers_a_handshake_for_whoever_accepts_it(connect):
    wire = connect("one")
    connect("two", secret="other")

    def ask(token):
        return wire.client.get("/webhooks/echo", query_string={"challenge": "7", "token": token}).status_code

    assert (ask("other"), ask("sesame"), ask("nobody")) == (200, 200, 403)
    assert wire.client.get("/webhooks/echo").status_code == 404


def test_polled_deliveries_enter_the_same_journal_once(wire):
    raw = delivery(message("m1"))
    for _ in range(2):
        ingest(wire.channel.id, raw, "poll-1")
    wire.drain()

    assert [row.key for row in stored(wire)] == ["poll-1"]
    assert wire.one("select count(*) as n from message").n == 1


class Held(JournalWriter):
    """Its first insert waits until everyone else is in the queue."""

    def __init__(self):
        super().__init__(db.engines["system"])
        self.shared = []
        self.everyone_waits = threading.Event()

    def _store(self, rows):
        self.shared.append(len(rows))
        if len(self.shared) == 1:
            assert self.everyone_waits.wait(10)
        return super()._store(rows)

    def serve(self, threads):
        """Run the threads: the first inserts alone, the others wait for it together."""
        threads[0].start()
        wait_for(lambda: self.shared, "the first insert", pause=0.001)
        for thread in threads[1:]:
            thread.start()
        wait_for(lambda: len(self._waiting) == len(threads) - 1, "everyone else in the queue", pause=0.001)
        self.everyone_waits.set()
        for thread in threads:
            thread.join(10)


def test_requests_that_wait_together_share_an_insert(app, wire):
    writer = Held()
    writer.serve([threading.Thread(target=writer.write, args=([row(wire, n)],)) for n in range(20)])

    assert writer.shared == [1, 19]
    assert len(stored(wire)) == 20


def row(wire, n):
    return JournalRow(wire.channel.organization_id, wire.channel.id, f"k{n}", b"{}")


def test_a_failed_insert_is_told_to_everyone_who_shared_it(app, wire):
    writer = JournalWriter(db.engines["system"])
    bad = JournalRow(uuid.uuid4(), wire.channel.id, "k", b"{}")
    with pytest.raises(Unavailable):
        writer.write([bad])
    assert writer.write([row(wire, 1)]) is True
    assert writer.write([row(wire, 1)]) is False


def test_a_value_the_driver_refuses_is_acknowledged_to_nobody_who_shared_its_insert(app, wire):
    def write(*rows):
        try:
            writer.write(rows)
        except Exception as error:
            refused.append(error)

    writer, refused = Held(), []
    impossible = JournalRow(wire.channel.organization_id, wire.channel.id, "k\0", b"{}")
    writer.serve([threading.Thread(target=write, args=(each,)) for each in (row(wire, 0), impossible, row(wire, 1))])

    assert (writer.shared, len(refused), len(stored(wire))) == ([1, 2], 2, 1)
    assert writer.write([row(wire, 1)]) is True


#: As in the web server, where a request is a greenlet and can be killed wherever it waits. `a` writes, and `b` and
#: `c` wait for it; `b`, the next in line, is killed.
GREENLETS = """
from gevent import monkey; monkey.patch_all()
from psycogreen.gevent import patch_psycopg; patch_psycopg()
import sys, uuid
import gevent, gevent.event
from sqlalchemy import create_engine
from ramal.pipeline.ingress.journal import JournalRow, JournalWriter

url, organization, channel, case = sys.argv[1:]
everyone_waits = gevent.event.Event()

class Writer(JournalWriter):
    def _store(self, rows):
        keys = [row.key for row in rows]
        if keys == ["a"]:
            assert everyone_waits.wait(10)
        new = super()._store(rows)
        if keys == ["a"] and case == "as its turn comes":
            b.kill(block=False)  # it is struck when it runs again, and will have been appointed by then
        return new

def write(key):
    return writer.write([JournalRow(uuid.UUID(organization), uuid.UUID(channel), key, b"{}")])

writer = Writer(create_engine(url))
a, b, c = (gevent.spawn(write, key) for key in "abc")
while len(writer._waiting) < 2:
    gevent.sleep(0)
if case == "while it waits":
    b.kill()
everyone_waits.set()
assert a.get(timeout=10) and c.get(timeout=10)
assert gevent.spawn(write, "d").get(timeout=10)
"""


@pytest.mark.parametrize("case", ["while it waits", "as its turn comes"])
def test_a_request_that_is_killed_in_the_queue_holds_nobody_up(wire, case):
    url = db.engines["system"].url.render_as_string(hide_password=False)
    channel = wire.channel
    command = [sys.executable, "-c", GREENLETS, url, str(channel.organization_id), str(channel.id), case]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert sorted(row.key for row in stored(wire)) == ["a", "c", "d"]  # nobody was told that b is stored


def test_an_id_that_postgresql_cannot_hold_names_no_channel(wire):
    body = delivery(message("m1"), accounts=["a\0b"])
    assert wire.client.post("/webhooks/echo", data=body).status_code == 404


def test_the_system_role_cannot_read_what_is_not_its_business(app, wire):
    wire.deliver(message("m1"))
    with system_transaction() as session, pytest.raises(Exception, match="permission denied"):
        session.execute(text("select * from message"))
