"""What each hook's answers must look like; nonsense is refused before anybody relies on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ramal.errors import PluginError
from ramal.hookspecs import Veto
from ramal.plugins.contributions import ConversationFilter, CustomerInfo, SearchResult

Check = Callable[[Any], Any]


def _of(class_: type) -> Check:
    def check(value: Any) -> Any:
        if not isinstance(value, class_):
            raise PluginError(f"answered with {type(value).__name__}, where {class_.__name__} is wanted")
        return value

    return check


def _each(class_: type) -> Check:
    one = _of(class_)

    # Generators run here, inside the guard, not where the answers are shown.
    return lambda values: [one(value) for value in values]


CHECKS: Mapping[str, Check] = {
    "route_conversation": _of(Mapping),
    "describe_customer": _of(CustomerInfo),
    "render_document": _of(bytes),
    "before_send": _of(Veto),
    "before_close": _of(Veto),
    "search": _each(SearchResult),
    "filter_conversations": _each(ConversationFilter),
    "health_check": _of(Mapping),
    "export_personal_data": _of(Mapping),
    "erase_personal_data": _of(Mapping),
}


def checked(hook: str, value: Any) -> Any:
    """The value; None stays None. PluginError for one that is not what the hook is for."""
    check = CHECKS.get(hook)
    return value if value is None or check is None else check(value)
