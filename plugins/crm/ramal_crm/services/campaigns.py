"""Which advertisement led somebody here, as far as their channel tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: A provider may send more, and longer, than is worth keeping.
_MOST, _LONGEST_NAME, _LONGEST = 30, 60, 1000


def campaign_of(payload: Mapping[str, Any]) -> dict[str, str]:
    """What a message's payload keeps under ``referral``: source id and URL, headline, click id…, as text; {} if none.

    WhatsApp sends it with the first message after a "click to WhatsApp" advertisement.
    """
    referral = payload.get("referral")
    if not isinstance(referral, Mapping):
        return {}
    told = {
        str(name)[:_LONGEST_NAME]: str(value)[:_LONGEST]
        for name, value in referral.items()
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""
    }
    return dict(list(told.items())[:_MOST])
