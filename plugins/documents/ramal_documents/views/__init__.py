"""The plugin's pages under ``/p/documents``, one file a topic."""

from ramal_documents.views import accounts, batches, boletos, booklets, chat, checking, pix, repository
from ramal_documents.views.blueprint import pages, words

__all__ = ["accounts", "batches", "boletos", "booklets", "chat", "checking", "pages", "pix", "repository", "words"]
