"""Whether a text is one emoji, as reactions are: the grammar of UTS #51, wide enough for emoji yet to come."""

from __future__ import annotations

import re

#: Longest reaction, in characters: a family with skin tones has 11, the flag of Scotland 7.
LONGEST = 40

# Pictographs, without skin tones and flag letters, which are no emoji by themselves.
_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa"
    "\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030"
    "\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
_TAGS = "[\U000e0020-\U000e007e]+\U000e007f"
_ELEMENT = f"{_PICTURE}(?:[\U0001f3fb-\U0001f3ff]\ufe0f?|\ufe0f|{_TAGS})?"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_KEYCAP = "[0-9#*]\ufe0f?\u20e3"
_EMOJI = re.compile(f"{_FLAG}|{_KEYCAP}|{_ELEMENT}(?:\u200d{_ELEMENT})*")


def is_emoji(text: str) -> bool:
    """One emoji and nothing else."""
    return len(text) <= LONGEST and _EMOJI.fullmatch(text) is not None


def same_emoji(one: str | None, other: str | None) -> bool:
    """Whether both are the same; some providers drop the sign that asks for the coloured form."""
    return _bare(one) == _bare(other)


def _bare(emoji: str | None) -> str:
    return (emoji or "").replace("\ufe0f", "")
