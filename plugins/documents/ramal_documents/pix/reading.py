"""Reading a BR Code: what it pays, to whom, and every field explained; a wrong checksum is told, not raised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ramal_documents.money import with_symbol
from ramal_documents.pix import keys
from ramal_documents.pix.codes import GUI
from ramal_documents.pix.errors import PixError
from ramal_documents.pix.tlv import CRC, crc16, items
from ramal_documents.words import gettext as _

_NESTED = frozenset({"26", "62", "80"})
_SINGLE_USE = "12"
_AMOUNT = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,2})?")


@dataclass(frozen=True)
class Field:
    """One id (`26.01` inside 26) with what it says."""

    id: str
    label: str
    value: str
    meaning: str = ""


@dataclass(frozen=True, kw_only=True)
class PixReading:
    """What a code says; `problems` are what a bank would not take. `amount` is None where the payer decides it."""

    kind: Literal["static", "dynamic"]
    name: str
    city: str
    amount: Decimal | None
    fields: tuple[Field, ...]
    problems: tuple[PixError, ...]
    key: str = ""
    url: str = ""
    recurrence_url: str = ""
    txid: str = ""
    info: str = ""
    postal_code: str = ""
    single_use: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.problems


def parse(text: str) -> PixReading:
    """Read a pasted code; `PixError` only for what is no BR Code of PIX at all."""
    code = text.strip()
    flat = dict(_flattened(code))
    if flat.get("26.00", "").lower() != GUI:
        raise PixError("text", _("This is a payment code, but not one of PIX."))
    dynamic = "26.25" in flat or "80.25" in flat
    return PixReading(
        kind="dynamic" if dynamic else "static",
        name=flat.get("59", ""),
        city=flat.get("60", ""),
        amount=_amount(flat.get("54", "")),
        fields=tuple(Field(name, label(name), value, _meaning(name, value)) for name, value in flat.items()),
        problems=tuple(_problems(code, flat)),
        key=flat.get("26.01", ""),
        url=flat.get("26.25", ""),
        recurrence_url=flat.get("80.25", ""),
        txid=flat.get("62.05", ""),
        info=flat.get("26.02", ""),
        postal_code=flat.get("61", ""),
        single_use=flat.get("01") == _SINGLE_USE,
    )


def label(id: str) -> str:
    """What the field is called."""
    labels = {
        "00": _("Format"),
        "01": _("Use"),
        "26.00": _("Arrangement"),
        "26.01": _("Key"),
        "26.02": _("Information for the payer"),
        "26.25": _("Address of the charge"),
        "52": _("Category of the merchant"),
        "53": _("Currency"),
        "54": _("Value"),
        "58": _("Country"),
        "59": _("Name"),
        "60": _("City"),
        "61": _("CEP"),
        "62.05": _("txid"),
        "80.00": _("Arrangement"),
        "80.25": _("Address of the recurrence (Pix Automático)"),
        "63": _("Checksum"),
    }
    return labels.get(id, id)


def _flattened(code: str) -> Iterator[tuple[str, str]]:
    for name, value in items(code):
        if name in _NESTED:
            yield from ((f"{name}.{inner}", content) for inner, content in items(value))
        else:
            yield name, value


def _amount(text: str) -> Decimal | None:
    """As the standard writes it, `1234.56`; None for anything else that `Decimal` would read (`NaN`, `1e9`)."""
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def _meaning(id: str, value: str) -> str:
    if id == "01":
        return _("to be used once") if value == _SINGLE_USE else _("may be used again")
    if id == "53":
        return _("real") if value == "986" else ""
    if id == "54":
        amount = _amount(value)
        return with_symbol(amount) if amount is not None else _("not an amount")
    if id == "62.05" and value == "***":
        return _("none")
    return ""


def _problems(code: str, flat: dict[str, str]) -> Iterator[PixError]:
    right = crc16(code[:-4]) if code.isascii() else ""
    if not code.isascii():
        yield PixError("text", _("There are characters that are not ASCII in it."))
    elif not code[:-4].endswith(f"{CRC}04"):
        yield PixError("63", _("The checksum is not the last field."))
    elif code[-4:].upper() != right:
        values = {"right": right, "found": code[-4:]}
        yield PixError(
            "63", _("The checksum should be %(right)s, not %(found)s: something was changed or cut.", **values)
        )
    if "54" in flat and _amount(flat["54"]) is None:
        yield PixError("54", _("The value “%(text)s” is not an amount.", text=flat["54"]))
    yield from _missing(flat)
    if "26.01" in flat:
        yield from _key_problems(flat["26.01"])


def _missing(flat: dict[str, str]) -> Iterator[PixError]:
    for name in ("00", "52", "53", "58", "59", "60", "62.05", "63"):
        if name not in flat:
            yield PixError(name, _("The field %(id)s (%(label)s) is missing.", id=name, label=label(name)))
    if not flat.keys() & {"26.01", "26.25", "80.25"}:
        yield PixError("26", _("There is neither a key nor the address of a charge."))


def _key_problems(key: str) -> Iterator[PixError]:
    bare = len(key) == 11 and key.isdecimal()
    try:
        right = keys.normalised(key, "cpf" if bare else None)
    except PixError as error:
        yield PixError("26.01", error.sentence)
        return
    if right != key:
        yield PixError("26.01", _("The key is kept as %(right)s.", right=right))
