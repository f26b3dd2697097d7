"""What hooks and plugins see of a conversation, a message and a contact: frozen snapshots.

They are made from the JSON that events carry (``inbox.serialize``), so a hook costs no query and
can't change the core's rows by accident; commands go through ``ramal.api``.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ContactInfo:
    """A contact: display name and E.164 phone, where known."""

    id: uuid.UUID
    name: str
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class ConversationInfo:
    """A conversation as it was when the event was written."""

    id: uuid.UUID
    organization_id: uuid.UUID
    channel_id: uuid.UUID
    channel_kind: str
    contact: ContactInfo
    status: str
    control: str
    assignee_id: uuid.UUID | None = None
    priority: str = "none"
    labels: tuple[str, ...] = ()
    #: The whole JSON item of the API.
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessageInfo:
    """A message as it was when the event was written."""

    id: uuid.UUID
    conversation_id: uuid.UUID
    direction: str
    kind: str
    body: str | None
    status: str | None
    provider_id: str | None
    sent_at: datetime
    author_id: uuid.UUID | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    #: The whole JSON item of the API.
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A member of the organization."""

    id: uuid.UUID
    name: str
