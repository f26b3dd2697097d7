"""The recibo do pagador: the upper part of the sheet, for whoever pays."""

from __future__ import annotations

from ramal_documents.sheet.boxes import LABEL_SIZE, PAD, Box, frame, label, number, row, strong, under_each_other, value
from ramal_documents.sheet.canvas import Canvas, clipped, copied, wrapped
from ramal_documents.sheet.printed import LABELS, Account, Printed
from ramal_documents.sheet.slip import SHEET, header, header_line

WIDTH, HEIGHT = SHEET.width, 168.0
_LETTERHEAD, _RIGHT = 17.0, 48.0
_TRIPLE, _DOUBLE, _LINE = 12.5, 9.5, 7.0
_QR_SIDE, _CODE_SIZE = 28.0, 5.5
_CHARGES = ("discount", "deductions", "late", "additions", "charged")


def _boxes() -> dict[str, Box]:
    top, left = HEIGHT - _LETTERHEAD - SHEET.header, WIDTH - _RIGHT
    found = row(top, _DOUBLE, 0, (("beneficiary", left), ("due", _RIGHT)))
    top -= _DOUBLE
    found |= row(top, _TRIPLE, 0, (("payer", left), ("amount", _RIGHT)))
    top -= _TRIPLE
    columns = (("document_number", 40), ("document_date", 26), ("species", 18), ("wallet", 18), ("our_number", 40))
    found |= row(top, _LINE, 0, (*columns, ("beneficiary_code", _RIGHT)))
    top -= _LINE
    widths = (36, 34, 36, 36, _RIGHT)
    return found | row(top, _LINE, 0, zip(_CHARGES, widths, strict=True))


BOXES = _boxes()
_FOOT = min(box.y for box in BOXES.values())
_STATEMENT_TOP, _STATEMENT_SIZE, _PITCH = _FOOT - 9, 9.0, 4.0
_MOST = 1 + int((_STATEMENT_TOP - 2) / _PITCH)  # lines of the statement, clear of the words on the line to cut


def form(account: Account) -> Canvas:
    """What is the same on every receipt of an account: the letterhead and the boxes."""
    canvas = Canvas()
    canvas.text(0.5, HEIGHT - 6, account.beneficiary_name, 14, bold=True, width=WIDTH - 50, least=0.5)
    canvas.text(0.5, HEIGHT - 10.4, account.beneficiary_document, 8.5, width=WIDTH - 50)
    canvas.text(0.5, HEIGHT - 14.2, account.beneficiary_address, 8.5, width=WIDTH - 1)
    canvas.right(WIDTH, HEIGHT - 6, LABELS["receipt"], 11, bold=True)
    header(canvas, account, SHEET, HEIGHT - _LETTERHEAD - SHEET.header)
    for name in ("due", "amount"):
        box = BOXES[name]
        canvas.shade(box.x, box.y, box.width, box.height)
    frame(canvas, BOXES.values())
    for name, box in BOXES.items():
        label(canvas, name, box)
    under_each_other(canvas, (account.beneficiary, account.beneficiary_address), BOXES["beneficiary"])
    value(canvas, account.wallet, BOXES["wallet"])
    number(canvas, account.beneficiary_code, BOXES["beneficiary_code"])
    canvas.right(WIDTH - PAD, _FOOT - 3, LABELS["machine"], LABEL_SIZE)
    return canvas


def fill(canvas: Canvas, text: Printed) -> None:
    """A boleto's own words, its statement, and the Pix code of a bolepix."""
    header_line(canvas, text.line, SHEET, HEIGHT - _LETTERHEAD - SHEET.header)
    strong(canvas, text.due, BOXES["due"])
    strong(canvas, text.amount, BOXES["amount"])
    for name in ("our_number", "discount", "late", "charged"):
        number(canvas, getattr(text, name), BOXES[name])
    canvas.right(WIDTH, HEIGHT - 10.4, text.second_copy, 8, width=64)
    for name in ("document_number", "document_date", "species"):
        value(canvas, getattr(text, name), BOXES[name])
    under_each_other(canvas, (text.payer, text.payer_street, text.payer_city), BOXES["payer"])
    if text.statement:
        canvas.text(PAD, _STATEMENT_TOP + 5, LABELS["statement"], LABEL_SIZE)
        canvas.lines(PAD, _STATEMENT_TOP, statement(text), _STATEMENT_SIZE, _PITCH)
    if text.pix_code:
        _pix(canvas, text.pix_code)


def statement_fits(text: Printed) -> bool:
    """Whether the whole statement is on the receipt."""
    return len(_statement(text)) <= _MOST


def statement(text: Printed) -> list[bytes]:
    """The lines that there is room for, beside the Pix code if there is one."""
    return clipped(_statement(text), _MOST, _STATEMENT_SIZE, _statement_width(text))


def pix_lines(code: str) -> list[bytes]:
    """The text of a Pix code under its picture."""
    return copied(code, _CODE_SIZE, _QR_SIDE + 9)


def _statement(text: Printed) -> list[bytes]:
    return wrapped(text.statement, _STATEMENT_SIZE, _statement_width(text))


def _statement_width(text: Printed) -> float:
    return WIDTH - _QR_SIDE - 20 if text.pix_code else WIDTH - 2 * PAD


def _pix(canvas: Canvas, code: str) -> None:
    left = WIDTH - _QR_SIDE - 6
    canvas.centred(left + _QR_SIDE / 2, _STATEMENT_TOP - 1.5, LABELS["pix"], 9, bold=True)
    canvas.qr(left, _STATEMENT_TOP - 5 - _QR_SIDE, _QR_SIDE, code)
    below = _STATEMENT_TOP - 5 - _QR_SIDE - 6
    canvas.text(left - 4, below, LABELS["pix_code"], LABEL_SIZE)
    canvas.lines(left - 4, below - 3, pix_lines(code), _CODE_SIZE, 2.4)
