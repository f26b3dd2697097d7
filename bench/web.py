"""Ten numbers by QR code and 20,000 messages on a very bad day: nothing lost, doubled or out of order.

Every knob of the provider's simulator is turned on (latency, duplicates, other orders, losses, two ids, silence, a ban,
a death), webhooks go to the web processes, the worker takes them in, and at the end the history fills the gaps.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from operator import itemgetter
from urllib.parse import urlsplit

from bench.report import Figure, Report
from bench.stage import Stage, stage
from ramal.api import HttpClient, ingest_all, new_id, send_message
from ramal.app import create_app
from ramal.database.session import use_organization
from ramal.pipeline.targets import target_of
from ramal.testing.waiting import wait_for
from ramal_whatsapp_web.drivers import driver_of
from ramal_whatsapp_web.testing import WahaSimulator
from ramal_whatsapp_web.testing.storm import Storm

NUMBERS, MESSAGES, PEOPLE = 10, 20_000, 20
_PENDING = "select count(*) from inbound_delivery where status = 'pending'"
_THREADS = "select conversation_id, body from message order by conversation_id, sent_at, seq"
_UNREAD = "select count(*) from message where body like 'resposta %' and status <> 'read'"
_TICKS_BACK = """
with ticks as (
    select data->>'message_id' as message, seq, array_position(
        array['queued', 'sending', 'unknown', 'accepted', 'sent', 'delivered', 'read'], data->>'status') as rank
      from event where type = 'message.status'
), steps as (select rank - lag(rank) over (partition by message order by seq) as step from ticks)
select count(*) from steps where step < 0
"""


def run(report: Report, numbers: int = NUMBERS, messages: int = MESSAGES) -> None:
    """The figures: messages a second from the first to the last one in its place, and what is wrong."""
    with WahaSimulator(retry_delay=0.1) as waha:
        host = urlsplit(waha.url).netloc
        with stage(environment={"RAMAL_OUTBOUND_ALLOW": host}) as made:
            channels = [_connect(made, waha, place) for place in range(numbers)]
            storm = Storm(waha, [channel.replace("-", "") for channel in channels], messages, people=PEOPLE)
            began = time.perf_counter()
            storm.blow(lambda: None)
            with _application(made, host):
                answers = _answer_everybody(made)
                storm.calm()
                _wait(made, _PENDING)
                by_webhook = len(storm.written) - len(storm.verdict(_threads(made)).lost)
                for channel in channels:
                    _fill_gap(uuid.UUID(channel), storm.began)
            _wait(made, _PENDING)
            seconds = time.perf_counter() - began
            _wait(made, _UNREAD)
            verdict = storm.verdict(_threads(made))
            back, sent = made.installation.value(_TICKS_BACK), len(waha.ledger("sendText"))
    wrong = len(verdict.lost) + len(verdict.doubled) + len(verdict.misplaced) + back + abs(sent - answers)
    note = (
        f"{numbers} numbers, {numbers * PEOPLE} people, {messages:,} messages in {seconds:.0f} s; {by_webhook:,} came "
        f"by webhook, {len(storm.written) - by_webhook:,} from the history; {answers} answers, each sent once and read"
    )
    report.add(
        Figure(
            "QR code: lost, doubled, out of order, ticks gone back",
            wrong,
            "messages",
            target="0",
            met=wrong == 0,
            note=note,
        )
    )
    report.add(Figure("QR code: taken in on a bad day", messages / seconds, "messages/s", note="simulator included"))


def _connect(made: Stage, waha: WahaSimulator, place: int) -> str:
    """A channel, and its session at the simulator."""
    pace = {"messages_per_minute": 120, "first_day_per_minute": 120, "jitter_percent": 0}
    settings = {"driver": "simulator", "server_url": waha.url, "api_key": waha.api_key, **pace}
    secret = f"the webhook secret of number {place}"
    channel = made.team.connect("whatsapp_web", f"Número {place}", settings | {"webhook_secrets": [secret]})
    webhook = f"http://127.0.0.1:{made.installation.port}{urlsplit(channel['webhook_url']).path}"
    session = channel["id"].replace("-", "")
    waha.link(session, str(5511900001000 + place), webhook=webhook, hmac_key=secret)
    return str(channel["id"])


def _threads(made: Stage) -> list[list[str]]:
    rows = made.installation.rows(_THREADS)
    return [
        [row["body"] or "" for row in thread]
        for _id, thread in itertools.groupby(rows, key=itemgetter("conversation_id"))
    ]


@contextmanager
def _application(made: Stage, host: str) -> Iterator[None]:
    """What a job of the plugin has: the application's context, and the guarded client."""
    app = create_app(made.installation.settings())
    app.extensions["ramal.http_client"] = HttpClient(allow=(host,))
    with app.app_context():
        yield


def _answer_everybody(made: Stage) -> int:
    """One answer in each conversation; how many."""
    use_organization(uuid.UUID(made.team.id))
    found = made.installation.rows("select id from conversation")
    for row in found:
        send_message(row["id"], client_id=new_id(), body=f"resposta {row['id']}")
    return len(found)


def _fill_gap(channel_id: uuid.UUID, since: float) -> None:
    target = target_of(channel_id)
    assert target is not None
    bodies = driver_of(target.context).history(datetime.fromtimestamp(since, UTC))
    while batch := list(itertools.islice(bodies, 100)):
        ingest_all(channel_id, batch)


def _wait(made: Stage, count: str) -> None:
    wait_for(lambda: made.installation.value(count) == 0, count, timeout=600, pause=0.2)
