"""5,000 messages in and 1,000 out while the worker is killed 20 times, Redis wiped, PostgreSQL crashed.

Afterwards nothing may be lost, doubled or out of order, and the provider's ledger must agree with
our rows. The moments are random; ``RAMAL_FAULT_SEED`` repeats a run's choices.
"""

from __future__ import annotations

import contextlib
import os
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ramal.testing.installation import Installation, Team, own_installation
from ramal.testing.waiting import wait_for
from ramal_whatsapp_cloud.testing import GraphSimulator

from .chaos import Chaos
from .traffic import Answering, Customer, Provider, Sent, Writing

pytestmark = pytest.mark.fault

MESSAGES_IN, MESSAGES_OUT = 5_000, 1_000
KILLS = 20
CUSTOMERS, WRITERS, AGENTS = 200, 4, 4
#: Seconds that customers and agents spread their messages over, more or less: as long as the kills last.
DAY = 70.0
PLUGINS = Path(__file__).parents[2] / "bench" / "plugins"


@dataclass
class Aftermath:
    """What there was to do, and where it was done."""

    installation: Installation
    simulator: GraphSimulator
    team: Team
    channel_id: str
    customers: dict[str, Customer]
    sent: dict[str, list[Sent]]
    chaos: Chaos


@pytest.fixture(scope="module")
def seed() -> int:
    value = int(os.environ.get("RAMAL_FAULT_SEED") or random.SystemRandom().randrange(10**6))
    print(f"RAMAL_FAULT_SEED={value}")
    return value


@pytest.fixture(scope="module")
def aftermath(seed: int) -> Iterator[Aftermath]:
    """Run the whole day, then wait until every loose end is tied up."""
    knobs = {"answer_latency": 0.02, "duplicate_rate": 0.1, "reorder_rate": 0.1, "retry_max": 1.0, "seed": seed}
    variables = {"PYTHONPATH": str(PLUGINS), "RAMAL_PLUGINS": "whatsapp_cloud,witness"}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ramal-fault-")))
        folder.chmod(0o711)  # as root, PostgreSQL runs as another account
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.syspath_prepend(str(PLUGINS))
        patch.setenv("RAMAL_PLUGINS", variables["RAMAL_PLUGINS"])
        installation, services = stack.enter_context(own_installation(folder, environment=variables))
        simulator = stack.enter_context(
            GraphSimulator(port=installation.spare_ports[0], data_dir=folder / "graph", **knobs)
        )
        installation.start()
        try:
            yield _live(installation, simulator, Chaos(installation, services, simulator, seed), seed)
        except AssertionError:
            print(installation.told())
            raise


def _live(installation: Installation, simulator: GraphSimulator, chaos: Chaos, seed: int) -> Aftermath:
    team = installation.team(agents=AGENTS)
    team.enable("witness")
    channel = team.connect("whatsapp_cloud", "Balcão", simulator.settings(throughput=1000))
    url = installation.local(channel["webhook_url"])
    simulator.connect(url)
    customers = [Customer(f"55119{number:08d}", f"Cliente {number}") for number in range(CUSTOMERS)]
    conversations = _first_words(installation, team, channel["id"], simulator, customers)

    writers = [
        Writing(
            Provider(url, simulator.account.app_secret),
            simulator.phone_number_id,
            customers[place::WRITERS],
            count=(MESSAGES_IN - CUSTOMERS) // WRITERS,
            seed=seed + place,
            pause=DAY * WRITERS / MESSAGES_IN,
        )
        for place in range(WRITERS)
    ]
    agents = [
        Answering(
            team,
            place,
            conversations[place::AGENTS],
            count=MESSAGES_OUT // AGENTS,
            seed=seed - place,
            pause=DAY * AGENTS / MESSAGES_OUT,
        )
        for place in range(AGENTS)
    ]
    for worker in (*writers, *agents):
        worker.start()
    _break_things(chaos)
    for worker in (*writers, *agents):
        worker.finish(timeout=120)
    assert simulator.wait_idle(60), "the simulator could not deliver its status webhooks"
    wait_for(lambda: not installation.unfinished(), lambda: str(installation.unfinished()), timeout=150, pause=0.5)
    sent = {conversation: messages for agent in agents for conversation, messages in agent.sent.items()}
    return Aftermath(installation, simulator, team, channel["id"], {one.wa_id: one for one in customers}, sent, chaos)


def _first_words(
    installation: Installation, team: Team, channel_id: str, simulator: GraphSimulator, customers: list[Customer]
) -> list[str]:
    """Everybody says hello, so that agents have conversations to answer in."""
    provider = Provider(simulator.account.callback_url, simulator.account.app_secret)
    for customer in customers:
        hello = Writing(provider, simulator.phone_number_id, [customer], count=1, seed=0, pause=0.0)
        hello.work()
    wait_for(lambda: len(team.conversations(channel_id)) == len(customers), installation.told, timeout=60)
    return [conversation["id"] for conversation in team.conversations(channel_id)]


def _break_things(chaos: Chaos) -> None:
    for number in range(1, KILLS + 1):
        if number % 3 == 0:
            chaos.kill_between()
        else:
            chaos.kill_worker()
        if number in {4, 9, 14}:
            chaos.wipe_redis()
        if number == 7:
            chaos.restart_redis()
        if number == 12:
            chaos.crash_postgres()
        if number % 5 == 0:
            chaos.kill_child()


# --- nothing lost, doubled or out of order ----------------------------------------------------------


def test_the_worker_was_killed_often_enough(aftermath: Aftermath) -> None:
    assert aftermath.chaos.kills == KILLS
    assert aftermath.chaos.kills_between >= 6
    assert sum(len(one.wrote) for one in aftermath.customers.values()) == MESSAGES_IN
    assert sum(map(len, aftermath.sent.values())) == MESSAGES_OUT


def test_every_inbound_message_is_there_once_and_in_order(aftermath: Aftermath) -> None:
    rows = aftermath.installation.rows(
        "select m.conversation_id, m.provider_id, p.address from message m"
        " join conversation c on c.id = m.conversation_id join channel_party p on p.id = c.party_id"
        " where m.direction = 'in' order by m.conversation_id, m.sent_at, m.seq"
    )
    read: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        read[row["address"]].append(row["provider_id"])
    assert read == {wa_id: customer.wrote for wa_id, customer in aftermath.customers.items()}


def test_every_customer_has_one_conversation(aftermath: Aftermath) -> None:
    found = aftermath.team.conversations(aftermath.channel_id)
    assert len(found) == CUSTOMERS
    assert len({one["contact"]["id"] for one in found}) == CUSTOMERS


def test_every_message_was_told_once_and_in_order(aftermath: Aftermath) -> None:
    rows = aftermath.installation.rows(
        "select conversation_id, data->'message'->>'id' as id from event"
        " where type = 'message.created' order by position"
    )
    told = _by_conversation(rows)
    written = _by_conversation(
        aftermath.installation.rows("select conversation_id, id::text as id from message order by seq")
    )
    assert told == written


def test_every_hook_ran_once_and_in_order(aftermath: Aftermath) -> None:
    for hook, direction in (("inbound", "in"), ("outbound", "out")):
        seen = _by_conversation(
            aftermath.installation.rows(
                "select conversation_id, message_id as id from plugin_witness.sighting where hook = :hook order by seq",
                hook=hook,
            )
        )
        written = _by_conversation(
            aftermath.installation.rows(
                "select conversation_id, id from message where direction = :direction and kind <> 'system' order by seq",
                direction=direction,
            )
        )
        assert seen == written, hook


def test_nothing_is_parked_or_dead(aftermath: Aftermath) -> None:
    (row,) = aftermath.installation.rows(
        "select (select count(*) from inbound_delivery where status <> 'done') as deliveries,"
        " (select count(*) from inbound_item where status <> 'done') as items,"
        " (select count(*) from plugin_delivery) as hooks,"
        " (select count(*) from message_status where message_id is null) as ticks_without_message"
    )
    assert not any(row.values()), row


# --- the provider's ledger and ours -----------------------------------------------------------------


def test_nothing_was_sent_twice(aftermath: Aftermath) -> None:
    times = Counter(row["client_ref"] for row in aftermath.simulator.ledger())
    assert {ref: count for ref, count in times.items() if count > 1} == {}


def test_every_answer_is_there_once_and_in_order(aftermath: Aftermath) -> None:
    rows = aftermath.installation.rows(
        "select conversation_id, client_id::text as id from message"
        " where direction = 'out' and kind <> 'system' order by seq"
    )
    ordered = {key: [one.client_id for one in messages] for key, messages in aftermath.sent.items() if messages}
    assert _by_conversation(rows) == ordered


def test_the_ledger_agrees_with_our_rows(aftermath: Aftermath) -> None:
    """What the provider took has its id and its last tick here; what it did not take does not claim otherwise."""
    accepted = {row["client_ref"]: row for row in aftermath.simulator.ledger()}
    ours = {row["id"]: row for row in _outbox(aftermath.installation)}
    assert accepted.keys() <= ours.keys()
    for ref, row in ours.items():
        if ref in accepted:
            assert (row["provider_id"], row["status"]) == (accepted[ref]["wamid"], "read"), row
        else:
            assert (row["provider_id"], row["status"]) == (None, "unknown"), row
    # Killed after the note that it is the provider's turn, and before the request: nobody can tell.
    unknown = ours.keys() - accepted.keys()
    assert len(unknown) <= aftermath.chaos.kills * 4, f"{len(unknown)} of {len(ours)}"


def test_each_person_got_the_answers_in_order(aftermath: Aftermath) -> None:
    got: dict[str, list[str]] = defaultdict(list)
    for row in aftermath.simulator.ledger():
        got[row["to"]].append(row["client_ref"])
    order = {row["id"]: place for place, row in enumerate(_outbox(aftermath.installation))}
    for address, refs in got.items():
        assert refs == sorted(refs, key=lambda ref: order[ref]), address


def _outbox(installation: Installation) -> list[dict[str, Any]]:
    return installation.rows(
        "select o.id::text as id, m.provider_id, m.status from outbox o join message m on m.id = o.message_id"
        " where o.kind = 'message' order by o.seq"
    )


def _by_conversation(rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[str(row["conversation_id"])].append(str(row["id"]))
    return dict(found)
