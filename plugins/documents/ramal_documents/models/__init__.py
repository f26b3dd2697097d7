"""The plugin's tables, one file a topic."""

from ramal_documents.models.accounts import IssuingAccount
from ramal_documents.models.base import Model
from ramal_documents.models.batches import Batch, BatchLayout, BatchPrint, BatchRow
from ramal_documents.models.charges import Booklet, Charge, ChargeChange
from ramal_documents.models.pix import PixCode, PixKey

__all__ = [
    "Batch",
    "BatchLayout",
    "BatchPrint",
    "BatchRow",
    "Booklet",
    "Charge",
    "ChargeChange",
    "IssuingAccount",
    "Model",
    "PixCode",
    "PixKey",
]
