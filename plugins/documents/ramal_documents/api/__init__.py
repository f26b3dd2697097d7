"""The plugin's API under ``/api/v1/documents``, one file a topic."""

from ramal_documents.api import accounts, boletos, booklets, chat, contracts, pix, templates

BLUEPRINTS = (accounts.api, boletos.api, booklets.api, pix.api, chat.api, templates.api, contracts.api)
