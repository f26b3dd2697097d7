"""The whole extension surface on one page.

Each hook has a kind, which decides when it is called and what an error in it means:

* **boot**: once, at start; an error makes the plugin ``broken`` and nothing else.
* **decision**: asked in plugin order; the first answer that is not None wins.
* **veto**: any :class:`Veto` stops the action, and its reason is shown.
* **collect**: every answer counts; each plugin is isolated.
* **event**: after commit, in order within a conversation, exactly once in the database.

Hooks that are not *boot* are called only for organizations that enabled the plugin, with
``ramal.api.session`` open on that organization. An implementation names only the arguments it
wants. Hooks never commit; what must reach the outside world goes through ``enqueue`` or
``send_message``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pluggy

if TYPE_CHECKING:
    import click
    from flask import Blueprint

    from ramal.channels.base import Channel
    from ramal.channels.info import ChannelInfo
    from ramal.channels.types import SessionNews
    from ramal.events.types import EventType
    from ramal.inbox.info import ContactInfo, ConversationInfo, MessageInfo, UserInfo
    from ramal.plugins.contributions import (
        ConversationFilter,
        CustomerInfo,
        DemoContext,
        JobType,
        MenuItem,
        NotificationType,
        SearchResult,
        Service,
        SlotFragment,
    )

hookspec = pluggy.HookspecMarker("ramal")
hookimpl = pluggy.HookimplMarker("ramal")

HookKind = Literal["boot", "decision", "veto", "collect", "event"]
_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Veto:
    """A veto hook's "no": ``reason`` is shown to the person who tried."""

    reason: str


def _hook(kind: HookKind, *, callers_error: bool = False) -> Callable[[_Function], _Function]:
    """Mark a specification; with ``callers_error`` what an implementation raises reaches the caller."""

    def mark(function: _Function) -> _Function:
        function.hook_kind = kind  # type: ignore[attr-defined]
        function.callers_error = callers_error  # type: ignore[attr-defined]
        marked: _Function = hookspec(function)
        return marked

    return mark


boot, decision, veto = _hook("boot"), _hook("decision"), _hook("veto")
collect, event = _hook("collect"), _hook("event")
answer = _hook("decision", callers_error=True)


# --- boot ---------------------------------------------------------------------------------------


@boot
def register_hookspecs() -> Iterable[object]:
    """Modules or classes with hookspecs of the plugin's own; called before all other hooks."""


@boot
def register_blueprints() -> Iterable[Blueprint]:
    """``ApiBlueprint`` (under ``/api/v1/<plugin>``) and ``PageBlueprint`` (``/p/<plugin>``)."""


@boot
def register_channels() -> Iterable[Channel]:
    """Instances of ``Channel``, one for each kind the plugin brings."""


@boot
def register_services() -> Iterable[Service]:
    """Long-running loops of the plugin's own, run by the worker; one lease each."""


@boot
def register_csp_sources() -> Mapping[str, Sequence[str]]:
    """Additions to the Content-Security-Policy by directive, such as ``{"img-src": ["https://…"]}``."""


@boot
def register_cli() -> Iterable[click.Command]:
    """Commands under ``ramal <plugin> …``."""


@boot
def register_slots() -> Iterable[SlotFragment]:
    """Fragments for the screens' named slots."""


@boot
def register_menu_items() -> Iterable[MenuItem]:
    """Entries of the main menu or of the settings."""


@boot
def register_document_types() -> Iterable[str]:
    """Names of document types the plugin can render."""


@boot
def register_audit_sentences() -> Mapping[str, object]:
    """What the audit page says for each action of the plugin, lazily: ``{"pigeon.fed": _("Fed a pigeon")}``."""


@boot
def register_routing_strategies() -> Iterable[object]:
    """Strategies by which a queue chooses an agent."""


@boot
def register_jobs() -> Iterable[JobType]:
    """Background jobs by name, for ``enqueue`` and ``schedule``."""


@boot
def register_notifications() -> Iterable[NotificationType]:
    """What the plugin tells members about with ``notify``: codes ``<plugin>.NEW_LEAD``, each with its default media."""


@boot
def register_event_types() -> Iterable[EventType]:
    """What the plugin's own events (``emit_event``) mean to sockets; each is named ``<plugin>.<what>``."""


@boot
def seed_demo(demo: DemoContext) -> None:
    """Fill the demo organization (``ramal up --demo``); called once, may enable and connect things."""


# --- decision -----------------------------------------------------------------------------------


@decision
def route_conversation(conversation: ConversationInfo, message: MessageInfo) -> Mapping[str, Any] | None:
    """Where a new conversation goes: ``{"assignee_id"?, "control"?, "priority"?, "labels"?}``."""


@decision
def describe_customer(contact: ContactInfo) -> CustomerInfo | None:
    """The customer for whom a contact writes, so that other plugins fill in what is known of them."""


@answer
def render_document(document: str, template: Any, context: Mapping[str, Any]) -> bytes | None:
    """The bytes of a document (PDF). An error is the caller's error."""


# --- veto ---------------------------------------------------------------------------------------


@veto
def before_send(message: MessageInfo, conversation: ConversationInfo) -> Veto | None:
    """Asked at the request and again in the worker, before a message leaves, or the new words of an edited one."""


@veto
def before_close(conversation: ConversationInfo) -> Veto | None:
    """Asked before a conversation is resolved."""


# --- collect ------------------------------------------------------------------------------------


@collect
def search(query: str) -> Iterable[SearchResult]:
    """Results for the search box."""


@collect
def filter_conversations(filters: Mapping[str, Sequence[str]]) -> Iterable[ConversationFilter]:
    """What the plugin's own filters leave of the list of conversations; all of them hold.

    ``filters`` has each parameter ``filter.<plugin>.<key>`` that is set, by its key, with its values:
    from the controls in slot ``inbox.filters``, or from any client of the API. Raise
    ``InvalidPayload`` for a value that makes no sense.
    """


@collect
def health_check() -> Mapping[str, Any]:
    """``{"ok": bool, "detail": str}`` for ``ramal doctor`` and ``/health/ready``."""


@collect
def export_personal_data(contact: ContactInfo) -> Mapping[str, Any]:
    """All that the plugin holds about a person, as JSON data (LGPD)."""


@collect
def erase_personal_data(contact: ContactInfo) -> Mapping[str, Any]:
    """Erase or anonymise it; answer with what was done."""


# --- event --------------------------------------------------------------------------------------


@event
def on_inbound_message(message: MessageInfo, conversation: ConversationInfo) -> None:
    """A person wrote."""


@event
def on_outbound_message(message: MessageInfo, conversation: ConversationInfo) -> None:
    """A message of ours was written (not yet sent). Notes are not messages here."""


@event
def on_message_status(message: MessageInfo, status: str) -> None:
    """A tick moved."""


@event
def on_assign(
    conversation: ConversationInfo,
    assignee: UserInfo | None,
    previous: UserInfo | None,
    actor: UserInfo | None,
) -> None:
    """A conversation was taken, assigned or released."""


@event
def on_conversation_opened(conversation: ConversationInfo) -> None:
    """A new conversation began."""


@event
def on_conversation_closed(conversation: ConversationInfo) -> None:
    """A conversation was resolved."""


@event
def on_conversation_reopened(conversation: ConversationInfo) -> None:
    """A resolved conversation is live again."""


@event
def on_contact_created(contact: ContactInfo) -> None:
    """A contact came to be, by a first message or by hand."""


@event
def on_channel_news(channel: ChannelInfo, news: SessionNews) -> None:
    """The provider told what became of the session behind a channel; each piece of news once."""


@event
def on_contact_merged(contact: ContactInfo, absorbed: ContactInfo) -> None:
    """Two contacts became one."""


@event
def on_document_issued(document: Mapping[str, Any]) -> None:
    """A document was issued."""


@event
def on_payment_received(payment: Mapping[str, Any]) -> None:
    """A payment arrived."""


#: hook name → kind, of the core's hooks.
KINDS: dict[str, HookKind] = {
    name: function.hook_kind for name, function in list(globals().items()) if hasattr(function, "hook_kind")
}
