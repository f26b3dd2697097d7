"""The plugin's pages under ``/p/documents``, one file a topic."""

from ramal_documents.views import (
    accounts,
    batches,
    boletos,
    booklets,
    chat,
    checking,
    contract_chat,
    contracts,
    pictures,
    pix,
    repository,
    templates,
    variables,
)
from ramal_documents.views.blueprint import pages, words

__all__ = [
    "accounts",
    "batches",
    "boletos",
    "booklets",
    "chat",
    "checking",
    "contract_chat",
    "contracts",
    "pages",
    "pictures",
    "pix",
    "repository",
    "templates",
    "variables",
    "words",
]
