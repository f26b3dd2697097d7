"""The inbox's use cases, one transaction each."""

from ramal.inbox.services.assigning import assign, take
from ramal.inbox.services.changing import edit_message, react, revoke_message
from ramal.inbox.services.closing import reopen, resolve
from ramal.inbox.services.labels import create_label, delete_label, list_labels, update_label
from ramal.inbox.services.marking import mark_read, set_labels, set_priority
from ramal.inbox.services.merging import merge_contacts
from ramal.inbox.services.sending import add_note, retry_message, send_message
from ramal.inbox.services.typing import tell_typing
from ramal.inbox.services.uploads import fill, media_url, upload

__all__ = [
    "add_note",
    "assign",
    "create_label",
    "delete_label",
    "edit_message",
    "fill",
    "list_labels",
    "mark_read",
    "media_url",
    "merge_contacts",
    "react",
    "reopen",
    "resolve",
    "retry_message",
    "revoke_message",
    "send_message",
    "set_labels",
    "set_priority",
    "take",
    "tell_typing",
    "update_label",
    "upload",
]
