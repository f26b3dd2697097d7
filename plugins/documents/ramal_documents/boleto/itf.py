"""The bars of Interleaved 2 of 5, as FEBRABAN prints a boleto's 44 digits.

Widths are in modules: a narrow bar or space is 1 wide, a wide one 3.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate

WIDE = 3
# The whole symbol is 103 mm wide and 13 mm high (Banco do Brasil, Itaú, Caixa, Santander).
WIDTH_MM, HEIGHT_MM = 103.0, 13.0

_START, _STOP = (1, 1, 1, 1), (WIDE, 1, 1)
_DIGIT = 2 * WIDE + 3  # two wide, three narrow
_PATTERNS = ("00110", "10001", "01001", "11000", "00101", "10100", "01100", "00011", "10010", "01010")


def widths(digits: str) -> tuple[int, ...]:
    """Bar, space, bar, space … of an even count of digits, in modules; the first and the last are bars."""
    found = [*_START]
    for place in range(0, len(digits), 2):
        found += _pair(digits[place : place + 2])
    return (*found, *_STOP)


def bars(digits: str) -> tuple[tuple[int, int], ...]:
    """(left, width) of every bar, in modules from the symbol's left edge."""
    all_widths = widths(digits)
    lefts = accumulate(all_widths, initial=0)
    return tuple(zip(lefts, all_widths, strict=False))[::2]


def modules(digits: str) -> int:
    """How wide the symbol is: 405 for a boleto's 44 digits."""
    return sum(_START) + sum(_STOP) + len(digits) * _DIGIT


@lru_cache(maxsize=100)
def _pair(pair: str) -> tuple[int, ...]:
    """Ten widths: the bars of the first digit, in turn with the spaces of the second."""
    drawn, spaced = _PATTERNS[int(pair[0])], _PATTERNS[int(pair[1])]
    return tuple(WIDE if bit == "1" else 1 for both in zip(drawn, spaced, strict=True) for bit in both)
