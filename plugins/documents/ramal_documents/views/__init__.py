"""The plugin's pages under ``/p/documents``, one file a topic."""

from ramal_documents.views import (
    accounts,
    boletos,
    booklets,
    chat,
    checking,
    contract_chat,
    contracts,
    pix,
    templates,
)
from ramal_documents.views.blueprint import pages, words

__all__ = [
    "accounts",
    "boletos",
    "booklets",
    "chat",
    "checking",
    "contract_chat",
    "contracts",
    "pages",
    "pix",
    "templates",
    "words",
]
