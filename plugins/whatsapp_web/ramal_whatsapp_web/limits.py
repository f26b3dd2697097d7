"""What a message of a WhatsApp web session may hold. Source: WhatsApp's own limits for its apps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MEGABYTE: Final = 1024 * 1024

TEXT = 4096
CAPTION = 1024
#: Kinds of files that come without a text.
CAPTIONLESS = frozenset({"audio", "voice", "sticker"})
CONTACTS = 20
#: For how many seconds a message of ours can be edited, and deleted for everyone (two days and a half).
EDIT_SECONDS = 15 * 60
REVOKE_SECONDS = 60 * 3600

#: Size caps in bytes by kind.
MEDIA: Mapping[str, int] = {
    "image": 16 * MEGABYTE,
    "video": 64 * MEGABYTE,
    "audio": 16 * MEGABYTE,
    "voice": 16 * MEGABYTE,
    "document": 100 * MEGABYTE,
}
#: Types that a kind takes; a kind that is absent takes any. The provider converts voice and video.
MIME_TYPES: Mapping[str, frozenset[str]] = {
    "image": frozenset({"image/jpeg", "image/png", "image/webp"}),
    "video": frozenset({"video/mp4", "video/3gpp", "video/webm", "video/quicktime"}),
    "audio": frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/webm", "audio/wav"}),
    "voice": frozenset({"audio/ogg", "audio/webm", "audio/mp4", "audio/mpeg", "audio/aac", "audio/wav"}),
}
