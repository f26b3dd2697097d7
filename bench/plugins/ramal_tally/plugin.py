"""Wiring: one event hook that reads a row and writes it."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from ramal.api import Manifest, MessageInfo, Plugin, current_organization, hookimpl, new_id, session
from ramal_tally.models import Count


class TallyPlugin(Plugin):
    """Counts."""

    manifest = Manifest(name="tally", title="Tally", summary="Counts messages.", default_enabled=False)

    @hookimpl
    def on_inbound_message(self, message: MessageInfo) -> None:
        row = insert(Count).values(
            id=new_id(), organization_id=current_organization(), conversation_id=message.conversation_id, messages=1
        )
        more = {"messages": Count.messages + 1}
        session.execute(row.on_conflict_do_update(index_elements=["organization_id", "conversation_id"], set_=more))
