"""Tags of customers and deals: small letters, once each, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select

from ramal.api import gettext as _
from ramal.api import session
from ramal_crm.models import Customer
from ramal_crm.services.problems import refuse

LONGEST, MOST = 30, 20
_SUGGESTED = 200


def tidy_tags(tags: Iterable[str]) -> list[str]:
    """As they are kept. InvalidPayload for too many or too long ones."""
    found = sorted({" ".join(tag.lower().split()) for tag in tags} - {""})
    if len(found) > MOST:
        raise refuse("tags", _("At most %(most)s tags.", most=MOST))
    if any(len(tag) > LONGEST for tag in found):
        raise refuse("tags", _("A tag has at most %(most)s characters.", most=LONGEST))
    return found


def tags_in_use(model: Any = Customer) -> Sequence[str]:
    """The tags that rows of a model have, in order; reads the whole table, so it is for suggestions alone."""
    tag = func.jsonb_array_elements_text(model.tags).label("tag")
    found: Sequence[str] = session.execute(select(tag).distinct().order_by(tag).limit(_SUGGESTED)).scalars().all()
    return found
