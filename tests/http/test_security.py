"""Headers, the content security policy, and the checks of what a browser sends by itself."""

import re
from collections.abc import Callable

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from ramal.http import csrf
from ramal.http.security import add_csp_sources, allow_sources, check_sources, policy
from ramal.testing.factories import Member

Login = Callable[[FlaskClient, Member], FlaskClient]


def test_every_page_has_a_strict_policy_with_its_own_nonce(client: FlaskClient) -> None:
    first, second = client.get("/login"), client.get("/login")
    found = first.headers["Content-Security-Policy"]
    assert "default-src 'none'" in found
    assert "unsafe" not in found
    assert "frame-ancestors 'none'" in found
    nonce = re.search(r"'nonce-([\w-]+)'", found)
    assert nonce
    assert f'nonce="{nonce.group(1)}"' in first.text
    assert nonce.group(1) not in second.headers["Content-Security-Policy"]


def test_headers_of_every_answer(client: FlaskClient) -> None:
    for path in ("/login", "/api/v1/health", "/nope"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Content-Security-Policy" in headers
        assert headers["Cache-Control"] == "no-store"


def test_https_is_remembered(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/login").headers
    secure = client.get("/login", base_url="https://localhost")
    assert "max-age" in secure.headers["Strict-Transport-Security"]


def test_plugins_widen_the_policy(app: Flask) -> None:
    before = dict(app.extensions["ramal.csp"])
    try:
        add_csp_sources(app, {"img-src": ["https://tiles.example"]})
        with app.test_request_context("/"):
            assert "img-src 'self' data: blob: https://tiles.example" in policy()
    finally:
        app.extensions["ramal.csp"] = before


def test_one_answer_may_be_framed(app: Flask) -> None:
    with app.test_request_context("/"):
        g.pop("csp_extra", None)
        allow_sources(frame_ancestors=["https://shop.example"])
        assert "frame-ancestors https://shop.example" in policy()
        response = app.process_response(app.response_class("x", mimetype="text/html"))
        assert "X-Frame-Options" not in response.headers


@pytest.mark.parametrize(
    "sources",
    [
        {"default-src": ["https://x.example"]},
        {"script-src": ["'unsafe-inline'"]},
        {"script-src": ["https://x.example; script-src *"]},
        {"script-src": "https://x.example"},
        {"nonsense": ["https://x.example"]},
        {"img-src": [""]},
    ],
)
def test_nothing_dangerous_can_be_added(sources: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError):
        check_sources(sources)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({csrf.HEADER: "0" * 64}, 403),
        ({csrf.HEADER: ""}, 403),
    ],
)
def test_a_change_by_cookie_needs_our_page(
    client: FlaskClient, login: Login, agent: Member, headers: dict[str, str], status: int
) -> None:
    login(client, agent)
    assert client.patch("/api/v1/me", json={"theme": "dark"}, headers=headers).status_code == status


def test_reading_by_cookie_needs_no_token(client: FlaskClient, login: Login, agent: Member) -> None:
    login(client, agent)
    del client.environ_base["HTTP_X_CSRF_TOKEN"]
    assert client.get("/api/v1/me", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_the_token_of_another_session_does_not_count(
    app: Flask, client: FlaskClient, login: Login, agent: Member
) -> None:
    login(client, agent)
    other = login(app.test_client(), agent)
    foreign = {csrf.HEADER: other.environ_base["HTTP_X_CSRF_TOKEN"]}
    assert client.patch("/api/v1/me", json={"theme": "dark"}, headers=foreign).status_code == 403


def test_cookies_over_https_can_only_be_set_by_this_host(client: FlaskClient, agent: Member) -> None:
    form = {"email": agent.email, "password": agent.password}
    page = client.get("/login", base_url="https://localhost")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    answer = client.post("/login", data={**form, "csrf_token": token.group(1)}, base_url="https://localhost")
    assert answer.status_code == 303
    cookies = answer.headers.getlist("Set-Cookie")
    names = {cookie.split("=")[0] for cookie in cookies}
    assert {"__Host-ramal_access", "__Host-ramal_refresh", csrf.COOKIE} <= names
    for cookie in cookies:
        assert "Secure" in cookie
        assert "SameSite=Lax" in cookie
        assert ("HttpOnly" in cookie) == cookie.startswith("__Host-")
