"""Rows for tests, made directly: quicker than through the use cases, and independent of them."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from ramal.accounts.models import Membership, Organization, User
from ramal.channels.models import ConnectedChannel
from ramal.channels.registry import registry
from ramal.config import current_settings
from ramal.contacts.models import ChannelParty, Contact, PartyAlias, bucket_of
from ramal.database.base import new_id, utcnow
from ramal.database.session import after_commit, db, system_transaction, transaction
from ramal.inbox.models import Conversation, Label, Message
from ramal.inbox.serialize import preview_json
from ramal.plugins import gate
from ramal.plugins.models import OrganizationPlugin
from ramal.plugins.registry import PluginRecord
from ramal.plugins.registry import registry as plugin_registry
from ramal.testing.channel import KIND, PLUGIN, TestChannel

PASSWORD = "correct horse battery"  # noqa: S105 (of test users)
_numbers = itertools.count(1)
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Member:
    """A user in an organization, with the password to log in with."""

    id: uuid.UUID
    organization_id: uuid.UUID
    name: str
    email: str
    role: str
    password: str = PASSWORD


@dataclass(frozen=True)
class TestOrganization:
    """An organization and its people."""

    __test__ = False

    id: uuid.UUID
    name: str
    slug: str
    admin: Member
    agent: Member
    members: dict[str, Member] = field(default_factory=dict)

    def member(self, role: str, **changes: Any) -> Member:
        """Another member."""
        return make_member(self.id, role, **changes)


@cache
def _password_hash() -> str:
    from ramal.accounts.passwords import hash_password

    return hash_password(PASSWORD)


def make_organization(name: str) -> TestOrganization:
    """An organization with an admin and an agent."""
    with system_transaction() as session:
        slug = f"org-{next(_numbers)}-{new_id().hex[-6:]}"
        row = Organization(name=name, slug=slug, locale=current_settings().locale)
        session.add(row)
    admin = make_member(row.id, "org_admin", name="Ana Admin")
    agent = make_member(row.id, "agent", name="Bia Agente")
    return TestOrganization(row.id, name, row.slug, admin, agent)


def make_member(organization_id: uuid.UUID, role: str, *, name: str | None = None, super_admin: bool = False) -> Member:
    """A user who is a member of an organization."""
    number = next(_numbers)
    name = name or f"{role.title()} {number}"
    with system_transaction() as session:
        user = User(
            name=name,
            email=f"{role}{number}@example.com",
            password_hash=_password_hash(),
            is_super_admin=super_admin,
        )
        session.add(user)
        session.flush()
        session.add(Membership(organization_id=organization_id, user_id=user.id, role=role))
    return Member(user.id, organization_id, name, user.email, role)


def join(member: Member, organization_id: uuid.UUID, role: str) -> Member:
    """Make a user a member of another organization too."""
    with system_transaction() as session:
        session.add(Membership(organization_id=organization_id, user_id=member.id, role=role))
    return Member(member.id, organization_id, member.name, member.email, role)


class Factory:
    """Rows of the organization the session serves; each method commits and returns the row."""

    def channel(self, kind: str = KIND, name: str = "Test", **changes: Any) -> ConnectedChannel:
        """A connected channel; by default of the built-in test kind, which keeps what is sent."""
        plugin = changes.pop("plugin", None) or _plugin(kind)
        row = ConnectedChannel(kind=kind, plugin=plugin, name=name, **changes)
        with transaction() as session:
            session.add(row)
            if plugin == PLUGIN and not _enabled(plugin):
                session.add(OrganizationPlugin(plugin=plugin, enabled=True))
                after_commit(gate.forget)
        return row

    def contact(self, name: str = "Carla Cliente", **changes: Any) -> Contact:
        """A contact."""
        return self.add(Contact(name=name, **changes))

    def party(
        self, channel: ConnectedChannel | None = None, contact: Contact | None = None, **changes: Any
    ) -> ChannelParty:
        """A person on a channel, with a phone as their alias."""
        channel, contact = channel or self.channel(), contact or self.contact()
        address = changes.pop("address", f"55119{next(_numbers):08}")
        id_ = new_id()
        row = self.add(
            ChannelParty(
                id=id_,
                channel_id=channel.id,
                contact_id=contact.id,
                address=address,
                bucket=bucket_of(id_),
                **changes,
            )
        )
        self.add(PartyAlias(channel_id=channel.id, party_id=id_, kind="phone", value=address, raw=address))
        return row

    def conversation(self, party: ChannelParty | None = None, **changes: Any) -> Conversation:
        """An open conversation."""
        party = party or self.party()
        return self.add(
            Conversation(
                channel_id=party.channel_id,
                party_id=party.id,
                contact_id=party.contact_id,
                bucket=party.bucket,
                **changes,
            )
        )

    def message(
        self,
        conversation: Conversation | None = None,
        body: str | None = "Olá",
        *,
        direction: str = "in",
        kind: str = "text",
        sent_at: datetime | None = None,
        **changes: Any,
    ) -> Message:
        """A message, by default from the customer; the conversation's preview follows."""
        conversation = conversation or self.conversation()
        row = Message(
            conversation_id=conversation.id,
            channel_id=conversation.channel_id,
            direction=direction,
            kind=kind,
            body=body,
            sent_at=sent_at or utcnow(),
            status=changes.pop("status", None if direction == "in" else "sent"),
            **changes,
        )
        with transaction() as session:
            session.add(row)
            session.flush()
            conversation = session.merge(conversation)
            conversation.last_message, conversation.last_message_at = preview_json(row), row.sent_at
            session.refresh(row, ["seq"])
        return row

    def label(self, name: str = "VIP", color: str = "#0f766e") -> Label:
        """A label."""
        return self.add(Label(name=name, color=color))

    def add(self, row: _Row) -> _Row:
        """Any row of the organization."""
        with transaction() as session:
            session.add(row)
        return row


def _plugin(kind: str) -> str:
    kinds = registry().kinds
    if kind == KIND and kind not in kinds:
        registry().add(TestChannel(), PLUGIN)
        plugin_registry().records[PLUGIN] = PluginRecord(PLUGIN, state="installed")
    entry = kinds.get(kind)
    return entry[1] if entry else PLUGIN


def _enabled(plugin: str) -> bool:
    query = db.select(OrganizationPlugin.id).where(OrganizationPlugin.plugin == plugin)
    return db.session.execute(query).first() is not None
