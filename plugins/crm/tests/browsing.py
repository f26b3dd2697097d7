"""A browser without a screen, for pages made of forms."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient


class Browser:
    """Forms as a browser sends them: the CSRF value of the page with them."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def text(self, path: str, status: int = 200) -> str:
        answer = self.client.get(f"/p/crm{path}", follow_redirects=True)
        assert answer.status_code == status, answer.text
        return answer.text

    def send(self, path: str, form: dict[str, Any], *, page: str | None = None) -> Any:
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.text(page or path))
        assert token
        return self.client.post(f"/p/crm{path}", data={**form, "csrf_token": token[1]})
