"""What the audit page says for each action that this plugin writes."""

from __future__ import annotations

from ramal.api import lazy_gettext as _

SENTENCES = {
    "whatsapp_web.session.added": _("Connected a WhatsApp number by QR code"),
    "whatsapp_web.session.started": _("Started a WhatsApp session"),
    "whatsapp_web.session.stopped": _("Stopped a WhatsApp session"),
    "whatsapp_web.session.restarted": _("Restarted a WhatsApp session"),
    "whatsapp_web.session.logged_out": _("Logged a WhatsApp number out"),
    "whatsapp_web.session.code_requested": _("Asked for a pairing code"),
    "whatsapp_web.session.exported": _("Exported a WhatsApp session"),
    "whatsapp_web.session.imported": _("Imported a WhatsApp session"),
    "whatsapp_web.session.proxy_changed": _("Changed the proxy of a WhatsApp session"),
    "whatsapp_web.session.server_changed": _("Changed the server of a WhatsApp session"),
    "whatsapp_web.session.pacing_changed": _("Changed the pace of a WhatsApp number"),
}
