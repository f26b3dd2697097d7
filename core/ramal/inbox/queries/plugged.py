"""Filters that plugins bring: ``filter.<plugin>.<key>=value``, answered by ``filter_conversations``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, or_, select

from ramal.config import current_settings
from ramal.database.session import db
from ramal.errors import InvalidPayload, PluginError, Unavailable
from ramal.i18n import gettext as _
from ramal.inbox.models import Conversation
from ramal.plugins.contributions import ConversationFilter
from ramal.plugins.dispatch import ask, implementers
from ramal.plugins.failures import note_failure
from ramal.plugins.isolation import PluginFailed, run_isolated
from ramal.plugins.registry import PluginRecord

HOOK = "filter_conversations"
#: Plugin → key → values.
PluginFilters = Mapping[str, Mapping[str, Sequence[str]]]

_PREFIX = "filter."
_NAME = re.compile(r"filter\.([a-z][a-z0-9_]*)\.([A-Za-z0-9_-]{1,60})")
_MOST_VALUES, _MOST_LENGTH = 50, 200


def read_plugin_filters(arguments: Iterable[tuple[str, str]]) -> PluginFilters:
    """The plugins' parameters of a query; those without a value are as good as absent.

    InvalidPayload for a name of another form, or for values that are too many or too long.
    """
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    given = [(name, value.strip()) for name, value in arguments if name.startswith(_PREFIX)]
    if len(given) > _MOST_VALUES:
        raise _invalid(given[_MOST_VALUES][0])
    for name, value in given:
        parts = _NAME.fullmatch(name)
        if parts is None or len(value) > _MOST_LENGTH or "\0" in value:
            raise _invalid(name)
        if value:
            found[parts[1]][parts[2]].append(value)
    return found


def plugin_conditions(filters: PluginFilters) -> list[ColumnElement[bool]]:
    """Conditions on ``Conversation``, all to hold; one query for each plugin that filters.

    InvalidPayload where no active plugin answers to a filter, or the plugin says that it makes no
    sense; Unavailable where the plugin fails: showing everything instead would be a lie.
    """
    known = {record.name: record for record in implementers(HOOK)} if filters else {}
    conditions: list[ColumnElement[bool]] = []
    for plugin, values in filters.items():
        if plugin not in known:
            raise _invalid(*(f"{_PREFIX}{plugin}.{key}" for key in values))
        conditions += _asked(known[plugin], {key: tuple(given) for key, given in values.items()})
    return conditions


def _asked(record: PluginRecord, values: Mapping[str, tuple[str, ...]]) -> list[ColumnElement[bool]]:
    try:
        filters: Sequence[ConversationFilter] = ask(record, HOOK, filters=values) or ()
        return run_isolated(record, lambda: _tried(filters), current_settings().hook_time_limit) if filters else []
    except PluginFailed as error:
        if isinstance(error.__cause__, InvalidPayload):
            raise _named(record.name, error.__cause__) from None
        note_failure(record.name, HOOK, error)
        message = _("The filter of %(plugin)s does not work at the moment.", plugin=record.manifest.title)
        raise Unavailable(message) from error


def _tried(filters: Sequence[ConversationFilter]) -> list[ColumnElement[bool]]:
    """As conditions that PostgreSQL has planned once: here, an error is still the plugin's own."""
    conditions = [_condition(each) for each in filters]
    db.session.execute(select(Conversation.id).where(*conditions).limit(0))
    return conditions


def _condition(filter_: ConversationFilter) -> ColumnElement[bool]:
    wanted = []
    if filter_.conversations is not None:
        wanted.append(Conversation.id.in_(filter_.conversations))
    if filter_.contacts is not None:
        wanted.append(Conversation.contact_id.in_(filter_.contacts))
    if not wanted:
        raise PluginError("a ConversationFilter without conversations and without contacts")
    return or_(*wanted)


def _named(plugin: str, error: InvalidPayload) -> InvalidPayload:
    return InvalidPayload(error.message, {f"{_PREFIX}{plugin}.{key}": told for key, told in error.details.items()})


def _invalid(*names: str) -> InvalidPayload:
    return InvalidPayload(_("There is no such filter."), {name: [_("Invalid value.")] for name in names})
