"""What a WhatsApp message may hold. Source: Meta, "Supported media types", "Interactive messages"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MEGABYTE: Final = 1024 * 1024

TEXT = 4096
CAPTION = 1024
#: Kinds of files that come without a text.
CAPTIONLESS = frozenset({"audio", "voice", "sticker"})
CONTACTS = 257
OPAQUE = 512

#: Size caps in bytes by kind; an animated sticker may have 500 KB, a still one 100 KB.
MEDIA: Mapping[str, int] = {
    "image": 5 * MEGABYTE,
    "video": 16 * MEGABYTE,
    "audio": 16 * MEGABYTE,
    "voice": 16 * MEGABYTE,
    "document": 100 * MEGABYTE,
    "sticker": 500 * 1024,
}
#: Types the provider takes; a kind that is absent takes any.
MIME_TYPES: Mapping[str, frozenset[str]] = {
    "image": frozenset({"image/jpeg", "image/png"}),
    "video": frozenset({"video/mp4", "video/3gpp"}),
    "audio": frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}),
    "voice": frozenset({"audio/ogg"}),
    "sticker": frozenset({"image/webp"}),
}

INTERACTIVE_BODY = 1024
INTERACTIVE_HEADER = 60
INTERACTIVE_FOOTER = 60
BUTTONS = 3
BUTTON_ID = 256
BUTTON_TITLE = 20
LIST_BUTTON = 20
LIST_SECTIONS = 10
LIST_ROWS = 10
SECTION_TITLE = 24
ROW_ID = 200
ROW_TITLE = 24
ROW_DESCRIPTION = 72

#: Free-form messages are allowed for this many hours after the person last wrote.
WINDOW_HOURS = 24
#: One message every 6 s to one person, 45 at once if the pauses are paid back.
PAIR_RATE = 1 / 6
PAIR_BURST = 45
