"""WAHA's words for a session's state, in ours.

``FAILED`` is its answer to everything that ends a session; what it was stands, if anywhere, in the
words beside it. ``PASSKEY_*`` (since 2026.7) asks for a signature on web.whatsapp.com.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ramal.api import gettext as _
from ramal_whatsapp_web.drivers.base import Me, SessionState, SessionStatus
from ramal_whatsapp_web.drivers.waha.parse.ids import jid, text

_STATES: Mapping[str, SessionState] = {
    "STARTING": SessionState.CONNECTING,
    "SCAN_QR_CODE": SessionState.QRCODE,
    "WORKING": SessionState.READY,
    "STOPPED": SessionState.DISCONNECTED,
    "FAILED": SessionState.FAILED,
}
#: Words beside ``FAILED`` → what they mean, the first that matches.
_ENDINGS: Sequence[tuple[re.Pattern[str], SessionState, str]] = (
    (re.compile(r"conflict|replaced|\b440\b", re.I), SessionState.FAILED, "conflict"),
    (re.compile(r"temp\w*[ _]ban", re.I), SessionState.BANNED, "temporary_ban"),
    (re.compile(r"(?<![a-z])ban(ned|\b)|blocked|\b403\b|\b402\b", re.I), SessionState.BANNED, "banned"),
    (re.compile(r"logged.?out|logout|unpair|device removed|\b401\b", re.I), SessionState.LOGGED_OUT, "logged_out"),
    (re.compile(r"\bqr|scan", re.I), SessionState.FAILED, "qr_timeout"),
)


def status_of(word: Any, words: str = "", *, me: Any = None, before: Any = None) -> SessionStatus:
    """The state behind WAHA's ``status``; ``before`` is the status it had before, ``words`` what it says besides."""
    name = (text(word) or "").upper()
    account = me_of(me)
    if name.startswith("PASSKEY"):
        state, reason = SessionState.ACTION_REQUIRED, "passkey"
    elif name == "STARTING" and (text(before) or "").upper() == "SCAN_QR_CODE":
        state, reason = SessionState.AUTHENTICATED, None
    elif name == "FAILED":
        state, reason = _ending(words)
    else:
        state, reason = _STATES.get(name, SessionState.FAILED), None if name in _STATES else name.lower() or "unknown"
    return SessionStatus(state, reason, sentence_of(state, reason), account)


def me_of(value: Any) -> Me | None:
    """The account a session belongs to."""
    if not isinstance(value, Mapping):
        return None
    number, lid = jid(value.get("id")), jid(value.get("lid"))
    if number is None and lid is None:
        return None
    phone = number.user if number and number.kind == "phone" else None
    return Me(phone, text(value.get("pushName")) or text(value.get("name")), lid.user if lid else None)


def sentence_of(state: SessionState, reason: str | None) -> str:
    """What a person reads about a state."""
    by_reason = {
        "conflict": _("Another program took over this session."),
        "qr_timeout": _("Nobody scanned the QR code in time."),
        "temporary_ban": _("WhatsApp banned this number for a while."),
        "passkey": _("WhatsApp asks for a passkey. Confirm it on web.whatsapp.com."),
    }
    if reason in by_reason:
        return by_reason[reason]
    return {
        SessionState.CONNECTING: _("Connecting to WhatsApp."),
        SessionState.QRCODE: _("Waiting for the QR code to be scanned."),
        SessionState.AUTHENTICATED: _("The code was accepted; the phone is being connected."),
        SessionState.READY: _("Connected."),
        SessionState.DISCONNECTED: _("Disconnected."),
        SessionState.ACTION_REQUIRED: _("Somebody has to act on the phone."),
        SessionState.LOGGED_OUT: _("The session was ended on the phone."),
        SessionState.BANNED: _("WhatsApp banned this number."),
        SessionState.FAILED: _("The session failed at the provider."),
    }[state]


def _ending(words: str) -> tuple[SessionState, str | None]:
    for pattern, state, reason in _ENDINGS:
        if pattern.search(words):
            return state, reason
    return SessionState.FAILED, None
