"""A client of a running installation's JSON API, as a program of somebody else's would be."""

from __future__ import annotations

import functools
import json
import ssl
import uuid
from collections.abc import Iterator
from typing import Any

import httpx2
import uuid_utils.compat


@functools.cache
def tls() -> ssl.SSLContext:
    """The machine's authorities, read once: that takes 50 ms."""
    return httpx2.create_ssl_context()


class RemoteError(AssertionError):
    """An answer a test did not expect; ``status`` and ``body`` say which."""

    def __init__(self, method: str, path: str, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.body = response.text
        super().__init__(f"{method} {path} answered {response.status_code}: {response.text[:2000]}")


class RemoteApi:
    """``api.get("/conversations")`` under ``/api/v1``, logged in as one person.

    Every call raises RemoteError unless the answer is a success. The access token is fetched
    again when it has run out. Not to be shared by threads: take one each.
    """

    def __init__(self, url: str, email: str, password: str, *, timeout: float = 120.0) -> None:
        self.url = url
        self.email = email
        self.password = password
        self._http = httpx2.Client(base_url=url, timeout=timeout, verify=tls())
        self._access = ""

    def get(self, path: str, **query: Any) -> Any:
        """GET with a query string."""
        return self.request("GET", path, params={key: value for key, value in query.items() if value is not None})

    def post(self, path: str, body: Any = None) -> Any:
        """POST of JSON."""
        return self.request("POST", path, json={} if body is None else body)

    def put(self, path: str, body: Any) -> Any:
        """PUT of JSON."""
        return self.request("PUT", path, json=body)

    def patch(self, path: str, body: Any) -> Any:
        """PATCH of JSON."""
        return self.request("PATCH", path, json=body)

    def request(self, method: str, path: str, **content: Any) -> Any:
        """Any call; the decoded answer, or None where there is no body."""
        response = self.raw(method, path, **content)
        if not response.is_success:
            raise RemoteError(method, path, response)
        return json.loads(response.content) if response.content else None

    def raw(self, method: str, path: str, **content: Any) -> httpx2.Response:
        """The response, whatever it is."""
        if not self._access:
            self._login()
        response = self._send(method, path, content)
        if response.status_code == 401:
            self._login()
            response = self._send(method, path, content)
        return response

    def items(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page."""
        query = {"page_size": 100, **query}
        while True:
            page = self.get(path, **query)
            yield from page["items"]
            if not page.get("next_cursor"):
                return
            query["cursor"] = page["next_cursor"]

    def thread(self, conversation_id: str) -> list[dict[str, Any]]:
        """All messages of a conversation, the oldest first."""
        pages: list[list[dict[str, Any]]] = []
        before: str | None = None
        while True:
            page = self.get(f"/conversations/{conversation_id}/messages", before=before, page_size=100)
            pages.append(page["items"])
            before = page.get("next_cursor")
            if not before:
                return [message for items in reversed(pages) for message in items]

    def send_text(self, conversation_id: str, body: str, client_id: uuid.UUID | str | None = None) -> dict[str, Any]:
        """Answer in a conversation; ``{"id", "status", "client_id"}``."""
        sent: dict[str, Any] = self.post(
            f"/conversations/{conversation_id}/messages",
            {"client_id": str(client_id or uuid_utils.compat.uuid7()), "kind": "text", "body": body},
        )
        return sent

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def _login(self) -> None:
        response = self._http.post("/api/v1/auth/token", json={"email": self.email, "password": self.password})
        if not response.is_success:
            raise RemoteError("POST", "/auth/token", response)
        self._access = response.json()["access"]

    def _send(self, method: str, path: str, content: dict[str, Any]) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self._access}"}
        return self._http.request(method, f"/api/v1{path}", headers=headers, **content)
