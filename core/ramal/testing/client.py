"""Callers for tests: a program with a token, and a browser with cookies."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any

from flask.testing import FlaskClient

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from ramal.accounts.sessions import TokenPair
    from ramal.testing.factories import Member

PREFIX = "/api/v1"


class IsolatedClient(FlaskClient):
    """Requests see nothing of the test around them.

    Flask lends an application context that is already there to the request, and with it ``g`` and
    the database session; a real request never has one. So each runs in an empty one.
    """

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> TestResponse:
        """Any request, answered in full."""
        answer: TestResponse = contextvars.Context().run(super().open, *args, buffered=buffered, **kwargs)
        return answer


class JsonClient:
    """Calls the API as one user. Paths are below ``/api/v1``, or whole (``/api/schema``)."""

    def __init__(self, app: Flask, user: Member | None, token: str | None = None) -> None:
        self._client = app.test_client()
        self._app = app
        self.user = user
        self.token = token or (access_token(app, user) if user else None)

    def request(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Any request; ``body`` is sent as JSON, ``headers`` are added to the token."""
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None:
            options["json"] = body
        whole = path if path.startswith("/api/") else PREFIX + path
        return self._client.open(whole, method=method, headers=headers, **options)

    def get(self, path: str, **query: Any) -> TestResponse:
        """GET with query arguments (``from_`` for words Python keeps)."""
        return self.request("GET", path, query_string={key.rstrip("_"): value for key, value in query.items()})

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        """POST a JSON body ({} if none)."""
        return self.request("POST", path, {} if body is None and "data" not in options else body, **options)

    def put(self, path: str, body: Any) -> TestResponse:
        """PUT a JSON body."""
        return self.request("PUT", path, body)

    def patch(self, path: str, body: Any) -> TestResponse:
        """PATCH with a JSON body."""
        return self.request("PATCH", path, body)

    def delete(self, path: str) -> TestResponse:
        """DELETE."""
        return self.request("DELETE", path)


def access_token(app: Flask, user: Member) -> str:
    """An access token of a new session of the user."""
    from ramal.accounts.services import issue_tokens

    def issue() -> str:
        with app.test_request_context():
            return issue_tokens(user.id, user.organization_id).access

    return contextvars.Context().run(issue)


def login_cookies(app: Flask, client: FlaskClient, user: Member) -> FlaskClient:
    """Give the browser ``client`` the cookies of a login; unsafe calls carry the CSRF header by themselves."""
    from ramal.accounts.services import issue_tokens
    from ramal.http import csrf

    def issue() -> tuple[TokenPair, str]:
        with app.test_request_context():
            pair = issue_tokens(user.id, user.organization_id)
            return pair, csrf.token_for(str(pair.session_id))

    pair, token = contextvars.Context().run(issue)
    client.set_cookie("ramal_access", pair.access)
    client.set_cookie("ramal_refresh", pair.refresh)
    client.set_cookie(csrf.COOKIE, token)
    client.environ_base["HTTP_X_CSRF_TOKEN"] = token
    return client
