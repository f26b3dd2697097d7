"""What a person does with a session. The provider is told by the one who holds the session's lease, at once."""

from __future__ import annotations

import uuid
from dataclasses import replace

from ramal.api import (
    Conflict,
    InvalidPayload,
    NotFound,
    audit,
    channel_context,
    parse_phone,
    transaction,
)
from ramal.api import gettext as _
from ramal_whatsapp_web.drivers import driver_of
from ramal_whatsapp_web.drivers.base import Driver, DriverCapability, Qr, SessionStatus
from ramal_whatsapp_web.drivers.base import SessionState as State
from ramal_whatsapp_web.models import Session
from ramal_whatsapp_web.services import driving, news, sessions, states, twins
from ramal_whatsapp_web.services.sessions import Number


def start(session_id: uuid.UUID, *, ended_elsewhere: bool = False) -> Number:
    """Have it running. Conflict while a copy of it is live in this installation, whatever is said; and for one that
    was exported, unless somebody says that it ended on the other installation, which nobody here can see.
    """
    with transaction():
        row = sessions.locked(session_id)
        twins.refuse_other(row)
        if row.exported_at is not None and not ended_elsewhere:
            raise Conflict(
                _(
                    "This session was exported. Two copies of one session disconnect each other: start it here only "
                    "when it has ended on the other installation, and say so."
                )
            )
        sessions.start_now(row)
        _audit(row, "started")
    return sessions.get_number(session_id)


def restart(session_id: uuid.UUID) -> Number:
    """Stop and start it; the phone stays paired. Conflict unless it is meant to run."""
    with transaction():
        row = sessions.locked(session_id)
        if not row.wanted:
            raise Conflict(_("The session is stopped: start it."))
        sessions.start_now(row, "restart")
        _audit(row, "restarted")
    return sessions.get_number(session_id)


def stop(session_id: uuid.UUID) -> Number:
    """Stop it; the phone stays paired, messages wait."""
    with transaction():
        row = sessions.locked(session_id)
        row.wanted, row.wish = False, "stop"
        news.ring(row)
        _audit(row, "stopped")
    return sessions.get_number(session_id)


def logout(session_id: uuid.UUID) -> Number:
    """Unpair the phone: to go on, a new QR code has to be read."""
    with transaction():
        row = sessions.locked(session_id)
        row.wanted, row.wish = False, "logout"
        news.ring(row)
        _audit(row, "logged_out")
    return sessions.get_number(session_id)


def current_qr(session_id: uuid.UUID) -> Qr:
    """The code to read now, fresh from the provider. NotFound while there is none; ProviderError."""
    number = sessions.get_number(session_id)
    qr = _driver(number, DriverCapability.QR).qr()
    if qr is None:
        raise NotFound(_("There is no QR code to read at the moment."))
    row = number.session
    if row.qr_hash == driving.hash_of(qr):  # known since the supervisor first saw it
        return replace(qr, expires_at=row.qr_expires_at, left=row.qr_left)
    return qr


def pairing_code(session_id: uuid.UUID, phone: str) -> str:
    """A code to type into the phone instead of reading a picture. InvalidPayload, Conflict, ProviderError."""
    number = sessions.get_number(session_id)
    digits = _digits(phone)
    if number.session.state != State.QRCODE:
        raise Conflict(_("A pairing code can be had while the session waits for its QR code. Start it first."))
    code = _driver(number, DriverCapability.PAIRING_CODE).request_code(digits)
    with transaction():
        _audit(sessions.locked(session_id), "code_requested")
    return code


def mark_stopped(row: Session) -> None:
    """It is stopped, and was taken along: in the caller's transaction, the row locked."""
    row.wanted, row.wish, row.next_at = False, None, None
    states.move(row, SessionStatus(State.DISCONNECTED, "exported"), source="person")


def _digits(phone: str) -> str:
    """Country code and number, digits only; as people here write it, without the country code, too."""
    try:
        return parse_phone(phone).removeprefix("+")
    except ValueError:
        text = _("Write the number with its area code, such as (11) 91234-5678.")
        raise InvalidPayload(text, {"phone": [text]}) from None


def _driver(number: Number, capability: DriverCapability) -> Driver:
    driver = driver_of(channel_context(number.channel.id))
    if capability not in driver.capabilities:
        raise Conflict(_("%(driver)s can't do that.", driver=driver.title))
    return driver


def _audit(row: Session, what: str) -> None:
    name = sessions.get_number(row.id).channel.name
    audit(f"whatsapp_web.session.{what}", target=sessions.target(row, name))
