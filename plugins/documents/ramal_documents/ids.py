"""CPF and CNPJ: check digits, tidying, printing.

A CNPJ may have letters since July 2026 (IN RFB 2.229/2024), so nothing here strips "all but digits".
"""

from __future__ import annotations

import re

from ramal_documents.errors import DocumentsError
from ramal_documents.words import gettext as _

_CPF = re.compile(r"[0-9]{11}")
_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}")
_PUNCTUATION = re.compile(r"[\s./\-]")
_CNPJ_WEIGHTS = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)


def tidy(text: str) -> str:
    """Without dots, bars, hyphens and spaces, letters in upper case."""
    return _PUNCTUATION.sub("", text).upper()


def is_cpf(text: str) -> bool:
    """Whether the eleven digits check; eleven times the same digit does not count."""
    number = tidy(text)
    if not _CPF.fullmatch(number) or len(set(number)) == 1:
        return False
    return number[9:] == _cpf_digit(number[:9]) + _cpf_digit(number[:10])


def is_cnpj(text: str) -> bool:
    """Whether the fourteen characters check, digits only or with letters; fourteen equal ones do not count."""
    number = tidy(text)
    if not _CNPJ.fullmatch(number) or len(set(number)) == 1:
        return False
    return number[12:] == cnpj_digits(number[:12])


def cnpj_digits(base: str) -> str:
    """The two check digits of a CNPJ's first twelve characters (value of a character: its ASCII code - 48)."""
    first = _cnpj_digit(base)
    return first + _cnpj_digit(base + first)


def check(text: str, field: str = "document") -> str:
    """The tidy CPF or CNPJ, told apart by its length; `DocumentsError` says what is wrong with it."""
    number = tidy(text)
    if len(number) == 11:
        return check_cpf(number, field)
    if len(number) == 14:
        return check_cnpj(number, field)
    sentence = _("“%(text)s” is neither a CPF (11 digits) nor a CNPJ (14 characters).", text=text)
    raise DocumentsError(field, sentence)


def check_cpf(text: str, field: str = "document") -> str:
    """The eleven digits of a right CPF; `DocumentsError` otherwise."""
    if not is_cpf(text):
        raise DocumentsError(field, _("“%(text)s” is not a CPF: its check digits are wrong.", text=text))
    return tidy(text)


def check_cnpj(text: str, field: str = "document") -> str:
    """The fourteen characters of a right CNPJ; `DocumentsError` otherwise."""
    if not is_cnpj(text):
        raise DocumentsError(field, _("“%(text)s” is not a CNPJ: its check digits are wrong.", text=text))
    return tidy(text)


def formatted(text: str) -> str:
    """`123.456.789-09`, `12.ABC.345/01DE-35`; anything else as it came."""
    number = tidy(text)
    if _CPF.fullmatch(number):
        return f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"
    if _CNPJ.fullmatch(number):
        return f"{number[:2]}.{number[2:5]}.{number[5:8]}/{number[8:12]}-{number[12:]}"
    return text


def kind(text: str) -> str:
    """`CPF`, `CNPJ`, or nothing when it has the form of neither."""
    number = tidy(text)
    if _CPF.fullmatch(number):
        return "CPF"
    return "CNPJ" if _CNPJ.fullmatch(number) else ""


def _cpf_digit(digits: str) -> str:
    total = sum(int(digit) * weight for weight, digit in enumerate(reversed(digits), 2))
    return _from_remainder(total % 11)


def _cnpj_digit(characters: str) -> str:
    weights = _CNPJ_WEIGHTS[-len(characters) :]
    total = sum((ord(character) - 48) * weight for character, weight in zip(characters, weights, strict=True))
    return _from_remainder(total % 11)


def _from_remainder(remainder: int) -> str:
    return "0" if remainder < 2 else str(11 - remainder)
