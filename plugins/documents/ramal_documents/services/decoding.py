"""Reading what somebody pasted: a boleto's line or barcode, or a PIX code."""

from __future__ import annotations

from ramal_documents import pix
from ramal_documents.boleto import Reading, parse
from ramal_documents.pix import PixReading
from ramal_documents.services.problems import told

#: How every BR Code begins.
_BR_CODE = "0002"


def read_boleto(text: str) -> Reading:
    """A line or a barcode. InvalidPayload only for what can't be one at all; wrong digits are told in the answer."""
    with told():
        return parse(text)


def read_anything(text: str) -> Reading | PixReading:
    """The same, or a PIX code."""
    if not text.strip().startswith(_BR_CODE):
        return read_boleto(text)
    with told():
        return pix.parse(text)
