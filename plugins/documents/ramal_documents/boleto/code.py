"""The 44 digits of the barcode and the 47 of the linha digitável, one from the other (FEBRABAN)."""

from __future__ import annotations

from ramal_documents.boleto.digits import general, mod10

CURRENCY = "9"
LARGEST_CENTS = 99_999_999_99
# The first of the fourteen digits stays 0: else it would read as a factor.
OVERFLOW_CENTS = 10**13 - 1


def barcode(bank: str, factor: str, cents: int, free_field: str) -> str:
    """Bank, currency, check digit, factor, value, free field.

    A value above R$ 99.999.999,99 takes the place of the factor too: fourteen digits of value, no due date.
    """
    value = f"{factor}{cents:010d}" if cents <= LARGEST_CENTS else f"{cents:014d}"
    head = bank + CURRENCY
    return head + general(head + value + free_field) + value + free_field


def digitable_line(code: str) -> str:
    """The 47 digits for a barcode's 44."""
    free = code[19:]
    blocks = (code[:4] + free[:5], free[5:15], free[15:])
    return "".join(block + mod10(block) for block in blocks) + code[4] + code[5:19]


def barcode_of_line(line: str) -> str:
    """The 44 digits inside a line's 47, wrong check digits and all."""
    return line[:4] + line[32:47] + line[4:9] + line[10:20] + line[21:31]


def formatted_line(line: str) -> str:
    """`AAAAA.AAAAAD BBBBB.BBBBBBD CCCCC.CCCCCCD K FFFFVVVVVVVVVV`."""
    return f"{line[:5]}.{line[5:10]} {line[10:15]}.{line[15:21]} {line[21:26]}.{line[26:32]} {line[32]} {line[33:]}"
