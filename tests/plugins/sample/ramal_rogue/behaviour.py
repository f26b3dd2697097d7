"""The ways to misbehave, by name; each is called inside a hook."""

import time

from sqlalchemy import text

from ramal.api import session
from ramal.channels.models import ConnectedChannel

how = "nothing"


def spin():
    until = time.monotonic() + 60
    while time.monotonic() < until:
        pass


def stubborn():
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            time.sleep(1)
        except Exception:
            pass


def swallow_sql_error():
    try:
        session.execute(text("select 1 / 0"))
    except Exception:
        pass


def bad_row():
    session.add(ConnectedChannel(kind=None, plugin="rogue", name="x"))


def write_then_fail():
    session.add(ConnectedChannel(kind="rogue", plugin="rogue", name="rogue's"))
    session.flush()
    raise RuntimeError("after writing")


def leave_savepoint_open():
    session.begin_nested()
    session.add(ConnectedChannel(kind="rogue", plugin="rogue", name="rogue's"))


def fail():
    raise RuntimeError("boom")


WAYS = {
    "nothing": lambda: None,
    "raises": fail,
    "exits": lambda: exit(3),
    "sleeps": lambda: time.sleep(60),
    "spins": spin,
    "sleeps in SQL": lambda: session.execute(text("select pg_sleep(60)")),
    "swallows the alarm": stubborn,
    "commits": lambda: session.commit(),
    "rolls back": lambda: session.rollback(),
    "closes": lambda: session.close(),
    "removes": lambda: session.remove(),
    "resets": lambda: session.reset(),
    "commits in SQL": lambda: session.execute(text("COMMIT")),
    "rolls back in SQL": lambda: session.execute(text(" rollback")),
    "poisons": lambda: session.execute(text("select 1 / 0")),
    "poisons silently": swallow_sql_error,
    "adds a bad row": bad_row,
    "writes, then fails": write_then_fail,
}


def misbehave():
    return WAYS[how]()
