"""PIX codes: `static_code` and `dynamic_code` make the copy-and-paste text, `parse` reads one, `qr` draws it."""

from ramal_documents.pix import qr
from ramal_documents.pix.codes import dynamic_code, static_code
from ramal_documents.pix.errors import PixError
from ramal_documents.pix.keys import KeyType, normalised, type_of
from ramal_documents.pix.reading import Field, PixReading, parse
from ramal_documents.pix.tlv import crc16

__all__ = [
    "Field",
    "KeyType",
    "PixError",
    "PixReading",
    "crc16",
    "dynamic_code",
    "normalised",
    "parse",
    "qr",
    "static_code",
    "type_of",
]
