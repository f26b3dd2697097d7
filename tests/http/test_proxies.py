"""Who calls, when a proxy stands in front."""

import pytest
from flask import Flask, request

from ramal.app import create_app
from ramal.config import Settings
from ramal.http.limits import client_ip

FORWARDED = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Proto": "https"}


@pytest.mark.parametrize(
    ("proxies", "address", "secure"),
    [(0, "127.0.0.1", False), (1, "203.0.113.9", True), (2, "198.51.100.1", False)],
)
def test_only_trusted_proxies_are_believed(
    ramal_settings: Settings, app: Flask, proxies: int, address: str, secure: bool
) -> None:
    made = create_app(ramal_settings.with_(trusted_proxies=proxies))
    made.add_url_rule("/webhooks/whoami", "whoami", lambda: f"{client_ip()} {request.is_secure}")
    answer = made.test_client().get("/webhooks/whoami", headers=FORWARDED)
    assert answer.text == f"{address} {secure}"
