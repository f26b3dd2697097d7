"""What the audit page says for each action that the core writes. Who did it, and to what, stand beside it."""

from __future__ import annotations

from ramal.i18n import lazy_gettext as _l

SENTENCES = {
    "api_token.created": _l("Created an API token"),
    "api_token.revoked": _l("Revoked an API token"),
    "auth.login": _l("Logged in"),
    "channel.changed": _l("Changed a channel"),
    "channel.connected": _l("Connected a channel"),
    "channel.disconnected": _l("Disconnected a channel"),
    "contact.merged": _l("Merged two contacts"),
    "contact.updated": _l("Changed a contact"),
    "dead_letter.all_retried": _l("Tried all dead letters of an app again"),
    "dead_letter.discarded": _l("Discarded a dead letter"),
    "dead_letter.retried": _l("Tried a dead letter again"),
    "inbound.discarded": _l("Discarded an unprocessed message"),
    "inbound.replayed": _l("Processed a channel's messages again"),
    "inbound.retried": _l("Tried an unprocessed message again"),
    "label.created": _l("Created a label"),
    "label.deleted": _l("Deleted a label"),
    "label.updated": _l("Changed a label"),
    "organization.archived": _l("Archived the organization"),
    "organization.created": _l("Created the organization"),
    "organization.restored": _l("Reopened the organization"),
    "organization.updated": _l("Changed the organization"),
    "plugin.disabled": _l("Switched an app off"),
    "plugin.enabled": _l("Switched an app on"),
    "plugin.resumed": _l("Resumed a suspended app"),
    "plugin.settings_changed": _l("Changed an app's settings"),
    "plugin.suspended": _l("Suspended an app that kept failing"),
    "user.created": _l("Added a member"),
    "user.password_changed": _l("Changed the password"),
    "user.updated": _l("Changed a member"),
}
