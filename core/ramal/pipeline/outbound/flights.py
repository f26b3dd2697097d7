"""Claiming items and making them ready to send."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ramal.channels.base import Channel, ChannelContext
from ramal.channels.context import context_for
from ramal.channels.models import ConnectedChannel
from ramal.channels.registry import registry
from ramal.channels.types import (
    Alias,
    ConversationState,
    FailureClass,
    MessageKind,
    Outbound,
    OutboundChange,
    OutboundFile,
    ReadReceipt,
    SendFailure,
)
from ramal.contacts.models import ChannelParty, PartyAlias
from ramal.database.base import utcnow
from ramal.database.bulk import among, load_plain
from ramal.database.session import current_organization_id, transaction
from ramal.i18n import gettext as _
from ramal.inbox.items import conversation_item, message_item
from ramal.inbox.models import CHANGE_KINDS, Attachment, Conversation, Message, OutboxItem
from ramal.inbox.serialize import conversation_info, message_info
from ramal.inbox.services.changeable import refusal
from ramal.plugins.dispatch import implementers, veto
from ramal.storage.models import StoredFile
from ramal.storage.services import file_path, signed_url

#: How long a claim lasts; the sender renews it while it works on the item.
LEASE = timedelta(seconds=30)
#: Seconds for which a provider may fetch a file by its link.
_LINK_TTL = 3600
#: A message that was taken may get its id at the provider a little later: how long a change of it waits for that,
#: and the seconds between looks.
_ID_PATIENCE, _ID_PAUSE = timedelta(seconds=60), 2.0


@dataclass(frozen=True, slots=True)
class Flight:
    """A claimed item, ready to hand to its channel: a message (``outbound``), a change of one, or a read receipt."""

    item_id: uuid.UUID
    organization_id: uuid.UUID
    channel_id: uuid.UUID
    code: Channel
    context: ChannelContext
    outbound: Outbound | None
    receipt: ReadReceipt | None = None
    change: OutboundChange | None = None


@dataclass(frozen=True, slots=True)
class Grounded:
    """A claimed item that must not leave, with the reason; without one it is looked at again in ``delay`` seconds."""

    item_id: uuid.UUID
    organization_id: uuid.UUID
    channel_id: uuid.UUID
    failure: SendFailure | None
    delay: float = 0.0


def claim(ids: Sequence[uuid.UUID]) -> list[Flight | Grounded]:
    """Take queued items of the session's organization, and make them ready; one transaction."""
    with transaction() as session:
        taken = session.scalars(
            update(OutboxItem)
            .where(among(OutboxItem.id, ids), OutboxItem.status == "queued")
            .values(
                status="sending",
                locked_until=utcnow() + LEASE,
                attempts=OutboxItem.attempts + 1,
                written_at=None,
            )
            .returning(OutboxItem.id)
        ).all()
        items = load_plain(session, OutboxItem, among(OutboxItem.id, taken))
        return _Desk(session, items).prepare()


def renew(ids: Sequence[uuid.UUID]) -> None:
    """Keep the claims on items that are still being sent."""
    with transaction() as session:
        session.execute(
            update(OutboxItem)
            .where(among(OutboxItem.id, ids), OutboxItem.status == "sending")
            .values(locked_until=utcnow() + LEASE)
        )


def mark_written(item_id: uuid.UUID) -> bool:
    """Note that the next thing is the provider's; False if the claim was lost meanwhile.

    From here on nobody can know whether it went out until the provider says so.
    """
    with transaction() as session:
        marked = session.scalar(
            update(OutboxItem)
            .where(OutboxItem.id == item_id, OutboxItem.status == "sending", OutboxItem.locked_until > utcnow())
            .values(written_at=utcnow())
            .returning(OutboxItem.id)
        )
        return marked is not None


class _Desk:
    """All that a few claimed items need, loaded together."""

    def __init__(self, session: Session, items: Sequence[OutboxItem]) -> None:
        self._items = sorted(items, key=lambda item: item.seq)
        self._session = session
        messages = {item.message_id for item in items if item.message_id}
        self._messages = {row.id: row for row in load_plain(session, Message, among(Message.id, messages))}
        self._parties = {
            row.id: row
            for row in load_plain(session, ChannelParty, among(ChannelParty.id, {item.party_id for item in items}))
        }
        channels = session.scalars(
            select(ConnectedChannel).where(among(ConnectedChannel.id, {item.channel_id for item in items}))
        )
        self._channels = {channel.id: channel for channel in channels}
        self._aliases = self._load_aliases()
        self._files = self._load_files(messages)
        self._contexts: dict[uuid.UUID, ChannelContext] = {}

    def _load_aliases(self) -> dict[uuid.UUID, list[Alias]]:
        found: dict[uuid.UUID, list[Alias]] = {}
        for row in load_plain(self._session, PartyAlias, among(PartyAlias.party_id, self._parties)):
            found.setdefault(row.party_id, []).append(Alias(row.kind, row.raw))
        return found

    def _load_files(self, message_ids: set[uuid.UUID]) -> dict[uuid.UUID, list[OutboundFile]]:
        rows = self._session.execute(
            select(Attachment.message_id, StoredFile)
            .join(StoredFile, StoredFile.id == Attachment.file_id)
            .where(among(Attachment.message_id, message_ids), Attachment.state == "ready")
            .order_by(Attachment.position)
        )
        found: dict[uuid.UUID, list[OutboundFile]] = {}
        for message_id, file in rows:
            assert message_id is not None
            found.setdefault(message_id, []).append(_outbound_file(file))
        return found

    def prepare(self) -> list[Flight | Grounded]:
        """Each item as a flight, or grounded."""
        return [self._prepare(item) for item in self._items]

    def _prepare(self, item: OutboxItem) -> Flight | Grounded:
        channel = self._channels[item.channel_id]
        entry = registry().kinds.get(channel.kind)
        if entry is None:
            return self._ground(item, FailureClass.TRANSIENT, _("The plugin of this channel is not active."))
        try:
            context = self._contexts.setdefault(channel.id, context_for(channel))
        except Exception as error:
            return self._ground(item, FailureClass.ACCOUNT, str(error))
        if item.kind == "read":
            return self._flight(item, entry[0], context, None)
        message = self._messages.get(item.message_id) if item.message_id else None
        if message is None:
            return self._ground(item, FailureClass.PERMANENT, _("The message is gone."))
        if item.kind in CHANGE_KINDS:
            return self._prepare_change(item, message, entry[0], context)
        return self._prepare_message(item, message, entry[0], context)

    def _prepare_message(
        self, item: OutboxItem, message: Message, code: Channel, context: ChannelContext
    ) -> Flight | Grounded:
        reason = self._objection(item, message, code, context)
        if reason is not None:
            return self._ground(item, FailureClass.PERMANENT, reason)
        return self._flight(item, code, context, self._outbound(item, message))

    def _prepare_change(
        self, item: OutboxItem, message: Message, code: Channel, context: ChannelContext
    ) -> Flight | Grounded:
        able = code.capabilities_of(self._channels[item.channel_id].settings or {})
        reason = refusal(item.kind, message, able) or self._objection(item, message, code, context)
        if reason is not None:
            return self._ground(item, FailureClass.PERMANENT, reason)
        if message.provider_id is not None:
            change = self._change(item, message, message.provider_id)
            return Flight(item.id, item.organization_id, item.channel_id, code, context, outbound=None, change=change)
        if utcnow() - item.created_at > _ID_PATIENCE:
            return self._ground(item, FailureClass.PERMANENT, _("The channel gave this message no id to change it by."))
        return Grounded(item.id, item.organization_id, item.channel_id, failure=None, delay=_ID_PAUSE)

    def _objection(self, item: OutboxItem, message: Message, code: Channel, context: ChannelContext) -> str | None:
        """What was allowed when it was written may not be any more: the window, a plugin's veto."""
        party = self._parties[item.party_id]
        allowed = code.can_send(
            ConversationState(
                id=item.conversation_id,
                last_inbound_at=party.last_inbound_at,
                window_opened_at=party.window_opened_at,
                aliases=tuple(self._aliases.get(party.id, ())),
            ),
            context,
        )
        if not allowed.allowed:
            return allowed.reason or _("No message can be sent here now.")
        if item.kind not in ("message", "edit") or not implementers("before_send"):
            return None
        words = {"body": item.payload["body"]} if item.kind == "edit" else {}
        conversation = self._session.get_one(Conversation, item.conversation_id)
        objection = veto(
            "before_send",
            message=message_info({**message_item(message), **words}),
            conversation=conversation_info(conversation_item(conversation), current_organization_id()),
        )
        return objection.reason if objection else None

    def _outbound(self, item: OutboxItem, message: Message) -> Outbound:
        party = self._parties[item.party_id]
        return Outbound(
            message_id=message.id,
            client_ref=str(item.id),
            address=party.address,
            aliases=tuple(self._aliases.get(party.id, ())),
            kind=cast(MessageKind, message.kind),
            body=message.body,
            payload=message.payload or {},
            files=tuple(self._files.get(message.id, ())),
            reply_to=self._quoted(message),
            conversation_id=item.conversation_id,
            reply_to_own=_is_ours(message.reply_snippet),
        )

    def _change(self, item: OutboxItem, message: Message, target: str) -> OutboundChange:
        party = self._parties[item.party_id]
        return OutboundChange(
            kind=cast(Literal["reaction", "edit", "revoke"], item.kind),
            target=target,
            own=message.direction == "out",
            message_kind=cast(MessageKind, message.kind),
            client_ref=str(item.id),
            address=party.address,
            aliases=tuple(self._aliases.get(party.id, ())),
            emoji=item.payload.get("emoji"),
            body=item.payload.get("body"),
        )

    def _quoted(self, message: Message) -> str | None:
        """The quoted message's id at the provider, which it may have got after it was quoted."""
        if message.reply_to_provider_id or message.reply_to_id is None:
            return message.reply_to_provider_id
        return self._session.scalar(select(Message.provider_id).where(Message.id == message.reply_to_id))

    def _flight(self, item: OutboxItem, code: Channel, context: ChannelContext, outbound: Outbound | None) -> Flight:
        return Flight(
            item_id=item.id,
            organization_id=item.organization_id,
            channel_id=item.channel_id,
            code=code,
            context=context,
            outbound=outbound,
            receipt=self._receipt(item) if item.kind == "read" else None,
        )

    def _receipt(self, item: OutboxItem) -> ReadReceipt:
        payload: dict[str, Any] = item.payload or {}
        party = self._parties[item.party_id]
        return ReadReceipt(
            provider_id=payload.get("provider_id") or "",
            address=party.address,
            aliases=tuple(self._aliases.get(party.id, ())),
            typing=bool(payload.get("typing")),
        )

    def _ground(self, item: OutboxItem, failure: FailureClass, reason: str) -> Grounded:
        return Grounded(item.id, item.organization_id, item.channel_id, SendFailure(failure, reason))


def _is_ours(snippet: dict[str, Any] | None) -> bool | None:
    return snippet.get("direction") == "out" if snippet else None


def _outbound_file(file: StoredFile) -> OutboundFile:
    return OutboundFile(
        filename=file.filename,
        mime_type=file.mime_type,
        size=file.size,
        sha256=file.sha256,
        path=str(file_path(file)),
        url=signed_url(file, ttl=_LINK_TTL, absolute=True),
    )
