"""The provider's side of the world: its account, numbers, customers, files, and what was accepted."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ramal_whatsapp_cloud.testing import payloads, pictures
from ramal_whatsapp_cloud.testing.behaviour import Behaviour
from ramal_whatsapp_cloud.testing.courier import Courier, Target
from ramal_whatsapp_cloud.testing.graph_errors import GraphRefusalError, status_error
from ramal_whatsapp_cloud.testing.ledger import Ledger

_MOBILE = re.compile(r"^55([1-9][1-9])9?([6-9]\d{7})$")
WINDOW_SECONDS = 24 * 3600.0
PAIR_BURST, PAIR_SECONDS = 45, 6.0


@dataclass
class Account:
    """One app, one business account, its numbers. Plainly fictional."""

    app_secret: str = "simulated-app-secret"  # noqa: S105
    verify_token: str = "simulated-verify-token"  # noqa: S105
    access_token: str = "simulated-access-token"  # noqa: S105
    waba_id: str = "200000000000001"
    #: phone_number_id -> display number
    numbers: dict[str, str] = field(default_factory=lambda: {"100000000000001": "+55 11 90000-0001"})
    verified_name: str = "Loja Fictícia"
    #: Callback URLs: of the app, and overrides by account or number id.
    callback_url: str = ""
    overrides: dict[str, str] = field(default_factory=dict)


@dataclass
class StoredFile:
    content: bytes
    mime_type: str
    sha256: str


@dataclass(frozen=True)
class Written:
    """A customer's message as a webhook's body, and the lane that keeps its order."""

    wamid: str
    number: str
    lane: str
    payload: dict[str, Any]


class World:
    """State behind the simulated API; each public method is one thing that can happen."""

    def __init__(self, behaviour: Behaviour, account: Account, data_dir: Path | None = None) -> None:
        self.behaviour = behaviour
        self.account = account
        self._data_dir = data_dir
        self._lock = threading.RLock()
        self.accepted = Ledger(data_dir / "accepted.jsonl" if data_dir else None)
        self.written = Ledger(data_dir / "written.jsonl" if data_dir else None)
        self.reads: list[dict[str, Any]] = []
        self._files: dict[str, StoredFile] = {}
        self._links: dict[str, tuple[str, float]] = {}
        self._customers: dict[str, dict[str, Any]] = {}
        self._sent_at: dict[str, deque[float]] = {}
        self._pair_credit: dict[tuple[str, str], float] = {}
        self.courier = Courier(behaviour, self._target)
        self._restore()

    # --- customers write ------------------------------------------------------------------------

    def customer_writes(self, options: Mapping[str, Any]) -> str:
        """A customer sends something; the wamid of it. Options: see ``payloads.content``."""
        written = self.write(options)
        self.courier.post(written.lane, written.number, written.payload)
        return written.wamid

    def write(self, options: Mapping[str, Any]) -> Written:
        """What a customer's message looks like as a webhook; remembered, and not sent yet."""
        options = dict(options)
        kind = str(options.pop("kind", "text"))
        number = str(options.pop("phone_number_id", "") or next(iter(self.account.numbers)))
        customer = self._customer(options)
        if kind in payloads.FILE_KINDS and kind not in options:
            options |= self._incoming_file(kind, options)
        wamid = str(options.pop("wamid", "") or payloads.new_wamid())
        at = int(options.pop("timestamp", 0) or time.time())
        message = payloads.message(wamid, customer, payloads.content(kind, options), at)
        self._last_written(customer, at)
        self.written.append({"wamid": wamid, "phone_number_id": number, "customer": customer, "message": message})
        value = {"messages": [message], "contacts": [payloads.contact(customer)]}
        lane = f"customer:{number}:{customer.get('wa_id') or customer.get('user_id')}"
        return Written(wamid, number, lane, self._payload(number, "messages", value))

    def send_value(
        self, number: str, field_name: str, value: Mapping[str, Any], *, lane: str, delay: float = 0.0
    ) -> None:
        """Post any ``value`` about a number as a webhook."""
        self.courier.post(lane, number, self._payload(number, field_name, value), delay)

    def _payload(self, number: str, field_name: str, value: Mapping[str, Any]) -> dict[str, Any]:
        metadata = {"display_phone_number": self._digits(number), "phone_number_id": number}
        full = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        return payloads.envelope(self.account.waba_id, field_name, full)

    def send_account_value(self, field_name: str, value: Mapping[str, Any]) -> None:
        """Post a ``value`` about the whole account, such as a template's new status."""
        payload = payloads.envelope(self.account.waba_id, field_name, value, int(time.time()))
        self.courier.post("account", next(iter(self.account.numbers)), payload)

    # --- the business sends -----------------------------------------------------------------------

    def accept(self, number: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Take a message: written down first, then its ticks are scheduled. The ledger's row.

        Raises GraphRefusalError when a limit says no.
        """
        address = str(body.get("recipient") or body.get("to"))
        self._check_file(body)
        self._check_reaction(body)
        self._check_limits(number, address)
        row = self.accepted.append(
            {
                "wamid": payloads.new_wamid(),
                "client_ref": body.get("biz_opaque_callback_data"),
                "phone_number_id": number,
                "to": address,
                "type": body["type"],
                "body": dict(body),
                "at": time.time(),
            }
        )
        if "to" in body and "." in address and body.get("recipient_type") != "group":
            return row  # a business-scoped id in "to" is taken and silently lost
        self._schedule_ticks(row)
        return row

    def recipient_id(self, address: str) -> dict[str, str]:
        """How the answer names the recipient: in the spelling under which they are registered."""
        if "." in address:
            return {"input": address, "user_id": address}
        known = self._customers.get(_canonical(address), {})
        return {"input": address, "wa_id": known.get("wa_id") or re.sub(r"\D", "", address)}

    def mark_read(self, number: str, body: Mapping[str, Any]) -> None:
        """A read receipt. Raises GraphRefusalError for a message that nobody wrote."""
        wamid = body["message_id"]
        if not any(row["wamid"] == wamid for row in self.written.rows()):
            raise GraphRefusalError(131009, f"Message {wamid} is not known")
        self.reads.append({"phone_number_id": number, "wamid": wamid, "typing": "typing_indicator" in body})

    def _schedule_ticks(self, row: Mapping[str, Any]) -> None:
        number, to = row["phone_number_id"], row["to"]
        failure = self.behaviour.strike("messages", to, "status")
        code = failure.code if failure else None
        if self.behaviour.enforce_window and not self._window_open(to):
            code = 131047
        words = ["failed"] if code else self.behaviour.statuses
        for position, word in enumerate(words, start=1):
            error = status_error(code) if code else None
            tick = payloads.status(row["wamid"], word, to, row["client_ref"], error)
            delay = self.behaviour.status_delay * position
            self.send_value(number, "messages", {"statuses": [tick]}, lane=row["wamid"], delay=delay)

    def _check_limits(self, number: str, address: str) -> None:
        now = time.monotonic()
        with self._lock:
            recent = self._sent_at.setdefault(number, deque())
            while recent and recent[0] <= now - 1:
                recent.popleft()
            most = self.behaviour.throughput
            if most is not None and len(recent) >= most:
                raise GraphRefusalError(130429, "Cloud API message throughput has been reached.")
            if self.behaviour.pair_limit:
                self._spend_pair(number, address, now)
            recent.append(now)

    def _spend_pair(self, number: str, address: str, now: float) -> None:
        paid_until = max(self._pair_credit.get((number, address), 0.0), now)
        if paid_until - now > (PAIR_BURST - 1) * PAIR_SECONDS:
            raise GraphRefusalError(131056, "Too many messages sent to this recipient in a short time.")
        self._pair_credit[number, address] = paid_until + PAIR_SECONDS

    def _check_file(self, body: Mapping[str, Any]) -> None:
        media_id = (body.get(body["type"]) or {}).get("id") if body["type"] in payloads.FILE_KINDS else None
        if media_id is not None and media_id not in self._files:
            raise GraphRefusalError(131009, f"Param {body['type']}['id'] is not an uploaded file.")

    def _check_reaction(self, body: Mapping[str, Any]) -> None:
        target = body["reaction"]["message_id"] if body["type"] == "reaction" else None
        rows = [*self.written.rows(), *self.accepted.rows()]
        if target is not None and not any(row["wamid"] == target for row in rows):
            raise GraphRefusalError(131009, f"Message {target} is not known")

    # --- files ------------------------------------------------------------------------------------

    def store(self, content: bytes, mime_type: str) -> str:
        """Keep a file; its media id."""
        media_id = str(10**14 + secrets.randbelow(9 * 10**14))
        file = StoredFile(content, mime_type, hashlib.sha256(content).hexdigest())
        with self._lock:
            self._files[media_id] = file
        if self._data_dir:
            folder = self._data_dir / "media"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / media_id).write_bytes(content)
            (folder / f"{media_id}.type").write_text(mime_type)
        return media_id

    def file(self, media_id: str) -> StoredFile | None:
        return self._files.get(media_id)

    def link(self, media_id: str) -> str:
        """A token for the file's download address, good for ``media_url_ttl`` seconds."""
        token = secrets.token_urlsafe(12)
        self._links[token] = (media_id, time.monotonic() + self.behaviour.media_url_ttl)
        return token

    def linked(self, token: str) -> StoredFile | None:
        media_id, until = self._links.get(token, ("", 0.0))
        return self._files.get(media_id) if time.monotonic() < until else None

    def _incoming_file(self, kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Store the customer's file (or a sample) and describe it as a webhook does."""
        sample, mime_type = pictures.sample(kind)
        try:
            content = base64.b64decode(options["file_base64"]) if "file_base64" in options else sample
        except binascii.Error:
            content = sample
        mime_type = str(options.get("mime_type") or mime_type)
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        described: dict[str, Any] = {
            "id": self.store(content, mime_type),
            "mime_type": mime_type,
            "sha256": digest,
        }
        if kind == "document":
            described["filename"] = options.get("filename") or "pedido.pdf"
        return described

    # --- configuration --------------------------------------------------------------------------

    def save(self) -> None:
        """Keep the account's data and the knobs over a restart."""
        if self._data_dir:
            state = {"account": asdict(self.account), "behaviour": self.behaviour.as_dict()}
            self._data_dir.mkdir(parents=True, exist_ok=True)
            (self._data_dir / "state.json").write_text(json.dumps(state, indent=1))

    def _restore(self) -> None:
        if not self._data_dir:
            return
        state_file = self._data_dir / "state.json"
        if state_file.exists():
            state = json.loads(state_file.read_text())
            self.account.__dict__.update(state["account"])
            self.behaviour.update(state["behaviour"])
        for path in self._data_dir.glob("media/*.type"):
            content = path.with_suffix("").read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            self._files[path.stem] = StoredFile(content, path.read_text(), digest)
        for row in self.written.rows():
            self._customer(row["customer"])

    def has_callback(self) -> bool:
        """Whether anyone would hear a customer."""
        return any(self._target(number) for number in self.account.numbers)

    def _target(self, number: str) -> Target | None:
        overrides = self.account.overrides
        url = overrides.get(number) or overrides.get(self.account.waba_id) or self.account.callback_url
        return (url, self.account.app_secret) if url else None

    # --- customers --------------------------------------------------------------------------------

    def _customer(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The customer that ``options`` names by ``wa_id`` (or ``from``) and ``user_id``, remembered."""
        wa_id = str(options.get("wa_id") or options.get("from") or "")
        user_id = str(options.get("user_id") or "")
        if not wa_id and not user_id:
            wa_id = "5511900000002"
        name = options.get("name") or f"Cliente {(wa_id or user_id)[-4:]}"
        customer = {"wa_id": wa_id, "user_id": user_id, "name": name, "username": options.get("username")}
        customer = {key: value for key, value in customer.items() if value}
        with self._lock:
            known = self._customers.setdefault(_canonical(wa_id or user_id), {})
            known.update(customer)
        return customer

    def customer(self, address: str) -> dict[str, Any]:
        """What is known of a customer; empty for a stranger."""
        return dict(self._customers.get(_canonical(address), {}))

    def _last_written(self, customer: Mapping[str, Any], at: float) -> None:
        with self._lock:
            self._customers[_canonical(customer.get("wa_id") or customer["user_id"])]["wrote_at"] = at

    def _window_open(self, address: str) -> bool:
        wrote_at = self._customers.get(_canonical(address), {}).get("wrote_at", 0.0)
        return time.time() - float(wrote_at) < WINDOW_SECONDS

    def _digits(self, number: str) -> str:
        return re.sub(r"\D", "", self.account.numbers.get(number, number))


def _canonical(address: str) -> str:
    """One key for both spellings of a Brazilian mobile number."""
    match = _MOBILE.match(address)
    return f"55{match[1]}9{match[2]}" if match else address
