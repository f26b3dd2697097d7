"""Boletos through the API: issued, printed, found, refused in words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask.testing import FlaskClient

from ramal_documents.boleto import parse

from .orders import in_days

Order = Callable[..., dict[str, Any]]


def test_a_boleto_is_issued_with_number_line_barcode_and_pdf(issue: Order, client: FlaskClient) -> None:
    made = issue()
    assert made["state"] == "issued"
    assert made["our_number"].startswith("109/00000001-")
    reading = parse(made["digitable_line"])
    assert reading.ok
    assert (reading.barcode, reading.amount, reading.due_date) == (made["barcode"], Decimal("123.45"), in_days(30))
    pdf = client.get(made["pdf_url"])
    assert (pdf.status_code, pdf.mimetype, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert "inline" in pdf.headers["Content-Disposition"]
    assert client.get(made["pdf_url"] + "x").status_code == 404
