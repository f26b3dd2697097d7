"""The plugin's tables, one file a topic."""

from ramal_documents.models.accounts import IssuingAccount
from ramal_documents.models.base import Model
from ramal_documents.models.batches import Batch, BatchLayout, BatchPrint, BatchRow
from ramal_documents.models.charges import Booklet, Charge, ChargeChange
from ramal_documents.models.contracts import Contract, ContractChange, ContractCharge, ContractNumber
from ramal_documents.models.pictures import PICTURE_TYPES, LetterheadPaper, Picture
from ramal_documents.models.pix import PixCode, PixKey
from ramal_documents.models.repository import DocumentAccess, KeptDocument, KeptVersion
from ramal_documents.models.templates import ContractTemplate, TemplateVersion

__all__ = [
    "PICTURE_TYPES",
    "Batch",
    "BatchLayout",
    "BatchPrint",
    "BatchRow",
    "Booklet",
    "Charge",
    "ChargeChange",
    "Contract",
    "ContractChange",
    "ContractCharge",
    "ContractNumber",
    "ContractTemplate",
    "DocumentAccess",
    "IssuingAccount",
    "KeptDocument",
    "KeptVersion",
    "LetterheadPaper",
    "Model",
    "Picture",
    "PixCode",
    "PixKey",
    "TemplateVersion",
]
