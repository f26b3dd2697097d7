"""Wiring: two event hooks that each add a row."""

from __future__ import annotations

from ramal.api import ConversationInfo, Manifest, MessageInfo, Plugin, hookimpl, session
from ramal_witness.models import Sighting


class WitnessPlugin(Plugin):
    """Writes down what it is told."""

    manifest = Manifest(name="witness", title="Witness", summary="Writes down every message.", default_enabled=False)

    @hookimpl
    def on_inbound_message(self, message: MessageInfo, conversation: ConversationInfo) -> None:
        _write("inbound", message)

    @hookimpl
    def on_outbound_message(self, message: MessageInfo, conversation: ConversationInfo) -> None:
        _write("outbound", message)


def _write(hook: str, message: MessageInfo) -> None:
    session.add(Sighting(hook=hook, conversation_id=message.conversation_id, message_id=message.id))
