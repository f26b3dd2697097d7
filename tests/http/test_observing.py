"""Probes, metrics, logs."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from ramal.http.health import Check, add_check
from ramal.http.logs import configure, mask
from ramal.testing.factories import Member


@pytest.fixture
def settings_changed(app: Flask) -> Iterator[Flask]:
    """Put the settings and checks back after the test."""
    settings, checks = app.extensions["ramal.settings"], list(app.extensions["ramal.health"])
    yield app
    app.extensions["ramal.settings"], app.extensions["ramal.health"] = settings, checks


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_a_living_process_says_so(client: FlaskClient, prefix: str) -> None:
    assert client.get(f"{prefix}/health").json == {"status": "ok"}
    ready = client.get(f"{prefix}/health/ready")
    assert ready.status_code == 200
    assert ready.json is not None
    assert ready.json["status"] == "ok"
    assert {"database", "redis"} <= ready.json["checks"].keys()


def test_redis_only_helps(settings_changed: Flask) -> None:
    settings = settings_changed.extensions["ramal.settings"]
    settings_changed.extensions["ramal.settings"] = settings.with_(redis_url="redis://127.0.0.1:1")
    answer = settings_changed.test_client().get("/health/ready")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["status"] == "degraded"
    settings_changed.extensions["ramal.settings"] = settings.with_(redis_url="")
    assert settings_changed.test_client().get("/health/ready").json["status"] == "ok"  # type: ignore[index]


def test_what_is_needed_and_missing_closes_the_door(settings_changed: Flask) -> None:
    def broken() -> str:
        raise RuntimeError("postgresql://user:hunter2@db")

    add_check(settings_changed, Check("disk", broken, required=True))
    answer = settings_changed.test_client().get("/health/ready")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["status"] == "unavailable"
    assert answer.json["checks"]["disk"] == {"ok": False, "detail": "RuntimeError"}
    assert "hunter2" not in answer.text


def test_metrics_ask_for_their_token(settings_changed: Flask) -> None:
    client = settings_changed.test_client()
    assert client.get("/metrics").status_code == 404
    settings = settings_changed.extensions["ramal.settings"]
    settings_changed.extensions["ramal.settings"] = settings.with_(metrics_token="open sesame")
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    client.get("/api/v1/health")
    page = client.get("/metrics", headers={"Authorization": "Bearer open sesame"})
    assert page.status_code == 200
    assert 'ramal_http_requests_total{endpoint="api_health.live",method="GET",status="200"}' in page.text
    assert "ramal_http_request_seconds_bucket" in page.text


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"password": "x", "name": "Ana"}, {"password": "***", "name": "Ana"}),
        ({"a": {"access_token": "EAAB"}}, {"a": {"access_token": "***"}}),
        ({"app_secrets": ["one"]}, {"app_secrets": "***"}),
        ({"password": ""}, {"password": ""}),
        ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer ***"),
        ("GET /x?access_token=abc&y=1", "GET /x?access_token=***&y=1"),
        ("postgresql://ramal:hunter2@db/x", "postgresql://ramal:***@db/x"),
        ("ram_0123456789abcdefXYZ failed", "*** failed"),
        ("CPF 123.456.789-09", "CPF ***"),
        ("call +55 11 98765-4321 now", "call *** now"),
        ("5511987654321", "***"),
        (["eyJhbGciOi.eyJzdWIiOiIx.c2lnbmF0dXJl"], ["***"]),
        (b"token=abcdef", "token=***"),
        (7, 7),
    ],
)
def test_secrets_are_masked(given: object, kept: object) -> None:
    assert mask(given) == kept


def test_a_value_without_end_is_cut() -> None:
    value: dict[str, object] = {}
    value["inner"] = value
    assert "***" in json.dumps(mask(value))


@pytest.fixture
def lines(app: Flask) -> Iterator[io.StringIO]:
    """What the application logs."""
    configure()
    (handler,) = logging.getLogger("ramal").handlers
    assert isinstance(handler, logging.StreamHandler)
    output, before = io.StringIO(), handler.stream
    handler.setStream(output)
    yield output
    handler.setStream(before)


def test_a_request_leaves_one_line(lines: io.StringIO, app: Flask, agent: Member) -> None:
    client = app.test_client()
    answer = client.get("/api/v1/me")
    (line,) = [json.loads(text) for text in lines.getvalue().splitlines()]
    assert line["event"] == "request"
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/me", 401)
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert line["level"] == "info"


def test_probes_and_files_leave_none(lines: io.StringIO, client: FlaskClient) -> None:
    client.get("/health")
    client.get("/static/favicon.svg")
    assert lines.getvalue() == ""


def test_texts_and_errors_are_masked_too(lines: io.StringIO) -> None:
    log = structlog.get_logger("ramal.test")
    try:
        raise ValueError("password=hunter2")
    except ValueError:
        log.exception("failed with token=abcdef", secret="s3cr3t")
    logging.getLogger("ramal.plain").warning("Bearer abcdefgh12345678")
    text = lines.getvalue()
    for secret in ("hunter2", "abcdef", "s3cr3t", "abcdefgh12345678"):
        assert secret not in text, text
    assert "ValueError" in text
