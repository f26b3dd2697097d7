"""Tables of boletos for nobody, as CSV."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from .orders import in_days

HEADERS = ("Nome", "CPF/CNPJ", "Valor", "Vencimento", "Número do documento")


def row(number: int, **changes: str) -> list[str]:
    """A good row; `changes` by header."""
    values = {
        "Nome": f"Pagador {number:05}",
        "CPF/CNPJ": "529.982.247-25",
        "Valor": f"1.{number % 1000:03},50",
        "Vencimento": in_days(30).isoformat(),
        "Número do documento": f"M-{number}",
    }
    return list({**values, **changes}.values())


def table(rows: Iterable[Sequence[str]], headers: Sequence[str] = HEADERS) -> bytes:
    """The file."""
    lines = [headers, *rows]
    return "\r\n".join(";".join(line) for line in lines).encode()


def upload(data: bytes, account: dict[str, Any], filename: str = "mensalidades.csv", **more: str) -> dict[str, Any]:
    """The multipart body."""
    return {"file": (io.BytesIO(data), filename), "account_id": account["id"], **more}
