"""What an admin may write into a site's settings."""

from __future__ import annotations

from typing import Any

import pytest

from ramal.channels.services import connect_channel
from ramal.errors import InvalidPayload
from ramal.plugins.settings_form import settings_form
from ramal_webchat.settings import WebChatSettings


@pytest.mark.parametrize(
    "origin",
    [
        *("loja.example", "https://loja.example/chat", "ftp://loja.example", "https://", "https://[x", "https://a b"),
        *("https://*", "https://loja.example?a", "https://eu:senha@loja.example", "https://loja.example\0"),
    ],
)
def test_an_origin_that_browsers_never_send_is_refused(channel: Any, origin: str) -> None:
    with pytest.raises(InvalidPayload) as refused:
        connect_channel("webchat", "Loja", {"allowed_origins": [origin]})
    assert "allowed_origins" in str(refused.value.details)


def test_an_origin_may_end_in_a_slash(channel: Any) -> None:
    assert connect_channel("webchat", "Loja", {"allowed_origins": ["https://loja.example/"]}).id


@pytest.mark.parametrize("color", ["green", "#fff", "#0b6e4f; }"])
def test_a_colour_is_six_digits(channel: Any, color: str) -> None:
    with pytest.raises(InvalidPayload):
        connect_channel("webchat", "Loja", {"color": color})


def test_the_form_has_a_colour_to_pick_and_room_for_a_greeting() -> None:
    kinds = {field.name: field.kind for field in settings_form(WebChatSettings)}
    assert (kinds["color"], kinds["greeting"]) == ("color", "textarea")
