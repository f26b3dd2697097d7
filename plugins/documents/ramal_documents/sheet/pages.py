"""Whole files: one boleto to a page with its receipt, or a carnê with three to a page."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import IO

from ramal_documents.boleto import Boleto, BoletoError
from ramal_documents.sheet import receipt, slip, stub
from ramal_documents.sheet.canvas import Canvas
from ramal_documents.sheet.printed import LABELS, Account, account_of, printed
from ramal_documents.sheet.writer import A4, Form, Writer
from ramal_documents.words import gettext as _

_LEFT, _BOTTOM = 10.0, 8.0
_CUT = _BOTTOM + slip.SHEET.height + 4
_RECEIPT_Y = A4[1] - 10 - receipt.HEIGHT

_PER_PAGE = 3
_THIRD = A4[1] / _PER_PAGE
_STUB_X, _SLIP_X = 4.0, 36.0
_TEAR = (_STUB_X + stub.WIDTH + _SLIP_X) / 2


def one(boleto: Boleto) -> bytes:
    """The PDF of one boleto on A4: receipt above, slip below."""
    file = io.BytesIO()
    many([boleto], file)
    return file.getvalue()


def many(boletos: Iterable[Boleto], file: IO[bytes], *, title: str = "") -> int:
    """Write a page for each boleto to `file`; answers how many. Only one page is in memory at a time."""
    first, rest = _first(boletos)
    writer = Writer(file, title or f"Boleto {first.our_number_formatted}")
    count = 0
    for boleto in rest:
        _sheet(writer, boleto)
        count += 1
    writer.close()
    return count


def booklet(boletos: Iterable[Boleto], file: IO[bytes], *, title: str = "") -> int:
    """Write a carnê, three to a page with their stubs on the left; answers the pages."""
    first, rest = _first(boletos)
    writer = Writer(file, title or f"Carnê {first.document_number or first.our_number_formatted}")
    pages = 0
    while group := list(islice(rest, _PER_PAGE)):
        canvas = Canvas()
        for place, boleto in enumerate(group):
            _third(writer, canvas, boleto, A4[1] - (place + 1) * _THIRD)
        writer.page(canvas.drawn)
        pages += 1
    writer.close()
    return pages


def problems(boleto: Boleto, *, carne: bool = False) -> tuple[BoletoError, ...]:
    """What would not be on paper: more instructions or more statement than there is room for."""
    text, size = printed(boleto), slip.BOOKLET if carne else slip.SHEET
    found = []
    if not slip.instructions_fit(size, text):
        found.append(BoletoError("instructions", _("The instructions do not fit on the slip; make them shorter.")))
    if not carne and not receipt.statement_fits(text):
        found.append(BoletoError("statement", _("The statement does not fit on the receipt; make it shorter.")))
    return tuple(found)


def _first(boletos: Iterable[Boleto]) -> tuple[Boleto, Iterator[Boleto]]:
    """The first, and all of them."""
    rest = iter(boletos)
    first = next(rest, None)
    if first is None:
        raise BoletoError("boletos", _("There is no boleto to print."))

    def whole() -> Iterator[Boleto]:
        yield first
        yield from rest

    return first, whole()


def _sheet(writer: Writer, boleto: Boleto) -> None:
    account, text, canvas = account_of(boleto), printed(boleto), Canvas()
    form = writer.form(_sheet_form(account))
    if text.watermark:
        canvas.watermark(A4[0] / 2, _RECEIPT_Y + receipt.HEIGHT * 0.4, text.watermark, 40)
        canvas.watermark(A4[0] / 2, _BOTTOM + slip.SHEET.height * 0.55, text.watermark, 34)
    canvas.form(form, 0, 0)
    canvas.moved(_LEFT, _RECEIPT_Y)
    receipt.fill(canvas, text)
    canvas.back()
    canvas.moved(_LEFT, _BOTTOM)
    slip.fill(canvas, slip.SHEET, account.cip is not None, text)
    canvas.back()
    writer.page(canvas.drawn)


@lru_cache(maxsize=64)
def _sheet_form(account: Account) -> Form:
    """The whole sheet of an account with nothing of a boleto on it: drawn once in a process."""
    canvas = Canvas()
    for drawn, y in ((receipt.form(account), _RECEIPT_Y), (slip.form(slip.SHEET, account), _BOTTOM)):
        canvas.moved(_LEFT, y)
        canvas.take(drawn)
        canvas.back()
    canvas.dashed(_LEFT, _CUT, A4[0] - _LEFT, _CUT)
    canvas.right(A4[0] - _LEFT, _CUT + 1.1, LABELS["cut"], 5.6)
    return Form.of(canvas.drawn, *A4)


def _third(writer: Writer, canvas: Canvas, boleto: Boleto, bottom: float) -> None:
    account, text = account_of(boleto), printed(boleto)
    form = writer.form(_third_form(account))
    y = bottom + (_THIRD - slip.BOOKLET.height) / 2
    if text.watermark:
        canvas.watermark(_SLIP_X + slip.BOOKLET.width / 2, y + slip.BOOKLET.height * 0.55, text.watermark, 30)
    canvas.form(form, 0, bottom)
    if bottom > 1:
        canvas.dashed(_STUB_X, bottom, _SLIP_X + slip.BOOKLET.width, bottom)
    canvas.moved(_STUB_X, y)
    stub.fill(canvas, text)
    canvas.back()
    canvas.moved(_SLIP_X, y)
    slip.fill(canvas, slip.BOOKLET, account.cip is not None, text)
    canvas.back()


@lru_cache(maxsize=64)
def _third_form(account: Account) -> Form:
    canvas = Canvas()
    y = (_THIRD - slip.BOOKLET.height) / 2
    for drawn, x in ((stub.form(account), _STUB_X), (slip.form(slip.BOOKLET, account), _SLIP_X)):
        canvas.moved(x, y)
        canvas.take(drawn)
        canvas.back()
    canvas.dashed(_TEAR, 2, _TEAR, _THIRD - 2)
    return Form.of(canvas.drawn, A4[0], _THIRD)
