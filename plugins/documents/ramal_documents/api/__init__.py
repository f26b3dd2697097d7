"""The plugin's API under ``/api/v1/documents``, one file a topic."""

from ramal_documents.api import (
    accounts,
    batches,
    boletos,
    booklets,
    chat,
    contracts,
    pictures,
    pix,
    repository,
    templates,
)

BLUEPRINTS = (
    accounts.api,
    boletos.api,
    booklets.api,
    pix.api,
    chat.api,
    templates.api,
    pictures.api,
    contracts.api,
    batches.api,
    repository.api,
)
