"""A worker that is killed in the middle of a batch: whoever goes on gives no number twice and leaves no row out."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, text

from ramal.config import Settings
from ramal.testing.client import JsonClient
from ramal.testing.waiting import wait_for

from .spreadsheets import row, table

ROWS = 1_500
ACCOUNT = "(select account_id from plugin_documents.batch where id = :id)"
#: Counts that differ: boletos, rows, events, and what the batch says.
TORN = """
select coalesce(jsonb_agg(counts), '[]') from (
  select (select count(*) from plugin_documents.charge c where c.account_id = b.account_id) as boletos,
         (select count(*) from plugin_documents.batch_row r where r.batch_id = b.id and r.state = 'issued') as rows,
         (select count(*) from event e
           where e.organization_id = b.organization_id and e.type = 'document.issued') as events,
         (select next_number - 1 from plugin_documents.issuing_account a where a.id = b.account_id) as numbers,
         b.issued
  from plugin_documents.batch b where b.id = :id
) counts where not (boletos = rows and rows = events and events = numbers and numbers = issued)
"""
WORKER = """
import pickle, sys
from ramal.app import create_app
from ramal.events.jobs import run_job
settings, job = pickle.load(sys.stdin.buffer)
with create_app(settings).app_context():
    run_job(job)
"""


def test_a_killed_batch_goes_on_without_a_number_twice(
    desk: JsonClient,
    checked: Callable[..., dict[str, Any]],
    work: Callable[[], None],
    owner_engine: Engine,
    ramal_settings: Settings,
) -> None:
    batch = checked(table(row(number) for number in range(1, ROWS + 1)))
    path = f"/documents/batches/{batch['id']}"
    assert desk.post(f"{path}/start", {}).status_code == 202

    def scalar(query: str) -> Any:
        with owner_engine.begin() as connection:
            return connection.execute(text(query), {"id": batch["id"]}).scalar_one()

    job = scalar("select id::text from job where name = 'issue_batch' and arguments->>'batch_id' = :id")
    for kill in (100, 700):
        worker = subprocess.Popen([sys.executable, "-c", WORKER], stdin=subprocess.PIPE)
        assert worker.stdin is not None
        worker.stdin.write(pickle.dumps((ramal_settings, job)))
        worker.stdin.close()
        wait_for(lambda most=kill: desk.get(path).json["issued"] >= most, "boletos", timeout=60, pause=0.002)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        killed = desk.get(path).json
        assert (killed["state"], kill <= killed["issued"] < ROWS) == ("running", True)
        # In one look: what the dead worker sent last may still be on its way to be committed.
        assert scalar(TORN) == []
        # The lease that the dead worker left is over.
        scalar(
            "update job set locked_until = now() - interval '1 second'"
            " where name = 'issue_batch' and arguments->>'batch_id' = :id and status = 'running' returning 1"
        )
    work()
    done = desk.get(path).json
    assert (done["state"], done["issued"], done["failed"]) == ("done", ROWS, 0)
    assert scalar(
        "select array_agg(number order by number)::text from plugin_documents.charge where account_id = " + ACCOUNT
    ) == ("{" + ",".join(str(number) for number in range(1, ROWS + 1)) + "}")
    assert scalar("select count(distinct charge_id) from plugin_documents.batch_row where batch_id = :id") == ROWS
    assert desk.get(f"/documents/accounts/{batch['account_id']}").json["next_number"] == ROWS + 1
