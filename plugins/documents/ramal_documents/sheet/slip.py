"""The ficha de compensação: what the bank reads. 96 to 105 mm high, 170 to 190 mm wide (FEBRABAN: 95-108, 170-216)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ramal_documents.sheet.boxes import PAD, Box, frame, label, number, row, strong, under_each_other, value
from ramal_documents.sheet.canvas import BAR, POINT, Canvas, clipped, wrapped
from ramal_documents.sheet.printed import LABELS, Account, Printed

# The lower edge of the bars; their centre is then 12.5 mm above the slip's own lower edge.
BARCODE_Y, QUIET = 6.0, 5.0
_CHARGES = ("discount", "deductions", "late", "additions", "charged")
_TYPES = ((8.5, 3.3), (7.0, 2.75), (6.0, 2.35))  # of the instructions: points, pitch


@dataclass(frozen=True)
class Geometry:
    """A size of slip, in millimetres."""

    width: float
    right: float  # the column of due date and amount
    bank: float  # the header's box with the bank's name
    code: float
    header: float
    line: float  # a plain row
    double: float  # a row with two lines of text
    charge: float
    payer: float
    foot: float
    value: float  # points of what stands in the boxes
    strong: float  # points of due date and amount
    pitch: float  # from line to line of the payer

    @property
    def height(self) -> float:
        """From edge to edge."""
        return self.header + 3 * self.line + self.double + 5 * self.charge + self.payer + self.foot

    @property
    def left(self) -> float:
        """Everything but the right column."""
        return self.width - self.right


SHEET = Geometry(190, 48, 40, 24, 9.5, 7, 9.5, 6, 14, 20.5, 8.5, 10.5, 3.1)
BOOKLET = Geometry(170, 44, 27, 21, 8.5, 6.7, 8.9, 5.2, 12.6, 20.1, 7.5, 9.5, 2.9)


@lru_cache(maxsize=4)
def boxes(size: Geometry, cip: bool) -> dict[str, Box]:
    """Every box by name."""
    left, right, top = size.left, size.right, size.height - size.header
    found = row(top, size.line, 0, (("place", left), ("due", right)))
    top -= size.line
    found |= row(top, size.double, 0, (("beneficiary", left), ("beneficiary_code", right)))
    top -= size.double
    dates = (0.2, 0.26, 0.13, 0.1, 0.31)
    names = ("document_date", "document_number", "species", "accepted", "processing_date")
    columns = [(name, left * share) for name, share in zip(names, dates, strict=True)]
    found |= row(top, size.line, 0, (*columns, ("our_number", right)))
    top -= size.line
    shares = {"bank_use": 0.14, "cip": 0.09} if cip else {"bank_use": 0.23}
    shares |= {"wallet": 0.15, "currency": 0.15, "quantity": 0.21, "unit": 0.26}
    columns = [(name, left * share) for name, share in shares.items()]
    found |= row(top, size.line, 0, (*columns, ("amount", right)))
    top -= size.line
    found["instructions"] = Box(0, top - 5 * size.charge, left, 5 * size.charge)
    for name in _CHARGES:
        found |= row(top, size.charge, left, ((name, right),))
        top -= size.charge
    found["payer"] = Box(0, top - size.payer, size.width, size.payer)
    return found


def form(size: Geometry, account: Account) -> Canvas:
    """What is the same on every slip of an account."""
    canvas = Canvas()
    found = boxes(size, account.cip is not None)
    header(canvas, account, size, size.height - size.header)
    frame(canvas, found.values())
    for name, box in found.items():
        label(canvas, name, box)
    under_each_other(canvas, (account.beneficiary, account.beneficiary_address), found["beneficiary"], size.value)
    number(canvas, account.beneficiary_code, found["beneficiary_code"], size.value)
    for name in ("place", "wallet", "currency"):
        value(canvas, getattr(account, name), found[name], size.value)
    payer = found["payer"]
    canvas.text(payer.x + PAD, payer.y + 1.1, f"{LABELS['guarantor']}:", 6)
    canvas.text(size.left + PAD, payer.y + 1.1, f"{LABELS['write_off']}:", 6)
    canvas.right(size.width - PAD, size.foot - 3, LABELS["machine_slip"], 5.6)
    return canvas


def header(canvas: Canvas, account: Account, size: Geometry, y: float) -> None:
    """Bank, code with its digit (5 mm), room for the line; `y` is the lower edge."""
    canvas.text(0.5, y + 2.2, account.bank_name, 14, bold=True, width=size.bank - 3, least=0.45)
    canvas.rules([(x, y, x, y + size.header - 1.5) for x in (size.bank, size.bank + size.code)], BAR)
    canvas.centred(size.bank + size.code / 2, y + 1.9, account.bank_code, 5 / POINT / 0.716, bold=True)


def header_line(canvas: Canvas, line: str, size: Geometry, y: float) -> None:
    """The linha digitável, 4.2 to 4.5 mm."""
    canvas.right(size.width - 0.5, y + 2.2, line, 12.7, bold=True, width=size.width - size.bank - size.code - 2)


def fill(canvas: Canvas, size: Geometry, cip: bool, text: Printed) -> None:
    """A boleto's own words and bars."""
    found = boxes(size, cip)
    header_line(canvas, text.line, size, size.height - size.header)
    strong(canvas, text.due, found["due"], size.strong)
    strong(canvas, text.amount, found["amount"], size.strong)
    for name in ("our_number", "discount", "late", "charged"):
        number(canvas, getattr(text, name), found[name], size.value)
    for name in ("document_date", "document_number", "species", "accepted", "processing_date"):
        value(canvas, getattr(text, name), found[name], size.value)
    box = found["instructions"]
    lines, points, pitch = instructions(size, text)
    canvas.lines(box.x + PAD, box.top - 5.6, lines, points, pitch)
    canvas.right(box.right - PAD, box.top - 2.3, text.second_copy, 6.5, bold=True, width=box.width * 0.45)
    box = found["payer"]
    for place, words in enumerate((text.payer, text.payer_street, text.payer_city)):
        y = box.top - 2.9 - place * size.pitch
        canvas.text(box.x + 12, y, words, size.value - 0.5, width=box.inner - 12)
    canvas.text(box.x + 20, box.y + 1.1, text.guarantor, 6.5, width=size.left - 21)
    canvas.barcode(QUIET, BARCODE_Y, text.barcode)


def instructions(size: Geometry, text: Printed) -> tuple[list[bytes], float, float]:
    """The lines of the instructions, type and pitch: the largest in which they fit, or what fits of the smallest."""
    lines, points, pitch = _instructions(size, text)
    return clipped(lines, _most(size, pitch), points, size.left - 2 * PAD), points, pitch


def instructions_fit(size: Geometry, text: Printed) -> bool:
    """Whether all instructions are on the slip."""
    lines, _, pitch = _instructions(size, text)
    return len(lines) <= _most(size, pitch)


def _instructions(size: Geometry, text: Printed) -> tuple[list[bytes], float, float]:
    for points, pitch in _TYPES:
        if points <= size.value:
            lines = wrapped(text.instructions, points, size.left - 2 * PAD)
            if len(lines) <= _most(size, pitch):
                break
    return lines, points, pitch


def _most(size: Geometry, pitch: float) -> int:
    """How many lines there is room for."""
    return 1 + int((5 * size.charge - 0.8 - 5.6) / pitch)
