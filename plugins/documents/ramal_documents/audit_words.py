"""What the audit page says for each action that this plugin writes. Who did it, and to what, stand beside it."""

from __future__ import annotations

from ramal.api import lazy_gettext as _

SENTENCES = {
    "documents.account.created": _("Added an issuing account"),
    "documents.account.updated": _("Changed an issuing account"),
    "documents.batch.created": _("Uploaded a batch of boletos"),
    "documents.batch.deleted": _("Threw a batch of boletos away"),
    "documents.batch.started": _("Issued a batch of boletos"),
    "documents.boleto.sent_unregistered": _("Sent a boleto that the bank had not registered"),
    "documents.letterhead.changed": _("Changed the letterhead"),
    "documents.picture.added": _("Added a picture for contracts"),
    "documents.picture.deleted": _("Removed a picture for contracts"),
    "documents.picture.replaced": _("Replaced a picture for contracts"),
    "documents.pix_key.created": _("Added a PIX key"),
    "documents.pix_key.updated": _("Changed a PIX key"),
    "documents.repository.added": _("Kept a document"),
    "documents.repository.deleted": _("Removed a document with its versions"),
    "documents.template.created": _("Made a contract template"),
    "documents.template.updated": _("Changed a contract template"),
    "documents.template.version_saved": _("Saved a version of a contract template"),
}
