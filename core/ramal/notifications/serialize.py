"""A notification as the JSON of the API and of the socket, in the language in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ramal.i18n import spoken_text
from ramal.notifications.types import registry


def notification_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """``row`` has the columns of ``Notification``; times stay times."""
    kind = registry().kinds.get(row["code"])
    return {
        "id": row["id"],
        "code": row["code"],
        "icon": kind.type.icon if kind else "bell",
        "title": spoken_text(row["title"]),
        "body": spoken_text(row["body"]) if row["body"] else None,
        "url": row["url"],
        "subject": {"kind": row["subject_kind"], "id": row["subject_id"]} if row["subject_kind"] else None,
        "count": row["count"],
        "at": row["at"],
        "read_at": row["read_at"],
    }
