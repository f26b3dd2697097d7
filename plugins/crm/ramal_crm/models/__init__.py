"""The plugin's tables, one file a topic."""

from ramal_crm.models.activities import Activity
from ramal_crm.models.base import Model
from ramal_crm.models.customers import (
    CepEntry,
    CompanyGroup,
    Customer,
    CustomerAddress,
    CustomerContact,
    CustomerFile,
    CustomField,
    Note,
    TimelineEntry,
)
from ramal_crm.models.deals import (
    Deal,
    DealChange,
    DealConversation,
    DealItem,
    DealSum,
    LossReason,
    Pipeline,
    Product,
    Stage,
)
from ramal_crm.models.imports import ExportRun, ImportLayout, ImportRow, ImportRun
from ramal_crm.models.leads import Lead, LeadRule

__all__ = [
    "Activity",
    "CepEntry",
    "CompanyGroup",
    "CustomField",
    "Customer",
    "CustomerAddress",
    "CustomerContact",
    "CustomerFile",
    "Deal",
    "DealChange",
    "DealConversation",
    "DealItem",
    "DealSum",
    "ExportRun",
    "ImportLayout",
    "ImportRow",
    "ImportRun",
    "Lead",
    "LeadRule",
    "LossReason",
    "Model",
    "Note",
    "Pipeline",
    "Product",
    "Stage",
    "TimelineEntry",
]
