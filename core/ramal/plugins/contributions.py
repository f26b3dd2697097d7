"""What plugins hand to the core at boot: values only; the core applies them when all succeeded."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import SelectBase

#: Ids as a ``select`` of one column, or by themselves.
Ids = SelectBase | Collection[uuid.UUID]


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of a menu. ``menu``: main or settings; ``endpoint`` or ``url``; lower weight first."""

    title: str
    url: str
    icon: str = "point"
    permission: str | None = None
    weight: int = 100
    menu: str = "main"


@dataclass(frozen=True, slots=True)
class SlotFragment:
    """A piece of a screen.

    ``render`` gets the slot's context and returns safe HTML (``markupsafe.Markup``), or "" for
    nothing. A ``lazy`` one is loaded by the browser from ``url`` (``{conversation_id}`` filled in)
    under a time limit, with an error card where it fails.
    """

    slot: str
    name: str
    render: Callable[..., str] | None = None
    url: str | None = None
    lazy: bool = False
    permission: str | None = None
    weight: int = 100


@dataclass(frozen=True, slots=True)
class JobType:
    """A background job: ``run(**arguments)`` in the organization's transaction-free context.

    ``timeout`` in seconds; ``max_attempts`` with exponential backoff.
    """

    name: str
    run: Callable[..., Any]
    timeout: int = 60
    max_attempts: int = 6


@dataclass(frozen=True, slots=True)
class Service:
    """A long-running loop: ``run(stop)`` returns soon after ``stop`` is set. One lease for all workers.

    ``demo``: started only by ``ramal up --demo`` (a simulator).
    """

    name: str
    run: Callable[[threading.Event], None]
    demo: bool = False


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One line of the search box."""

    title: str
    url: str
    detail: str = ""
    icon: str = "search"


@dataclass(frozen=True, slots=True)
class ConversationFilter:
    """Which conversations of a list stay: those with these ids, or of these contacts; one of the two will do.

    Give a ``select`` of one column of the plugin's own tables: it becomes a part of the list's query,
    beside what the caller may see. So a filter narrows a list, and can't widen it.
    """

    conversations: Ids | None = None
    contacts: Ids | None = None


@dataclass(frozen=True, slots=True)
class CustomerInfo:
    """The customer behind a contact, as a plugin that keeps customers tells the others (``describe_customer``).

    ``kind`` is ``person`` or ``company``; ``document`` a CPF or CNPJ without punctuation; ``street`` comes with number
    and complement; ``postal_code`` is a CEP of eight digits; ``url`` the customer's page. Unknown texts are empty.
    """

    id: uuid.UUID
    kind: str
    name: str
    legal_name: str = ""
    document: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    district: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    url: str = ""


@dataclass(frozen=True)
class DemoContext:
    """What ``seed_demo`` may use: the demo organization and a few commands."""

    organization_id: uuid.UUID
    agents: tuple[uuid.UUID, ...]
    base_url: str
    #: kind, name, settings → the connected channel's id
    connect_channel: Callable[[str, str, Mapping[str, Any]], uuid.UUID]
    #: Reserves a local port for a simulator and allows the guarded client to reach it: name → base URL
    simulator_url: Callable[[str], str]
    notes: dict[str, Any] = field(default_factory=dict)
