"""Named places in the core's screens that plugins fill: ``{{ slot("inbox.sidebar", conversation=…) }}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template
from markupsafe import Markup, escape

from ramal.database.session import organization_id_or_none
from ramal.plugins.contributions import SlotFragment
from ramal.plugins.failures import note_failure
from ramal.plugins.gate import active_plugins
from ramal.plugins.isolation import PluginFailed, run_isolated
from ramal.plugins.menu import allowed
from ramal.plugins.registry import PluginRecord, registered

SLOTS = frozenset(
    {
        "nav.main",
        "inbox.sidebar",
        "inbox.header",
        "inbox.composer.actions",
        "inbox.message.actions",
        "inbox.filters",
        "contact.tabs",
        "settings.sections",
        "dashboard.widgets",
    }
)

#: Seconds that a fragment may take, eager or lazy.
TIME_LIMIT = 2.0


def render_slot(name: str, **context: Any) -> Markup:
    """The fragments of the active plugins, lightest first; one that fails shows an error card."""
    return Markup("").join(_wrapped(record, fragment, context) for record, fragment in fragments(name))


def fragments(name: str) -> list[tuple[PluginRecord, SlotFragment]]:
    """The fragments of a slot that the caller may see, lightest first."""
    organization_id = organization_id_or_none()
    if organization_id is None:
        return []
    active = active_plugins(organization_id)
    found = [
        (record, fragment)
        for record in registered()
        if record.name in active
        for fragment in record.contributions.slots
        if fragment.slot == name and allowed(fragment.permission)
    ]
    return sorted(found, key=lambda pair: pair[1].weight)


def _wrapped(record: PluginRecord, fragment: SlotFragment, context: Mapping[str, Any]) -> Markup:
    inner = _lazy(record, fragment, context) if fragment.lazy else _eager(record, fragment, context)
    if not inner:
        return Markup("")
    # The id says who filled the place: for tests, and for a plugin's own stylesheet.
    return Markup('<div class="ramal-slot" data-slot="{}" data-testid="slot-{}-{}-{}">{}</div>').format(
        fragment.slot, fragment.slot, record.name, fragment.name, inner
    )


def _eager(record: PluginRecord, fragment: SlotFragment, context: Mapping[str, Any]) -> Markup:
    render = fragment.render
    if render is None:
        return Markup("")
    try:
        # Text that is not Markup is escaped: a plugin must say so to write HTML.
        return run_isolated(record, lambda: escape(render(**context) or ""), TIME_LIMIT)
    except PluginFailed as error:
        note_failure(record.name, f"slot {fragment.slot}", error)
        return error_card(record)


def _lazy(record: PluginRecord, fragment: SlotFragment, context: Mapping[str, Any]) -> Markup:
    url = _filled(fragment.url or "", context)
    html = render_template("plugins/lazy_slot.html", url=url, record=record, timeout=int(TIME_LIMIT * 1000))
    return Markup(html)  # noqa: S704 (our own template, autoescaped)


def error_card(record: PluginRecord) -> Markup:
    """What stands where a plugin's fragment failed."""
    return Markup(render_template("plugins/error_card.html", record=record))  # noqa: S704 (autoescaped)


def _filled(url: str, context: Mapping[str, Any]) -> str:
    """``{conversation_id}`` and the like, from the objects in the context or from its plain values."""
    values = {name: str(value) for name, value in context.items() if isinstance(value, (str, int))}
    for name, value in context.items():
        identity = value.get("id") if isinstance(value, Mapping) else getattr(value, "id", None)
        if identity is not None:
            values.setdefault(f"{name}_id", str(identity))
    for name, text in values.items():
        url = url.replace("{" + name + "}", text)
    return url
