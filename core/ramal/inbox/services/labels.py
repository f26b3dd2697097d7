"""The organization's labels."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ramal.accounts.audit import audit
from ramal.database.session import db, transaction
from ramal.errors import Conflict, NotFound
from ramal.i18n import gettext as _
from ramal.inbox.models import Label


def list_labels() -> list[Label]:
    """All of them, by name."""
    return list(db.session.execute(select(Label).order_by(Label.name)).scalars())


def create_label(name: str, color: str | None = None, description: str | None = None) -> Label:
    """Conflict if the name is taken."""
    with _name_taken(), transaction() as session:
        label = Label(name=name, description=description, **({"color": color} if color else {}))
        session.add(label)
        session.flush()
        audit("label.created", target=("label", label.id, label.name), after=_facts(label))
    return label


def update_label(label_id: uuid.UUID, **changes: Any) -> Label:
    """Change name, color or description. Conflict if the name is taken."""
    with _name_taken(), transaction() as session:
        label = _label(label_id)
        before = _facts(label)
        for field, value in changes.items():
            setattr(label, field, value)
        session.flush()
        audit("label.updated", target=("label", label.id, label.name), before=before, after=_facts(label))
    return label


def delete_label(label_id: uuid.UUID) -> None:
    """Remove it, from conversations too."""
    with transaction() as session:
        label = _label(label_id)
        audit("label.deleted", target=("label", label.id, label.name), before=_facts(label))
        session.delete(label)


def _label(label_id: uuid.UUID) -> Label:
    found = db.session.execute(select(Label).where(Label.id == label_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such label."))
    return found


def _facts(label: Label) -> dict[str, Any]:
    return {"name": label.name, "color": label.color, "description": label.description}


@contextlib.contextmanager
def _name_taken() -> Iterator[None]:
    """The unique key's refusal as a sentence."""
    try:
        yield
    except IntegrityError:
        message = _("There is already a label with this name.")
        raise Conflict(message, {"name": [message]}) from None
