"""What a line with wrong digits may have been: one digit other, or two neighbours changed over.

Two or three rules watch over every digit of a line, so few of its neighbours fit.
"""

from __future__ import annotations

from collections.abc import Iterator

from ramal_documents.boleto import collection, title
from ramal_documents.boleto.reading import Kind

_MOST = 3


def corrected(line: str, kind: Kind) -> tuple[str, ...]:
    """The lines that fit, when there are at most three."""
    fits = title.fits if kind == "boleto" else collection.fits
    found = tuple(filter(fits, dict.fromkeys(_neighbours(line))))
    return found if len(found) <= _MOST else ()


def _neighbours(digits: str) -> Iterator[str]:
    for place, digit in enumerate(digits):
        for other in "0123456789":
            if other != digit:
                yield digits[:place] + other + digits[place + 1 :]
    for place in range(len(digits) - 1):
        first, second = digits[place], digits[place + 1]
        if first != second:
            yield digits[:place] + second + first + digits[place + 2 :]
