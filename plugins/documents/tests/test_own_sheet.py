"""A business's own HTML sheet: printed, and held to its limits."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
from flask.testing import FlaskClient

from ramal.testing.client import JsonClient
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
