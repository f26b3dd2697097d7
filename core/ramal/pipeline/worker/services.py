"""The child that runs plugins' long-running services, the sweeper and the cleaning.

Each service has one lease for the whole installation: a session lock in PostgreSQL, on a
connection of its own. Who loses the connection loses the lease, and stops the service.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from ramal.accounts.idempotency import forget_old_keys
from ramal.accounts.throttle import forget_old_failures
from ramal.database.session import db
from ramal.pipeline.worker.abandoned import forget_abandoned
from ramal.pipeline.worker.cleaning import clean
from ramal.pipeline.worker.loop import forget_connections
from ramal.pipeline.worker.stopping import Stopping
from ramal.pipeline.worker.sweeper import INTERVAL, sweep
from ramal.plugins.contributions import Service
from ramal.plugins.gate import active_anywhere
from ramal.plugins.jobs import services
from ramal.plugins.registry import PluginRecord

log = logging.getLogger(__name__)

#: First key of the session locks; the second is a hash of plugin and service.
LEASE_SPACE = 7_264_104
#: Seconds between two tries for a lease, and two looks at whether it still holds.
PATIENCE = 2.0
#: Seconds a service has to return after its stop was set.
STOP_SECONDS = 5.0
#: Seconds between two cleanings.
CLEAN_EVERY = 3600.0


def run_services(app: Flask, stopping: Stopping) -> None:
    """Run everything until asked to stop."""
    stop = threading.Event()
    with app.app_context():
        wanted = services(demo=os.environ.get("RAMAL_DEMO") == "1")
    threads = [threading.Thread(target=_Keeper(app, *one, stop).keep, daemon=True) for one in wanted]
    for thread in threads:  # daemons: one that does not stop must not keep the process
        thread.start()
    _housekeeping(app, stopping)
    stop.set()
    deadline = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _housekeeping(app: Flask, stopping: Stopping) -> None:
    next_cleaning = time.monotonic() + CLEAN_EVERY
    while not stopping.asked:
        try:
            with app.app_context():
                sweep()
                if time.monotonic() >= next_cleaning:
                    next_cleaning = time.monotonic() + CLEAN_EVERY
                    clean()
                    forget_abandoned()
                    forget_old_keys()
                    forget_old_failures()
        except Exception:
            log.exception("the sweeper failed")
            forget_connections(app)
        stopping.sleep(INTERVAL)


@contextlib.contextmanager
def lease(name: str) -> Iterator[Connection | None]:
    """A connection that holds the lease ``name``; None while another process has it."""
    with db.engines["system"].connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key: dict[str, object] = {"space": LEASE_SPACE, "name": name}
        held = connection.execute(text("select pg_try_advisory_lock(:space, hashtext(:name))"), key).scalar_one()
        try:
            yield connection if held else None
        finally:
            if held:
                _give_back(connection, key)


def _give_back(connection: Connection, key: dict[str, object]) -> None:
    try:
        connection.execute(text("select pg_advisory_unlock(:space, hashtext(:name))"), key)
    except SQLAlchemyError:
        # Not returned to the pool: a lock that is still held would live on with its session.
        connection.invalidate()


@dataclass(frozen=True, slots=True)
class _Keeper:
    """Holds one service's lease, and runs the service while it holds."""

    app: Flask
    record: PluginRecord
    service: Service
    stop: threading.Event

    @property
    def name(self) -> str:
        return f"{self.record.name}.{self.service.name}"

    def keep(self) -> None:
        """Until ``stop``, again and again."""
        with self.app.app_context():
            while not self.stop.is_set():
                try:
                    with lease(self.name) as connection:
                        if connection is not None and self._wanted():
                            self._run_while_held(connection)
                except SQLAlchemyError as error:
                    log.warning("the lease of %s does not hold: %s", self.name, error)
                self.stop.wait(PATIENCE)

    def _wanted(self) -> bool:
        return self.service.demo or active_anywhere(self.record.name)

    def _run_while_held(self, connection: Connection) -> None:
        own_stop = threading.Event()
        thread = threading.Thread(target=self._run, args=(own_stop,), name=self.name, daemon=True)
        thread.start()
        try:
            while thread.is_alive() and not self.stop.wait(PATIENCE) and self._wanted():
                connection.execute(text("select 1"))
        finally:
            own_stop.set()
            thread.join(STOP_SECONDS)
            if thread.is_alive():
                log.error("service %s did not stop", self.name)

    def _run(self, stop: threading.Event) -> None:
        log.info("service %s begins", self.name)
        try:
            with self.app.app_context():
                self.service.run(stop)
        except Exception:
            log.exception("service %s failed", self.name)
