"""Tables of customers, as CSV."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

HEADERS = ("Nome", "CPF/CNPJ", "Celular", "E-mail", "Etiquetas")


def cpf_of(number: int) -> str:
    """A CPF that checks, another for each number."""
    digits = [int(digit) for digit in f"{number:09}"]
    for _digit in range(2):
        left = (
            sum(digit * weight for digit, weight in zip(digits, range(len(digits) + 1, 1, -1), strict=True)) * 10 % 11
        )
        digits.append(left % 10)
    return "".join(map(str, digits))


def row(number: int, **changes: str) -> list[str]:
    """A good row; `changes` by header."""
    values = {
        "Nome": f"Cliente {number:05}",
        "CPF/CNPJ": cpf_of(number),
        "Celular": f"(11) 9{80_000_000 + number}",
        "E-mail": f"cliente{number}@exemplo.com.br",
        "Etiquetas": "",
    }
    return list({**values, **changes}.values())


def table(rows: Iterable[Sequence[str]], headers: Sequence[str] = HEADERS) -> bytes:
    """The file."""
    return "\r\n".join(";".join(line) for line in [headers, *rows]).encode()


def upload(data: bytes, filename: str = "clientes.csv", **more: str) -> dict[str, Any]:
    """The multipart body."""
    return {"file": (io.BytesIO(data), filename), **more}
