"""Company groups (grupos empresariais): companies that belong together."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from ramal.api import Conflict, NotFound, Page, audit, decode_cursor, encode_cursor, session, transaction
from ramal.api import gettext as _
from ramal_crm.models import CompanyGroup, Customer
from ramal_crm.services.unique import unique

#: Two who make the same group at once: the index tells them apart.
_NAMES = "ix_company_group_organization_id"


def list_groups(*, text: str = "", cursor: str | None = None, page_size: int = 20) -> Page:
    """By name, by key; with ``text`` those whose name has it."""
    query = select(CompanyGroup)
    if text:
        query = query.where(func.lower(CompanyGroup.name).contains(text.lower(), autoescape=True))
    place = func.lower(CompanyGroup.name)
    if cursor is not None:
        query = query.where(place > decode_cursor(cursor, str)[0])
    rows = session.execute(query.order_by(place).limit(page_size + 1)).scalars().all()
    more, rows = len(rows) > page_size, rows[:page_size]
    return Page(rows, encode_cursor(rows[-1].name.lower()) if more else None)


def get_group(group_id: uuid.UUID) -> CompanyGroup:
    """One. NotFound."""
    query = select(CompanyGroup).where(CompanyGroup.id == group_id).execution_options(populate_existing=True)
    found: CompanyGroup | None = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such group."))
    return found


def create_group(values: Mapping[str, Any]) -> CompanyGroup:
    """Make one. Conflict for a name that there is."""
    with unique(_NAMES, _known_name()), transaction() as open_session:
        _refuse_known_name(values["name"], None)
        group = CompanyGroup(name=values["name"], note=values.get("note") or "")
        open_session.add(group)
        open_session.flush()
    return group


def update_group(group_id: uuid.UUID, changes: Mapping[str, Any]) -> CompanyGroup:
    """Another name, another note. Conflict for a name that there is."""
    with unique(_NAMES, _known_name()), transaction():
        group = get_group(group_id)
        if "name" in changes:
            _refuse_known_name(changes["name"], group.id)
        for name in ("name", "note"):
            if name in changes:
                setattr(group, name, changes[name])
    return group


def delete_group(group_id: uuid.UUID) -> None:
    """Dissolve one; its companies stay."""
    with transaction() as open_session:
        group = get_group(group_id)
        audit("crm.group.deleted", target=("company_group", group.id, group.name))
        open_session.delete(group)


def sizes(group_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, int]:
    """How many customers each has."""
    query = select(Customer.group_id, func.count()).where(Customer.group_id.in_(group_ids)).group_by(Customer.group_id)
    counted = {group_id: count for group_id, count in session.execute(query) if group_id}
    return {group_id: counted.get(group_id, 0) for group_id in group_ids}


def names(group_ids: Collection[uuid.UUID | None]) -> Mapping[uuid.UUID, str]:
    """Names by id."""
    wanted = set(group_ids) - {None}
    query = select(CompanyGroup.id, CompanyGroup.name).where(CompanyGroup.id.in_(wanted))
    return dict(session.execute(query).all()) if wanted else {}


def named(name: str) -> CompanyGroup | None:
    """The group of a name, whatever its capitals."""
    query = select(CompanyGroup).where(func.lower(CompanyGroup.name) == name.strip().lower())
    found: CompanyGroup | None = session.execute(query).scalar_one_or_none()
    return found


def all_groups() -> Sequence[CompanyGroup]:
    """The first hundred by name, to choose from."""
    found: Sequence[CompanyGroup] = list_groups(page_size=100).items
    return found


def _refuse_known_name(name: str, own_id: uuid.UUID | None) -> None:
    with session.no_autoflush:
        known = named(name)
    if known is not None and known.id != own_id:
        raise Conflict(_known_name(), {"name": [_known_name()]})


def _known_name() -> str:
    return _("There is a group of this name already.")
