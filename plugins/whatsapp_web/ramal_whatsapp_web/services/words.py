"""What people read about a session: a word for its state, a sentence for what is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping

from ramal.api import lazy_gettext as _l
from ramal_whatsapp_web.drivers.base import SessionState as State

TITLES: Mapping[str, object] = {
    State.CONNECTING: _l("Connecting"),
    State.QRCODE: _l("Waiting for the QR code to be read"),
    State.AUTHENTICATED: _l("Paired, getting ready"),
    State.READY: _l("Connected"),
    State.DISCONNECTED: _l("Disconnected"),
    State.ACTION_REQUIRED: _l("Waits for you"),
    State.LOGGED_OUT: _l("Logged out"),
    State.BANNED: _l("Banned"),
    State.FAILED: _l("Failed"),
}
BADGES: Mapping[str, str] = {
    State.CONNECTING: "info",
    State.QRCODE: "info",
    State.AUTHENTICATED: "info",
    State.READY: "success",
    State.DISCONNECTED: "warning",
    State.ACTION_REQUIRED: "warning",
    State.LOGGED_OUT: "danger",
    State.BANNED: "danger",
    State.FAILED: "danger",
}
ICONS: Mapping[str, str] = {
    State.CONNECTING: "loader",
    State.QRCODE: "qrcode",
    State.AUTHENTICATED: "device-mobile",
    State.READY: "circle-check",
    State.DISCONNECTED: "plug-off",
    State.ACTION_REQUIRED: "alert-triangle",
    State.LOGGED_OUT: "logout",
    State.BANNED: "ban",
    State.FAILED: "alert-circle",
}

_STATES: Mapping[str, object] = {
    State.CONNECTING: _l("The server is starting the session. This takes a few seconds."),
    State.QRCODE: _l("Read the QR code with the phone, or use a pairing code."),
    State.AUTHENTICATED: _l("The phone is paired. The session is loading its conversations."),
    State.READY: _l("Messages come in and go out."),
    State.DISCONNECTED: _l("Nothing comes in or goes out. It is being connected again by itself; messages wait."),
    State.ACTION_REQUIRED: _l("WhatsApp wants something confirmed on the phone or at the server before it goes on."),
    State.LOGGED_OUT: _l("The device was removed on the phone. Connect it again and read a new QR code."),
    State.BANNED: _l("WhatsApp has banned this number. Open WhatsApp on the phone and ask for a review there."),
    State.FAILED: _l("The session does not start. Try once more; if that does not help, look at the server's own log."),
}
_REASONS: Mapping[str, object] = {
    "stopped": _l("You stopped it. The phone stays paired; start it to go on."),
    "exported": _l("It was taken to another installation and does not start here by itself."),
    "new": _l("It was never started."),
    "silent": _l("The server said that all was well, but nothing came through any more. The session is restarted."),
    "stuck": _l("It did not get ready in time. It is started again."),
    "unreachable": _l(
        "The server can't be reached. Check that it runs and that its address is right; we go on trying."
    ),
    "private": _l(
        "The server's address is not on the public Internet, and Ramal calls no others. Whoever runs this installation "
        "can allow it: RAMAL_OUTBOUND_ALLOW=host:port."
    ),
    "no_answer": _l("The server does not answer in time. We go on trying; messages wait."),
    "unreadable": _l(
        "The server's answer can't be read. Check its address, and that its version is new enough; we go on trying."
    ),
    "internal": _l(
        "Something went wrong here, not at the server. It is tried again by itself; the installation's log says what."
    ),
    "html": _l(
        "A web page answers where the server should. Check the address: maybe a proxy or another program is there."
    ),
    "redirected": _l(
        "The server's address leads on to another one, and nothing is sent there. Enter the address where the server "
        "itself answers, often the same with https."
    ),
    "key_refused": _l("The server refuses our key. Enter the right one under Server, then start the session."),
    "missing": _l("The server does not know this session any more. It is made anew; the QR code may have to be read."),
    "qr_timeout": _l("Nobody read the QR code in time. Start again to get a new one."),
    "conflict": _l(
        "Another program uses this session. Stop it there, or log out on the phone, and then start it here."
    ),
    "logged_out_here": _l("You logged it out. Connect it again and read a new QR code."),
    "temporary_ban": _l(
        "WhatsApp has banned this number for a while. Wait until the phone works again, then start it and send less."
    ),
    "passkey": _l(
        "WhatsApp asks for a passkey. Confirm it on web.whatsapp.com with this number; the session then goes on."
    ),
    "not_ready": _l("The server knows the session, but it is not connected to WhatsApp. It is being started again."),
}


def title(state: str) -> str:
    """The state in a word or two."""
    return str(TITLES.get(state, state))


def sentence(state: str, reason: str | None, detail: str | None = None) -> str:
    """What it means and what to do; in the provider's own words where we know nothing better."""
    known = _REASONS.get(reason or "")
    if known is not None:
        return str(known)
    return detail if detail and reason not in (None, state) else str(_STATES.get(state, ""))
