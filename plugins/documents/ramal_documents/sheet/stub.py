"""The canhoto of a carnê: what the payer keeps, to the left of a slip."""

from __future__ import annotations

from collections.abc import Iterable

from ramal_documents.sheet.boxes import PAD, Box, frame, label, number, strong, value
from ramal_documents.sheet.canvas import Canvas, clipped, wrapped
from ramal_documents.sheet.printed import LABELS, Account, Printed
from ramal_documents.sheet.slip import BOOKLET

WIDTH = 29.0
_HEADER = BOOKLET.header
_SMALL, _PITCH = 6.2, 2.3  # of names: points, pitch
_ROWS = (
    ("instalment", 7.0),
    ("due", 8.0),
    ("beneficiary_code", 7.0),
    ("our_number", 7.0),
    ("document_number", 7.0),
    ("amount", 8.0),
    ("late", 6.6),
    ("charged", 6.6),
    ("payer", 13.0),
    ("beneficiary", 17.7),
)


def _boxes() -> dict[str, Box]:
    top, found = BOOKLET.height - _HEADER, {}
    for name, height in _ROWS:
        found[name] = Box(0, top - height, WIDTH, height)
        top -= height
    return found


_BOXES = _boxes()


def form(account: Account) -> Canvas:
    """What is the same on every stub of an account."""
    canvas = Canvas()
    top = BOOKLET.height - _HEADER
    canvas.text(0.5, top + 4.6, account.bank_name, 9, bold=True, width=WIDTH - 1)
    canvas.text(0.5, top + 1.3, account.bank_code, 8, bold=True)
    canvas.right(WIDTH - 0.5, top + 1.3, LABELS["receipt"], 5.6)
    frame(canvas, _BOXES.values())
    for name, box in _BOXES.items():
        label(canvas, name, box)
    number(canvas, account.beneficiary_code, _BOXES["beneficiary_code"], BOOKLET.value)
    # Whom the payer paid, with document and address: Lei 12.039/2009.
    parts = ((account.beneficiary_name, 2), (account.beneficiary_document, 1), (account.beneficiary_address, 3))
    _paragraphs(canvas, parts, _BOXES["beneficiary"])
    return canvas


def fill(canvas: Canvas, text: Printed) -> None:
    """A boleto's own words."""
    value(canvas, text.instalment, _BOXES["instalment"], BOOKLET.value)
    strong(canvas, text.due, _BOXES["due"], BOOKLET.strong)
    number(canvas, text.our_number, _BOXES["our_number"], BOOKLET.value)
    value(canvas, text.document_number, _BOXES["document_number"], BOOKLET.value)
    strong(canvas, text.amount, _BOXES["amount"], BOOKLET.strong)
    for name in ("late", "charged"):
        number(canvas, getattr(text, name), _BOXES[name], BOOKLET.value)
    _paragraphs(canvas, ((text.payer_name, 3), (text.payer_document, 1)), _BOXES["payer"])


def _paragraphs(canvas: Canvas, parts: Iterable[tuple[str, int]], box: Box) -> None:
    """Texts under each other, each with the most lines it may take."""
    lines = []
    for words, most in parts:
        if words:
            lines += clipped(wrapped((words,), _SMALL, box.inner), most, _SMALL, box.inner)
    canvas.lines(box.x + PAD, box.top - 5, lines, _SMALL, _PITCH)
