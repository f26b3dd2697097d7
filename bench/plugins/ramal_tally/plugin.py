"""Wiring: one event hook that reads a row and writes it."""

from __future__ import annotations

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from ramal.api import Manifest, MessageInfo, Plugin, current_organization, hookimpl, new_id, session
from ramal_tally.models import Count

# Built once, and of the table: to put a statement together costs more than to run it.
_COUNT = (
    insert(Count.__table__)
    .values(
        id=bindparam("id"),
        organization_id=bindparam("organization"),
        conversation_id=bindparam("conversation"),
        messages=1,
    )
    .on_conflict_do_update(index_elements=["organization_id", "conversation_id"], set_={"messages": Count.messages + 1})
)


class TallyPlugin(Plugin):
    """Counts."""

    manifest = Manifest(name="tally", title="Tally", summary="Counts messages.", default_enabled=False)

    @hookimpl
    def on_inbound_message(self, message: MessageInfo) -> None:
        session.execute(
            _COUNT,
            {"id": new_id(), "organization": current_organization(), "conversation": message.conversation_id},
        )
