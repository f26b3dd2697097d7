"""Reading a pasted line or barcode: every field explained, every wrong digit named; wrong digits raise nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from ramal_documents import dates
from ramal_documents.boleto import collection, title
from ramal_documents.boleto.corrections import corrected
from ramal_documents.boleto.errors import BoletoError
from ramal_documents.boleto.reading import Reading
from ramal_documents.words import gettext as _

_SEPARATORS = re.compile(r"[\s.\-_,;:|/\u00a0\u200b]+")
_DIGITS = re.compile(r"[0-9]+")


def parse(text: str, today: date | None = None) -> Reading:
    """Read a line (47 digits; 48 of an arrecadação) or a barcode (44), with or without punctuation.

    `today` settles which of its dates, 9,000 days apart, a due factor means. `BoletoError` only for what can't be a
    boleto at all.
    """
    digits = _digits(text)
    day = today or dates.today()
    if digits[0] == "8" and len(digits) in {44, 48}:
        return _with_corrections(collection.read(digits))
    if len(digits) == 44:
        return title.read_barcode(digits, day)
    return _with_corrections(title.read_line(_whole_line(digits), day))


def _digits(text: str) -> str:
    """The digits alone; an error says what else there is, or how many there are."""
    bare = _SEPARATORS.sub("", text)
    if not bare:
        raise BoletoError("text", _("Paste the line or the barcode of a boleto."))
    if not _DIGITS.fullmatch(bare):
        others = " ".join(sorted(set(re.sub(r"[0-9]", "", bare))))
        raise BoletoError("text", _("A boleto's line has digits only; here there is also: %(others)s", others=others))
    if len(bare) in {44, 47} or (len(bare) == 48 and bare[0] == "8") or _is_short(bare):
        return bare
    sentence = _(
        "A boleto's line has 47 digits, a barcode 44, an arrecadação's line 48 from an 8 on; here there are %(count)s.",
        count=len(bare),
    )
    raise BoletoError("text", sentence)


def _is_short(digits: str) -> bool:
    """A line without due date and value, whose last field has lost zeros."""
    return 33 <= len(digits) < 47 and len(digits) != 44 and not digits[33:].strip("0")


def _whole_line(digits: str) -> str:
    return digits[:33] + digits[33:].zfill(14)


def _with_corrections(reading: Reading) -> Reading:
    """A barcode alone has too few check digits to say what it may have been."""
    if reading.ok or reading.source == "barcode":
        return reading
    return replace(reading, corrections=corrected(reading.digitable_line, reading.kind))
