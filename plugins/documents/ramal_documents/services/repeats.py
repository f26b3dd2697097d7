"""A form that is sent twice (a double click, a reload) issues once: what it makes bears the id that the form had."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ramal.api import Conflict, session
from ramal.api import gettext as _
from ramal_documents.models import Booklet, Charge

Made = TypeVar("Made", Booklet, Charge)


def once(
    model: type[Made], form_id: uuid.UUID | None, make: Callable[[], Made], is_same: Callable[[Made], bool]
) -> Made:
    """What ``make`` makes under this id, or what it made before. Conflict when that was something else."""
    if form_id is None:
        return make()
    known = _found(model, form_id)
    if known is None:
        try:
            return make()
        except IntegrityError as error:
            # Two clicks at once: the other one was quicker.
            if "pk_" not in str(error.orig):
                raise
            known = _found(model, form_id)
    if known is None or not is_same(known):
        raise Conflict(_("This form was sent before, with other values; open a new one."))
    return known


def _found(model: type[Made], id_: uuid.UUID) -> Made | None:
    query = select(model).where(model.id == id_).execution_options(populate_existing=True)
    found: Made | None = session.execute(query).scalar_one_or_none()
    return found
