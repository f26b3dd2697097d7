"""The driver for WAHA (any engine; GOWS is the one to choose)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from ramal.api import (
    Alias,
    ChannelContext,
    Delivery,
    FailureClass,
    InboundItem,
    InvalidPayload,
    MediaRef,
    MediaStream,
    Outbound,
    SendResult,
    Status,
    WebhookRequest,
    utcnow,
)
from ramal.api import gettext as _
from ramal_whatsapp_web.drivers.base import (
    Driver,
    DriverCapability,
    Qr,
    Resolved,
    SessionState,
    SessionStatus,
)
from ramal_whatsapp_web.drivers.waha import history as history_module
from ramal_whatsapp_web.drivers.waha import signature
from ramal_whatsapp_web.drivers.waha.client import FILE_TIMEOUT, SEND_TIMEOUT, WahaClient, segment, unreadable
from ramal_whatsapp_web.drivers.waha.media import open_media
from ramal_whatsapp_web.drivers.waha.outbound import encoded, request_of
from ramal_whatsapp_web.drivers.waha.parse import EVENTS, parse_delivery
from ramal_whatsapp_web.drivers.waha.parse.ids import jid, message_id, text
from ramal_whatsapp_web.drivers.waha.parse.people import dig
from ramal_whatsapp_web.drivers.waha.states import sentence_of, status_of
from ramal_whatsapp_web.errors import ProviderError, SessionMissingError, SessionNotReadyError

#: Seconds: starting a session may launch a browser.
START_TIMEOUT = 60.0
#: How often the provider repeats a webhook that we did not take, and the seconds between.
RETRIES = {"policy": "exponential", "delaySeconds": 2, "attempts": 15}
#: How long a QR code lives at least; the first one of a session lives for 60 seconds.
QR_LIFE = timedelta(seconds=20)
_PNG = b"\x89PNG"


class WahaDriver(Driver):
    """One session of a WAHA server."""

    name: ClassVar[str] = "waha"
    title: ClassVar[str] = "WAHA"
    capabilities: ClassVar[frozenset[DriverCapability]] = frozenset({
        DriverCapability.QR,
        DriverCapability.PAIRING_CODE,
        DriverCapability.PROXY,
        DriverCapability.HISTORY,
        DriverCapability.TYPING,
        DriverCapability.READ,
        DriverCapability.REACT,
        DriverCapability.EDIT,
        DriverCapability.REVOKE,
        DriverCapability.MEDIA,
    })  # fmt: skip
    journal_headers = ("x-webhook-request-id",)

    def __init__(self, context: ChannelContext, before: Callable[[], None] = lambda: None) -> None:
        super().__init__(context, before)
        self.client = WahaClient(
            context.http, str(self.settings["server_url"]).rstrip("/"), str(self.settings.get("api_key") or ""), before
        )

    # --- the session ----------------------------------------------------------------------------

    def start(self, webhook_url: str) -> SessionStatus:
        """Create the session, or bring its configuration up to date, and start it.

        A configuration that is right already is left alone: writing it restarts the session.
        """
        config = self._config(webhook_url)
        found = self._session()
        if found is None:
            self.client.post(
                "/api/sessions", {"name": self.session, "start": False, "config": config}, timeout=START_TIMEOUT
            )
        elif not _says(found.get("config"), config) or _proxied(found) is not ("proxy" in config):
            body = {"name": self.session, "config": config}
            self.client.call("PUT", self._path, json=body, timeout=START_TIMEOUT)
        answer = self.client.post(f"{self._path}/start", timeout=START_TIMEOUT)
        return self._status(answer) if isinstance(answer, Mapping) and answer.get("status") else self.status()

    def stop(self) -> SessionStatus:
        return self._do("stop")

    def restart(self) -> SessionStatus:
        return self._do("restart")

    def logout(self) -> SessionStatus:
        return self._do("logout")

    def delete(self) -> None:
        try:
            self.client.call("DELETE", self._path, timeout=START_TIMEOUT)
        except SessionMissingError:
            return

    def status(self) -> SessionStatus:
        found = self._session()
        if found is None:
            state = SessionState.DISCONNECTED
            return SessionStatus(state, "missing", sentence_of(state, None))
        return self._status(found)

    def qr(self) -> Qr | None:
        try:
            picture = self.client.raw(f"/api/{self.session}/auth/qr", accept="image/png", format="image")
            value = text(dig(self.client.get(f"/api/{self.session}/auth/qr", format="raw"), "value"))
        except SessionNotReadyError:
            return None
        png = picture.content if picture.content.startswith(_PNG) else _png_in(picture.text)
        if value is None or png is None:
            return None
        return Qr(value, png, expires_at=utcnow() + QR_LIFE)

    def request_code(self, phone: str) -> str:
        digits = "".join(character for character in phone if character.isdigit())
        answer = self.client.post(f"/api/{self.session}/auth/request-code", {"phoneNumber": digits})
        code = text(dig(answer, "code"))
        if code is None:
            raise unreadable()
        return code

    # --- messages -------------------------------------------------------------------------------

    def send(self, outbound: Outbound) -> SendResult:
        chat, lid = self._chat_of(outbound)
        reply_to = outbound.reply_to and self._full_id(chat, outbound.reply_to, mine=bool(outbound.reply_to_own))
        request = request_of(outbound, self.session, chat, reply_to or None)
        if request.file is None:
            answer = self.client.post(request.path, request.body, timeout=SEND_TIMEOUT)
        else:
            content, length = encoded(request)
            headers = {"Content-Type": "application/json", "Content-Length": str(length)}
            answer = self.client.call("POST", request.path, content=content, headers=headers, timeout=FILE_TIMEOUT)
        id_ = message_id(answer)
        if id_ is None:
            raise unreadable()
        aliases = (Alias("lid", lid),) if lid else ()
        return SendResult(id_.key, Status.ACCEPTED, chat if chat != outbound.address else None, aliases)

    def mark_read(self, address: str, provider_ids: Sequence[str]) -> None:
        ids = [self._full_id(address, provider_id, mine=False) for provider_id in provider_ids]
        self.client.post("/api/sendSeen", {"session": self.session, "chatId": address, "messageIds": ids})

    def typing(self, address: str, active: bool) -> None:
        path = "/api/startTyping" if active else "/api/stopTyping"
        self.client.post(path, {"session": self.session, "chatId": address})

    def react(self, address: str, provider_id: str, emoji: str | None, *, mine: bool = False) -> None:
        full = self._full_id(_chat(address), provider_id, mine=mine)
        body = {"session": self.session, "messageId": full, "reaction": emoji or ""}
        self.client.call("PUT", "/api/reaction", json=body, timeout=SEND_TIMEOUT)

    def edit(self, address: str, provider_id: str, text: str) -> None:
        self.client.call("PUT", self._message_path(address, provider_id), json={"text": text}, timeout=SEND_TIMEOUT)

    def revoke(self, address: str, provider_id: str) -> None:
        self.client.call("DELETE", self._message_path(address, provider_id), timeout=SEND_TIMEOUT)

    def fetch_media(self, ref: MediaRef) -> MediaStream:
        return open_media(self.client, self.session, ref)

    def resolve(self, phone: str) -> Resolved:
        answer = self.client.get("/api/contacts/check-exists", phone=phone, session=self.session)
        if not isinstance(answer, Mapping) or not answer.get("numberExists"):
            return Resolved(False)
        address = jid(answer.get("chatId"))
        if address is None:
            raise unreadable()
        if address.kind == "lid":
            return Resolved(True, f"{address.user}@lid", address.user)
        return Resolved(True, f"{address.user}@c.us", self._lid_of(address.user))

    # --- news -----------------------------------------------------------------------------------

    def verify(self, request: WebhookRequest) -> None:
        signature.verify_signature(request, self.settings.get("webhook_secrets") or ())

    def parse(self, delivery: Delivery) -> Iterable[InboundItem]:
        return parse_delivery(delivery, self.session)

    def history(self, since: datetime, until: datetime | None = None) -> Iterator[bytes]:
        me = dig(self._session(), "me")
        me = {name: me[name] for name in ("id", "lid") if me.get(name)} if isinstance(me, Mapping) else None
        return history_module.history(self.client, self.session, me, since, until)

    def last_activity(self) -> datetime | None:
        return history_module.newest(self.client, self.session)

    # --- inner ----------------------------------------------------------------------------------

    @property
    def _path(self) -> str:
        return f"/api/sessions/{self.session}"

    def _message_path(self, address: str, provider_id: str) -> str:
        chat = _chat(address)
        full = self._full_id(chat, provider_id, mine=True)
        return f"/api/{self.session}/chats/{segment(chat)}/messages/{segment(full)}"

    def _do(self, what: str) -> SessionStatus:
        try:
            self.client.post(f"{self._path}/{what}", timeout=START_TIMEOUT)
        except SessionMissingError:
            if what == "restart":
                raise
        return self.status()

    def _session(self) -> Mapping[str, Any] | None:
        """The provider's record of the session; None where it has none."""
        try:
            found = self.client.get(self._path)
        except ProviderError as error:
            if error.http_status == 404 and not error.provider_code.startswith("HTML"):
                return None
            raise
        if not isinstance(found, Mapping):
            raise unreadable()
        return found

    def _status(self, found: Mapping[str, Any]) -> SessionStatus:
        if not isinstance(found.get("status"), str):
            raise unreadable()
        words = " ".join(str(found.get(name)) for name in ("data", "reason", "error", "message") if found.get(name))
        return status_of(found.get("status"), words, me=found.get("me"))

    def _config(self, webhook_url: str) -> dict[str, Any]:
        secrets = self.settings.get("webhook_secrets") or [""]
        webhook = {
            "url": webhook_url,
            "events": list(EVENTS),
            "hmac": {"key": secrets[0]},
            "retries": RETRIES,
        }
        ignored = dict.fromkeys(("status", "groups", "channels", "broadcast"), True)
        config: dict[str, Any] = {
            "webhooks": [webhook],
            "ignore": ignored,
            "noweb": {"store": {"enabled": True, "fullSync": False}},
        }
        if proxy := str(self.settings.get("proxy") or ""):
            config["proxy"] = proxy_of(proxy)
        return config

    def _chat_of(self, outbound: Outbound) -> tuple[str, str | None]:
        """Where to write, and the person's LID where we learnt it now.

        The address is the chat as it last came. A number typed by a person is looked up first: whether
        it is on WhatsApp, and in which spelling.
        """
        if jid(outbound.address) is not None:
            return _chat(outbound.address), None
        phone = "".join(character for character in outbound.address if character.isdigit())
        if not phone:
            raise InvalidPayload(_("This person has no WhatsApp address."))
        found = self.resolve(phone)
        if not found.exists or found.chat_id is None:
            sentence = _("This number is not on WhatsApp.")
            raise ProviderError(sentence, "NOT_ON_WHATSAPP", FailureClass.PERMANENT)
        return found.chat_id, found.lid

    def _lid_of(self, phone: str) -> str | None:
        """The LID of a number where the provider knows it; nothing depends on it."""
        try:
            found = jid(dig(self.client.get(f"/api/{self.session}/lids/pn/{segment(phone)}"), "lid"))
        except ProviderError:
            return None
        return found.user if found else None

    @staticmethod
    def _full_id(chat: str, provider_id: str, *, mine: bool) -> str:
        return f"{'true' if mine else 'false'}_{chat}_{provider_id}"


def _chat(address: str) -> str:
    """An address as WAHA names chats; one that is none yet as it is."""
    found = jid(address)
    return address if found is None else f"{found.user}@{'c.us' if found.kind == 'phone' else found.server}"


def proxy_of(url: str) -> dict[str, str]:
    """A proxy's address as WAHA takes it: the server without its scheme."""
    parts = urlsplit(url)
    server = {"server": f"{parts.hostname}:{parts.port}"}
    if parts.username:
        server |= {"username": parts.username, "password": parts.password or ""}
    return server


def _proxied(found: Mapping[str, Any]) -> bool:
    """Whether the provider's record of a session has a proxy: one that is no longer wanted must go."""
    return bool(dig(found, "config", "proxy"))


def _says(present: Any, wanted: Any) -> bool:
    """Whether a configuration holds all that is wanted; the provider may add defaults of its own."""
    if isinstance(wanted, Mapping):
        return isinstance(present, Mapping) and all(_says(present.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(present, list)
            and len(present) == len(wanted)
            and all(_says(one, other) for one, other in zip(present, wanted, strict=True))
        )
    return bool(present == wanted)


def _png_in(body: str) -> bytes | None:
    """The picture of a JSON answer ``{mimetype, data}``, which some versions give whatever is asked for."""
    try:
        content = base64.b64decode(json.loads(body)["data"], validate=True)
    except (binascii.Error, KeyError, RecursionError, TypeError, ValueError):
        return None
    return content if content.startswith(_PNG) else None
