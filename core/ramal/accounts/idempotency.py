"""Idempotency-Key on POST: the same key within 24 hours answers what the first request answered.

The key's row is committed before the view runs, so two requests at once can't both take effect;
it is removed again when the view fails, so that a mended request may use the key. The answer is
kept encrypted: a new API token's is the only place where that token is ever written.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta

from flask import Flask, Response, g, jsonify, request
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.postgresql import insert

from ramal.accounts.models import IdempotencyKey
from ramal.database.base import new_id, utcnow
from ramal.database.crypto import decrypt, encrypt
from ramal.database.session import db, system_transaction, transaction
from ramal.errors import Conflict, InvalidPayload
from ramal.http.principal import principal_or_none
from ramal.i18n import gettext as _

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
#: A request that died without an answer blocks its key for this long.
ABANDONED = timedelta(minutes=2)
MAXIMUM = 200
_PURPOSE = "idempotency_key.response"


def init_app(app: Flask) -> None:
    """Look at every POST to the API that carries the header."""
    app.before_request(_begin)
    app.after_request(_remember)


def forget_old_keys() -> int:
    """Remove keys older than 24 hours (housekeeping); how many."""
    with system_transaction() as session:
        query = delete(IdempotencyKey).where(IdempotencyKey.created_at < utcnow() - KEPT).returning(IdempotencyKey.id)
        return len(session.execute(query).all())


def _begin() -> Response | None:
    key = request.headers.get(HEADER)
    principal = principal_or_none()
    if key is None or request.method != "POST" or not request.path.startswith("/api/"):
        return None
    if principal is None or principal.user_id is None or principal.organization_id is None:
        return None
    if not 1 <= len(key) <= MAXIMUM:
        raise InvalidPayload(_("Some of the data does not fit."), {HEADER: [_("Invalid value.")]})
    digest = _request_hash()
    if _claim(principal.user_id, key, digest):
        g.idempotency_key = (principal.user_id, key)
        return None
    return _answer_again(principal.user_id, key, digest)


def _claim(user_id: uuid.UUID, key: str, digest: str) -> bool:
    """Take the key; False if it is in use or used."""
    now = utcnow()
    with transaction() as session:
        stale = (IdempotencyKey.created_at < now - KEPT) | (
            IdempotencyKey.status.is_(None) & (IdempotencyKey.created_at < now - ABANDONED)
        )
        session.execute(delete(IdempotencyKey).where(*_of(user_id, key), stale))
        values = {
            "id": new_id(),
            "organization_id": session.info["organization_id"],
            "user_id": user_id,
            "key": key,
            "request_hash": digest,
            "created_at": now,
        }
        made = session.execute(
            insert(IdempotencyKey).values(values).on_conflict_do_nothing().returning(IdempotencyKey.id)
        ).first()
    return made is not None


def _answer_again(user_id: uuid.UUID, key: str, digest: str) -> Response:
    row = db.session.execute(select(IdempotencyKey).where(*_of(user_id, key))).scalar_one_or_none()
    db.session.rollback()
    if row is None or row.status is None:
        raise Conflict(_("A request with this key is still being carried out."))
    if row.request_hash != digest:
        raise InvalidPayload(_("This key was used for another request."), {HEADER: [_("Used for another request.")]})
    kept = decrypt((row.response or {}).get("sealed"), _PURPOSE)
    response = jsonify(kept.get("body"))
    response.status_code = row.status
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _remember(response: Response) -> Response:
    claimed = g.pop("idempotency_key", None)
    if claimed is None:
        return response
    user_id, key = claimed
    db.session.rollback()
    with transaction() as session:
        row = session.execute(select(IdempotencyKey).where(*_of(user_id, key))).scalar_one()
        if response.status_code >= 400 or not response.is_json:
            session.delete(row)
        else:
            row.status = response.status_code
            row.response = {"sealed": encrypt({"body": response.get_json()}, _PURPOSE)}
    return response


def _of(user_id: uuid.UUID, key: str) -> tuple[ColumnElement[bool], ...]:
    return IdempotencyKey.user_id == user_id, IdempotencyKey.key == key


def _request_hash() -> str:
    parts = (request.path.encode(), request.query_string, request.get_data(cache=True))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
