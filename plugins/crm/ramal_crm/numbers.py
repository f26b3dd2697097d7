"""CPF and CNPJ: tidy, checked, written as people write them. A CNPJ may have letters (IN RFB 2.229/2024)."""

from __future__ import annotations

import re
from typing import Any

from stdnum.br import cnpj, cpf
from stdnum.exceptions import ValidationError

_CPF, _CNPJ = 11, 14


def tidy(typed: str) -> str:
    """Without points, hyphens, slashes and blanks, in capital letters. Never takes letters away."""
    return re.sub(r"[\s./\-]", "", typed).upper()


def is_valid(document: str) -> bool:
    """Whether a tidy text is a CPF or a CNPJ with right check digits."""
    rules: Any = {_CPF: cpf, _CNPJ: cnpj}.get(len(document))
    # The library takes 111.111.111-11, which nobody has, for right.
    if rules is None or len(set(document)) == 1:
        return False
    try:
        rules.validate(document)
    except ValidationError:
        return False
    return True


def kind_of(document: str) -> str:
    """``person`` for a tidy CPF, ``company`` for a CNPJ."""
    return "person" if len(document) == _CPF else "company"


def formatted(document: str | None) -> str:
    """123.456.789-09 or 12.ABC.345/01DE-35; what is neither stays as it is, nothing is an empty text."""
    text = document or ""
    if len(text) == _CPF:
        return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"
    if len(text) == _CNPJ:
        return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"
    return text
