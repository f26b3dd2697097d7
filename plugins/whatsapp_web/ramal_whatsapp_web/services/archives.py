"""Taking a session to another installation, still paired. Only one of the two may ever be running."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from ramal.api import (
    Conflict,
    InvalidPayload,
    audit,
    channel_context,
    connect_channel,
    transaction,
    utcnow,
)
from ramal.api import gettext as _
from ramal_whatsapp_web import archive
from ramal_whatsapp_web.drivers import driver_of
from ramal_whatsapp_web.drivers.base import Driver, DriverCapability, Me
from ramal_whatsapp_web.drivers.base import SessionState as State
from ramal_whatsapp_web.errors import ProviderError
from ramal_whatsapp_web.models import Session
from ramal_whatsapp_web.names import KIND
from ramal_whatsapp_web.schemas.archives import ArchiveSchema
from ramal_whatsapp_web.services import commands, sessions, states, twins
from ramal_whatsapp_web.services.sessions import Number

#: Settings that are this installation's own and are made anew on the other one.
_OWN = frozenset({"webhook_secrets"})


def export(session_id: uuid.UUID, password: str) -> bytes:
    """The archive; the session does not start here by itself any more.

    Conflict while it is live here, or its driver can't; InvalidPayload for a weak password; ProviderError.
    """
    sessions.demand_channels()
    number = sessions.get_number(session_id)
    driver = _able(channel_context(number.channel.id))
    _refuse_live(number.session, driver)
    content = {
        "kind": KIND,
        "name": number.channel.name,
        "driver": driver.name,
        "pairing": str(number.session.pairing_id),
        "me": {"number": number.session.me_number, "name": number.session.me_name, "lid": number.session.me_lid},
        "first_ready_at": _iso(number.session.first_ready_at),
        "seen_until": _iso(number.session.seen_until),
        "settings": _settings(driver),
        "state": base64.b64encode(driver.export_state()).decode(),
    }
    sealed = archive.seal(content, password)
    with transaction():
        row = sessions.locked(session_id)
        if row.wanted or row.state in states.ALIVE:  # somebody started it meanwhile
            raise _live()
        row.exported_at = utcnow()
        states.remember_since(row)
        commands.mark_stopped(row)
        audit("whatsapp_web.session.exported", target=sessions.target(row, number.channel.name))
    return sealed


def import_session(data: bytes, password: str, *, name: str = "", settings: Mapping[str, Any] | None = None) -> Number:
    """Connect the archive's number here and start it. ``settings`` replace the archive's (server, key, proxy).

    InvalidPayload for what is no archive or a wrong password; Conflict while the number is live here;
    ProviderError where the provider does not take it, and then nothing is left behind.
    """
    sessions.demand_channels()
    try:
        content = ArchiveSchema().load(archive.open_archive(data, password))
        state = base64.b64decode(content["state"], validate=True)
    except (ValidationError, ValueError):
        text = _("This file is no archive of a WhatsApp session.")
        raise InvalidPayload(text, {"file": [text]}) from None
    given = {**content["settings"], "driver": content["driver"], **(settings or {})}
    me, name = Me(**content["me"]), (name or content["name"])[:120]
    since, seen = content["first_ready_at"], content["seen_until"]
    with transaction():
        twins.refuse(content["pairing"], me)
        channel = connect_channel(KIND, name, given)
        row = sessions.open_session(channel.id)
        row.pairing_id = content["pairing"]
        row.me_number, row.me_name, row.me_lid = me.number, me.name, me.lid
        row.first_ready_at, row.seen_until = since, seen
        # In the transaction, so that one that the provider refuses leaves nothing behind.
        _able(channel_context(channel.id)).import_state(state)
        states.remember_since(row)
        row.gap_open = seen is not None
        sessions.start_now(row)
        audit("whatsapp_web.session.imported", target=sessions.target(row, channel.name), after={"number": me.number})
    return sessions.get_number(row.id)


def _able(context: Any) -> Driver:
    driver = driver_of(context)
    if DriverCapability.EXPORT not in driver.capabilities:
        raise Conflict(_("%(driver)s can't hand its sessions over.", driver=driver.title))
    return driver


def _refuse_live(row: Session, driver: Driver) -> None:
    """Neither we nor the provider may think that it runs."""
    if row.wanted or row.wish is not None or row.state in states.ALIVE:
        raise _live()
    if row.first_ready_at is None or row.state == State.LOGGED_OUT:
        raise Conflict(_("No phone is paired with this session: there is nothing to take along."))
    try:
        live = driver.status().state in states.ALIVE
    except ProviderError as error:
        raise Conflict(_("The server can't say whether the session is stopped: %(why)s", why=error.message)) from error
    if live:
        raise _live()


def _settings(driver: Driver) -> dict[str, Any]:
    return {key: value for key, value in driver.settings.items() if key not in _OWN and key != "driver"}


def _live() -> Conflict:
    return Conflict(_("The session is live here. Stop it first: two copies of one session disconnect each other."))


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
