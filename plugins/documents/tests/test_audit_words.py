"""Every action that the plugin writes into the audit trail has its sentence, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from ramal_documents.audit_words import SENTENCES

SOURCES = Path(__file__).parents[1] / "ramal_documents"


def test_no_action_is_without_its_sentence() -> None:
    code = "\n".join(path.read_text() for path in SOURCES.rglob("*.py"))
    written = set(re.findall(r'\baudit\(\s*"([^"]+)"', code))
    assert len(written) > 10
    assert written == SENTENCES.keys()


def test_the_audit_page_says_it(
    client: FlaskClient, login: Callable[..., FlaskClient], admin: Any, template: dict[str, Any]
) -> None:
    page = login(client, admin).get("/settings/audit").text
    assert "Made a contract template" in page
    assert "<code>documents." not in page
    client.post("/settings/profile", data={"name": "Bia", "locale": "pt_BR", "theme": "system"})
    assert "Criou um modelo de contrato" in client.get("/settings/audit").text
