"""``register_event_types``: what sockets see of a plugin's own events."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import ramal.app  # noqa: F401 (the areas register their types)
from ramal.events.envelope import shown_types
from ramal.events.types import TYPES
from ramal.plugins.manifest import is_plugin_name

_TYPES_OF_THE_CORE = """
import ramal.app
from ramal.events.types import TYPES
print(*TYPES)
"""

BODY = """
    @hookimpl
    def register_event_types(self):
        return [{types}]
"""


def booted(make_app: Any) -> tuple[str, Any]:
    record = make_app("loft").extensions["ramal.plugins"].records["loft"]
    return record.state, record.error


def test_a_plugins_events_reach_sockets_of_those_who_may_see_them(make_app: Any, write_plugin: Any) -> None:
    type_ = "EventType('loft.landed', realtime='loft.landed', permission='plugin.manage')"
    write_plugin("loft", BODY.format(types=type_))
    for _again in range(2):
        assert booted(make_app) == ("installed", None)
    try:
        assert "loft.landed" in shown_types()
        assert TYPES["loft.landed"].permission == "plugin.manage"
    finally:
        TYPES.pop("loft.landed")


@pytest.mark.parametrize(
    ("types", "sentence"),
    [
        ("EventType('message.created')", "the event type 'message.created' must be named loft.<what>"),
        ("'loft.landed'", "register_event_types answered with str, where EventType is wanted"),
    ],
)
def test_a_plugin_can_name_only_its_own(make_app: Any, write_plugin: Any, types: str, sentence: str) -> None:
    write_plugin("loft", BODY.format(types=types))
    state, error = booted(make_app)
    assert state == "broken"
    assert sentence in error
    assert TYPES["message.created"].realtime == "message.created"


def test_no_plugin_is_called_as_events_of_the_core_begin() -> None:
    """Purging one would take the core's events with its own."""
    # A process of its own: in this one, other tests' plugins have added theirs.
    told = subprocess.run([sys.executable, "-c", _TYPES_OF_THE_CORE], check=True, capture_output=True, text=True)
    names = told.stdout.split()
    assert "message.created" in names
    assert not [name for name in names if is_plugin_name(name.partition(".")[0])]
