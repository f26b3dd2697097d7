"""Check digits of the boleto and of its banks: each takes and answers text.

The general rules are FEBRABAN's; the variants are named where a bank uses them.
"""

from __future__ import annotations

from itertools import cycle


def mod10(digits: str) -> str:
    """Weights 2, 1, 2, 1 from the right, the digits of each product added; what is missing to the next ten."""
    total = 0
    for weight, digit in zip(cycle((2, 1)), reversed(digits), strict=False):
        product = int(digit) * weight
        total += product - 9 if product > 9 else product
    return str(-total % 10)


def remainder11(digits: str, top: int = 9) -> int:
    """The sum with weights 2 to `top`, again and again from the right, modulo 11."""
    weights = cycle(range(2, top + 1))
    return sum(int(digit) * weight for digit, weight in zip(reversed(digits), weights, strict=False)) % 11


def mod11(digits: str, *, top: int = 9, ten: str = "0", eleven: str = "0") -> str:
    """11 less the remainder; `ten` and `eleven` stand for the two results that are no digit."""
    result = 11 - remainder11(digits, top)
    return {10: ten, 11: eleven}.get(result) or str(result)


def general(digits: str) -> str:
    """The barcode's own check digit, over its other 43 digits; never 0 (FEBRABAN)."""
    return mod11(digits, ten="1", eleven="1")


def double(digits: str) -> str:
    """Two digits, as Banrisul has them: a modulo 10, then a modulo 11 (weights to 7) over it and what precedes it.

    A remainder of 1 has no second digit: the first one is then raised by 1 and the second computed again.
    """
    first = int(mod10(digits))
    while (rest := remainder11(f"{digits}{first}", top=7)) == 1:
        first = (first + 1) % 10
    return f"{first}{0 if rest == 0 else 11 - rest}"
