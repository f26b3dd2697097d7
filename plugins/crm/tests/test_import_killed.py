"""A worker killed in the middle of an import, or of its undoing: whoever goes on doubles and forgets nothing."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text

from ramal.config import Settings
from ramal.testing.client import JsonClient
from ramal.testing.waiting import wait_for

from .tables_of_customers import row, table, upload

ROWS = 6_000
#: Counts that differ: customers, rows that are done, lines of the timeline, and what the import says.
TORN = """
select coalesce(jsonb_agg(counts), '[]') from (
  select (select count(*) from plugin_crm.customer c where c.organization_id = r.organization_id) as customers,
         (select count(*) from plugin_crm.import_row i where i.run_id = r.id and i.done_at is not null) as rows,
         (select count(*) from plugin_crm.timeline_entry t
           where t.organization_id = r.organization_id and t.kind = 'customer.imported') as lines,
         case when r.state = 'undoing' then r.rows - r.done else r.done end as done
  from plugin_crm.import_run r where r.id = :id
) counts where not (customers = rows and rows = lines and lines = done)
"""
WORKER = """
import pickle, sys
from ramal.app import create_app
from ramal.events.jobs import run_job
settings, job = pickle.load(sys.stdin.buffer)
with create_app(settings).app_context():
    run_job(job)
"""


@pytest.mark.fault
def test_a_killed_import_goes_on_without_doubling(
    desk: JsonClient, work: Callable[[], None], owner_engine: Engine, ramal_settings: Settings
) -> None:
    body = upload(table(row(number) for number in range(1, ROWS + 1)))
    run = desk.post("/crm/imports", data=body, content_type="multipart/form-data").json
    work()
    path = f"/crm/imports/{run['id']}"

    def scalar(query: str, **values: Any) -> Any:
        with owner_engine.begin() as connection:
            return connection.execute(text(query), {"id": run["id"], **values}).scalar_one()

    def kill_at(done: int, job: str) -> None:
        query = "select id::text from job where name = :job and arguments->>'run_id' = :id"
        settings_and_job = pickle.dumps((ramal_settings, scalar(query, job=job)))
        worker = subprocess.Popen([sys.executable, "-c", WORKER], stdin=subprocess.PIPE)
        assert worker.stdin is not None
        worker.stdin.write(settings_and_job)
        worker.stdin.close()
        wait_for(lambda: desk.get(path).json["done"] >= done, "rows", timeout=60, pause=0.002)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        killed = desk.get(path).json
        assert (killed["state"] in ("running", "undoing"), done <= killed["done"] < ROWS) == (True, True)
        # In one look: what the dead worker sent last may still be on its way to be committed.
        assert scalar(TORN) == []
        # The lease that the dead worker left is over.
        scalar(
            "update job set locked_until = now() - interval '1 second'"
            " where name = :job and arguments->>'run_id' = :id and status = 'running' returning 1",
            job=job,
        )

    assert desk.post(f"{path}/start", {}).status_code == 202
    kill_at(1_000, "run_import")
    kill_at(3_000, "run_import")
    work()
    done = desk.get(path).json
    assert (done["state"], done["done"], done["counts"]) == ("done", ROWS, {"create": ROWS})
    assert scalar(TORN) == []
    assert scalar("select count(distinct document) from plugin_crm.customer where :id is not null") == ROWS
    assert desk.post(f"{path}/undo", {}).status_code == 202
    kill_at(2_000, "undo_import")
    work()
    undone = desk.get(path).json
    assert (undone["state"], undone["counts"]["undone"]) == ("undone", ROWS)
    assert scalar("select count(*) from plugin_crm.customer where :id is not null") == 0
