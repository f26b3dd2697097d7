"""Fields of the organization's own on customers and deals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from ramal.api import InvalidPayload, session
from ramal.api import gettext as _
from ramal_crm.models import CustomField


def read(entity: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given for the fields of ``entity`` (customer, deal), each checked by its type.

    InvalidPayload names what does not fit as ``custom.<key>``.
    """
    known = set(session.execute(select(CustomField.key).where(CustomField.entity == entity)).scalars())
    wrong = {f"custom.{key}": [_("There is no such field.")] for key in given if key not in known}
    if wrong:
        raise InvalidPayload(_("Some of the data does not fit."), wrong)
    return dict(given)
