"""PIX: an organization's keys, and codes made with them or with the address that a bank gave."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from ramal.api import (
    Conflict,
    InvalidPayload,
    NotFound,
    Page,
    audit,
    get_contact,
    new_id,
    page_by_key,
    session,
    transaction,
)
from ramal.api import gettext as _
from ramal_documents.models import PixCode, PixKey
from ramal_documents.pix import dynamic_code, keys, static_code
from ramal_documents.services.actors import actor
from ramal_documents.services.problems import told

#: Letters and digits of a txid that a static code has room for.
_TXID = 25


def list_keys(*, active_only: bool = False) -> Sequence[PixKey]:
    """The keys, first one first."""
    query = select(PixKey).order_by(PixKey.id)
    if active_only:
        query = query.where(PixKey.active)
    found: Sequence[PixKey] = session.execute(query).scalars().all()
    return found


def get_key(key_id: uuid.UUID) -> PixKey:
    """One. NotFound."""
    found: PixKey | None = session.execute(select(PixKey).where(PixKey.id == key_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such PIX key."))
    return found


def create_key(values: Mapping[str, Any]) -> PixKey:
    """Add a key, in the form the DICT keeps. InvalidPayload says what is wrong with it, or with name and city."""
    with told():
        type_ = values.get("type") or keys.type_of(values["key"])
        key = keys.normalised(values["key"], type_)
        static_code(key, key_type=type_, **_holder(values))
    with transaction() as open_session:
        if session.execute(select(PixKey.id).where(PixKey.key == key)).first():
            message = _("This key is here already.")
            raise Conflict(message, {"key": [message]})
        row = PixKey(type=type_, key=key, **_holder(values))
        open_session.add(row)
        open_session.flush()
        audit("documents.pix_key.created", target=("pix_key", row.id, row.key), after=_facts(row))
    return row


def switch_key(key_id: uuid.UUID, *, active: bool) -> PixKey:
    """Use a key for new codes, or no longer. What was made with it stays."""
    with transaction():
        row = get_key(key_id)
        if row.active != active:
            before = _facts(row)
            row.active = active
            audit("documents.pix_key.updated", target=("pix_key", row.id, row.key), before=before, after=_facts(row))
    return row


def generate(values: Mapping[str, Any]) -> PixCode:
    """Make a code: static with ``key_id``, dynamic with ``url``. InvalidPayload names what does not fit."""
    contact_id = values.get("contact_id")
    contact = get_contact(contact_id) if contact_id else None
    if bool(values.get("key_id")) == bool(values.get("url")):
        message = _("A key makes a static code, the address of a charge a dynamic one: give one of the two.")
        raise InvalidPayload(message, {"key_id": [message]})
    row = _dynamic(values) if values.get("url") else _static(values)
    row.contact_id = contact.id if contact else None
    row.created_by = actor()[0]
    with transaction() as open_session:
        if row.txid and session.execute(select(PixCode.id).where(PixCode.txid == row.txid)).first():
            message = _("This txid was given to another code.")
            raise Conflict(message, {"txid": [message]})
        open_session.add(row)
    return row


def get_code(code_id: uuid.UUID) -> PixCode:
    """One. NotFound."""
    found: PixCode | None = session.execute(select(PixCode).where(PixCode.id == code_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such PIX code."))
    return found


def list_codes(*, contact_id: uuid.UUID | None = None, cursor: str | None = None, page_size: int = 20) -> Page:
    """Newest first, by key."""
    query = select(PixCode)
    if contact_id is not None:
        query = query.where(PixCode.contact_id == contact_id)
    return page_by_key(query, ((PixCode.id, uuid.UUID),), cursor=cursor, page_size=page_size)


def _static(values: Mapping[str, Any]) -> PixCode:
    key = get_key(values["key_id"])
    if not key.active:
        message = _("This key is switched off.")
        raise Conflict(message, {"key_id": [message]})
    txid = values.get("txid") or new_id().hex[-_TXID:]
    description = values.get("description") or ""
    with told():
        text = static_code(
            key.key,
            key_type=_type(key),
            amount=values.get("amount"),
            txid=txid,
            info=description,
            name=key.name,
            city=key.city,
            postal_code=key.postal_code,
        )
    amount = values.get("amount")
    return PixCode(kind="static", key_id=key.id, amount=amount, txid=txid, description=description, text=text)


def _dynamic(values: Mapping[str, Any]) -> PixCode:
    with told():
        text = dynamic_code(
            values["url"],
            name=values.get("name") or "",
            city=values.get("city") or "",
            amount=values.get("amount"),
            single_use=values.get("single_use", True),
        )
    return PixCode(kind="dynamic", amount=values.get("amount"), description=values.get("description") or "", text=text)


def _holder(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": values["name"], "city": values["city"], "postal_code": values.get("postal_code") or ""}


def _type(key: PixKey) -> keys.KeyType:
    found: Any = key.type
    checked: keys.KeyType = found
    return checked


def _facts(row: PixKey) -> dict[str, Any]:
    # Not under "key": that name is masked as a secret's.
    return {"type": row.type, "pix": row.key, "name": row.name, "city": row.city, "active": row.active}
