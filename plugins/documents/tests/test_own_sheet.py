"""A business's own HTML sheet: printed, and held to its limits."""

from __future__ import annotations

import hashlib
import io
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
from flask.testing import FlaskClient

from ramal.testing.client import JsonClient
from ramal_documents.contracts.rendering import limits
from ramal_documents.errors import DocumentsError
from ramal_documents.sheet import bounded

from .helpers import boleto

Order = Callable[..., dict[str, Any]]

TEMPLATE = """<html><body><h1>Padaria do Bairro</h1>{% for account, text in sheets %}
<p>{{ text.payer }} paga {{ text.amount }} até {{ text.due }}</p><p>{{ text.line }}</p>{{ bars(text.barcode) }}
{% endfor %}</body></html>"""


def test_an_accounts_own_sheet_is_printed(
    desk: JsonClient, account: dict[str, Any], issue: Order, client: FlaskClient
) -> None:
    assert desk.patch(f"/documents/accounts/{account['id']}", {"template": TEMPLATE}).status_code == 200
    made = issue()
    page = pypdfium2.PdfDocument(io.BytesIO(client.get(made["pdf_url"]).data))[0]
    text = page.get_textpage().get_text_range()
    assert "Padaria do Bairro" in text
    assert made["digitable_line_formatted"] in text


def test_a_sheet_of_ones_own_is_in_the_audit_trail(desk: JsonClient, account: dict[str, Any]) -> None:
    desk.patch(f"/documents/accounts/{account['id']}", {"template": TEMPLATE})
    event = desk.get("/audit").json["items"][0]
    assert (event["action"], event["before"]["template_sha256"]) == ("documents.account.updated", None)
    assert event["after"]["template_sha256"] == hashlib.sha256(TEMPLATE.encode()).hexdigest()


def test_its_process_has_no_secrets_and_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if somebody had got out of the sandbox: the page is given what opens a file and what reads the environment."""
    monkeypatch.setenv("RAMAL_SECRET_KEYS", "a secret")
    code = (
        "import os, sys; from ramal_documents.sheet import bounded, html; known = html.context;"
        "html.context = lambda boletos: {'env': os.environ, 'read': lambda path: open(path).read()};"
        "sys.exit(bounded._main())"
    )
    asked = {"{{ read('/etc/passwd') }}": "/etc/passwd", "{{ env['RAMAL_SECRET_KEYS'] }}": "has no attribute"}
    for template, said in asked.items():
        work = pickle.dumps((10, template, [boleto()]))
        done = subprocess.run(
            [sys.executable, "-c", code], input=work, capture_output=True, env=limits.environment(), check=False
        )
        assert (done.returncode, said in done.stderr.decode()) == (3, True), done.stderr


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{% for", "can't be rendered"),
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "longer than|memory"),
        ("{% set x = 'a' * 9000000000 %}", "more memory"),
        ("{% for a in range(60000) %}{{ 'a' * 1000 }}{% endfor %}", "more memory"),
        ("<img src='file:///etc/passwd'>", "may not fetch"),
        ("<img src='http://127.0.0.1:9/x.png'>", "may not fetch"),
        ("<link rel=attachment href='file:///etc/passwd'>", "may not fetch"),
    ],
)
def test_a_template_that_does_harm_is_stopped(template: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if "longer" in sentence:  # the others end by themselves, however busy the machine is
        monkeypatch.setattr(bounded, "SECONDS", 3)
    with pytest.raises(DocumentsError, match=sentence) as caught:
        bounded.pdf(template, [boleto()])
    assert caught.value.field == "template"


def test_only_a_few_are_made_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "PATIENCE", 0.05)
    with bounded._PLACES, bounded._PLACES, pytest.raises(DocumentsError, match="Too many sheets"):
        bounded.pdf(TEMPLATE, [boleto()])
    assert bounded.pdf(TEMPLATE, [boleto()]).startswith(b"%PDF-")
