"""Telling members, and what they do with what they were told; one transaction each."""

from ramal.notifications.services.forgetting import KEEP_READ, forget_read
from ramal.notifications.services.notifying import Draft, deliver, notify
from ramal.notifications.services.preferences import Choices, list_choices, save_choices
from ramal.notifications.services.reading import (
    MOST,
    count_unread,
    list_notifications,
    mark_all_read,
    mark_read,
)

__all__ = [
    "KEEP_READ",
    "MOST",
    "Choices",
    "Draft",
    "count_unread",
    "deliver",
    "forget_read",
    "list_choices",
    "list_notifications",
    "mark_all_read",
    "mark_read",
    "notify",
    "save_choices",
]
