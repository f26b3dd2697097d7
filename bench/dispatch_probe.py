"""``python -m bench.dispatch_probe ORGANIZATION PLUGIN…``: times dispatch inside one application."""

from __future__ import annotations

import json
import sys
import time
import uuid

from sqlalchemy import select, text

from ramal.app import create_app
from ramal.config import load_settings
from ramal.database.session import db, system_transaction, use_organization
from ramal.events.models import Event
from ramal.events.worker_steps import drain_events_once
from ramal.inbox.serialize import conversation_info, message_info
from ramal.pipeline.inbound import drain_once
from ramal.plugins.dispatch import veto
from ramal.plugins.lifecycle import upgrade_all
from ramal.plugins.services import enable_plugin

ASKED = 2_000


def main() -> int:
    """Print ``{"veto": µs a call, "event": µs a message}``."""
    organization_id, names = uuid.UUID(sys.argv[1]), sys.argv[2:]
    for _ in upgrade_all(load_settings().database_owner_url):
        pass
    app = create_app()
    with app.app_context():
        use_organization(organization_id)
        for name in names:
            enable_plugin(name)
    with app.app_context():
        while drain_once():
            pass
        event = _time_events()
    with app.app_context():
        use_organization(organization_id)
        asked = _time_veto(organization_id)
    print(json.dumps({"veto": asked, "event": event}))
    return 0


def _time_events() -> float:
    """µs to number an event and hand it to every hook."""
    with system_transaction() as session:
        count = session.execute(text("select count(*) from event where delivered_at is null")).scalar_one()
    began = time.perf_counter()
    while drain_events_once():
        pass
    return (time.perf_counter() - began) / count * 1e6


def _time_veto(organization_id: uuid.UUID) -> float:
    """µs to ask all plugins once."""
    query = select(Event.data).where(Event.type == "message.created").limit(1)
    data = db.session.execute(query).scalar_one()
    message = message_info(data["message"])
    conversation = conversation_info(data["conversation"], organization_id)
    began = time.perf_counter()
    for _ in range(ASKED):
        veto("before_send", message=message, conversation=conversation)
    return (time.perf_counter() - began) / ASKED * 1e6


if __name__ == "__main__":
    raise SystemExit(main())
