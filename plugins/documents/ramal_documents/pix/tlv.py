"""The shape of a BR Code: id, length, value, again and again, and a checksum over all of it (EMV QRCPS-MPM).

An id and a length have two digits each; a length counts characters, and everything is ASCII.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator

from ramal_documents.pix.errors import PixError
from ramal_documents.words import gettext as _

LONGEST = 99
CRC = "63"


def item(id: str, value: str) -> str:
    """One id with its value, at most 99 characters; nothing for an empty value."""
    if len(value) > LONGEST:
        values = {"id": id, "count": len(value)}
        raise PixError(id, _("Field %(id)s would have %(count)s characters; 99 fit.", **values))
    return f"{id}{len(value):02d}{value}" if value else ""


def crc16(text: str) -> str:
    """CRC-16/CCITT-FALSE (0x1021 from 0xFFFF) of ASCII text, four upper-case digits."""
    return f"{binascii.crc_hqx(text.encode('ascii'), 0xFFFF):04X}"


def sealed(text: str) -> str:
    """`text` with its checksum, which counts its own id and length."""
    head = f"{text}{CRC}04"
    return head + crc16(head)


def items(text: str) -> Iterator[tuple[str, str]]:
    """Each id with its value; `PixError` where the text does not divide."""
    place = 0
    while place < len(text):
        name, size = text[place : place + 2], text[place + 2 : place + 4]
        digits = (name + size).isascii() and (name + size).isdecimal()
        value = text[place + 4 : place + 4 + int(size)] if digits and len(size) == 2 else ""
        if not value or len(value) < int(size):
            values = {"place": place + 1, "text": text[place : place + 8]}
            raise PixError("text", _("From character %(place)s on (“%(text)s”) this is no BR Code.", **values))
        yield name, value
        place += 4 + len(value)
