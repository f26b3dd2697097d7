"""A session of the provider: its states, its QR codes, and the device it is connected with."""

from __future__ import annotations

import base64
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ramal_whatsapp_web.testing import payloads
from ramal_whatsapp_web.testing.behaviour import Behaviour
from ramal_whatsapp_web.testing.clock import Timer
from ramal_whatsapp_web.testing.courier import Target
from ramal_whatsapp_web.testing.network import (
    Ban,
    BannedError,
    Device,
    Happening,
    NotLinkedError,
    PhoneNetwork,
    remember,
)
from ramal_whatsapp_web.testing.refusals import RefusalError, WrongStatusError

Status = Literal[
    "STOPPED",
    "STARTING",
    "SCAN_QR_CODE",
    "PASSKEY_REQUIRED",
    "PASSKEY_CONFIRMATION_REQUIRED",
    "WORKING",
    "FAILED",
]


class Announcer(Protocol):
    """Who turns what a session learns into webhooks."""

    def announce_status(self, session: Session) -> None: ...
    def announce(self, session: Session, happening: Happening) -> None: ...
    def carry_waiting(self, session: Session) -> None: ...


@dataclass(frozen=True)
class Code:
    """The QR code on show: its value, which of them it is (from 1), and until when (Unix seconds)."""

    value: str
    index: int
    until: float


class Session:
    """One number, or one to be. All methods run under the network's lock."""

    def __init__(
        self, name: str, config: Mapping[str, Any], network: PhoneNetwork, behaviour: Behaviour, announcer: Announcer
    ) -> None:
        self.name = name
        self.config = dict(config)
        self.status: Status = "STOPPED"
        self.statuses: deque[dict[str, Any]] = deque(maxlen=3)
        self.device: Device | None = None
        self.code: Code | None = None
        self.pairing_code: str | None = None
        self.passkey: dict[str, Any] | None = None
        #: Why the session is in its state, as ``payload.data`` of ``session.status``.
        self.data: dict[str, Any] | None = None
        self.active_at: float | None = None
        #: Says WORKING while the network does not hear of it; while no webhook leaves it.
        self.pretending = False
        self.silent = False
        self._network = network
        self._behaviour = behaviour
        self._announcer = announcer
        self._timer: Timer | None = None
        self._targets: tuple[dict[str, Any], tuple[Target, ...]] | None = None

    # --- life, as the API has it ------------------------------------------------------------------

    def start(self) -> None:
        """Start a stopped session; nothing happens to one that runs, or has failed."""
        if self.status == "STOPPED":
            self._become("STARTING")
            self._later(self._behaviour.delay(self._behaviour.start_delay), self._connect)

    def stop(self) -> None:
        """Stop; the device stays linked."""
        self._put_out()
        if self.status != "STOPPED":
            self._become("STOPPED")

    def restart(self) -> None:
        """Stop and start; the cure for a session that failed, fell silent, or only pretends to work."""
        self.stop()
        self.start()

    def logout(self) -> None:
        """Unlink the device; a session that was running starts from scratch."""
        running = self.status != "STOPPED"
        self._put_out()
        if self.device is not None:
            self._network.unlink(self.device)
            self.device = None
        if running:
            self._become("STOPPED")
            self.start()

    def forget(self) -> None:
        """The end of the session: unlinked and stopped."""
        self._put_out()
        if self.device is not None:
            self._network.unlink(self.device)
        self.status = "STOPPED"

    def power_off(self) -> None:
        """The provider's process is gone; nobody is told."""
        runs = self.runs
        self._put_out()
        self.status = "STOPPED" if runs else self.status

    def describe(self) -> dict[str, Any]:
        """SessionInfo: ``{name, status, config, me, presence, timestamps, engine}``; ``data`` where known."""
        working = self.status == "WORKING" and self.device is not None
        activity = int(self.active_at * 1000) if self.active_at else None
        connected = {"found": True, "connected": working}
        described: dict[str, Any] = {
            "name": self.name,
            "status": self.status,
            "config": self.config,
            "me": self.me,
            "presence": "online" if working else None,
            "timestamps": {"activity": activity},
            "engine": {"engine": "GOWS", "grpc": {"client": "READY", "stream": "READY"}, "gows": connected},
        }
        if self.data is not None and self._behaviour.status_data:
            described["data"] = self.data
        return described

    @property
    def runs(self) -> bool:
        """Whether it is neither stopped nor failed."""
        return self.status not in {"STOPPED", "FAILED"}

    @property
    def targets(self) -> tuple[Target, ...]:
        """The webhooks of the configuration, read once."""
        if self._targets is None or self._targets[0] is not self.config:
            self._targets = self.config, tuple(Target.of(entry) for entry in self.config.get("webhooks") or ())
        return self._targets[1]

    @property
    def me(self) -> dict[str, Any] | None:
        return payloads.me(self.device) if self.device is not None and self.status == "WORKING" else None

    def working(self) -> Device:
        """The device of a session that works. Raises WrongStatusError."""
        if self.status != "WORKING" or self.device is None:
            raise WrongStatusError(self.name, self.status, "WORKING")
        self.active_at = self._network.clock.time()
        return self.device

    # --- pairing ----------------------------------------------------------------------------------

    def qr(self) -> Code:
        """The code to scan now. Raises WrongStatusError when there is none."""
        if self.status != "SCAN_QR_CODE" or self.code is None:
            raise WrongStatusError(self.name, self.status, "SCAN_QR_CODE")
        return self.code

    def request_code(self, number: str) -> str:
        """A pairing code like ``ABCD-EFGH`` for this number. Raises WrongStatusError, RefusalError."""
        if self.status != "SCAN_QR_CODE":
            raise WrongStatusError(self.name, self.status, "SCAN_QR_CODE")
        if not number.isdigit() or not 8 <= len(number) <= 15:
            raise RefusalError(422, "phoneNumber must be digits with country code, without +")
        if self.pairing_code:
            self._network.withdraw(self.pairing_code)
        letters = "".join(secrets.choice("ABCDEFGHJKLMNPQRSTVWXYZ123456789") for _ in range(8))
        code = self.pairing_code = f"{letters[:4]}-{letters[4:]}"
        self._network.offer_code(code, number, self)
        self._network.clock.later(self._behaviour.code_lifetime, lambda: self._withdraw_code(code))
        return code

    def paired(self, device: Device) -> None:
        """The phone has accepted the code."""
        self._withdraw()
        self.device = device
        if self._behaviour.passkey:
            challenge = secrets.token_urlsafe(32)
            self.passkey = {"challenge": challenge, "timeout": 60000, "rpId": "web.whatsapp.com"}
            self.passkey |= {"allowCredentials": [], "userVerification": "required"}
            self._become("PASSKEY_REQUIRED", self.passkey)
        else:
            self._reconnect()

    def passkey_signed(self) -> None:
        """The challenge was signed on web.whatsapp.com. Raises RefusalError when none is pending."""
        if self.status != "PASSKEY_REQUIRED":
            raise RefusalError(422, "No passkey challenge is pending")
        self.passkey = None
        if self._behaviour.passkey_confirmation:
            self._become("PASSKEY_CONFIRMATION_REQUIRED", {"code": f"{secrets.randbelow(10_000):04}"})
        else:
            self._reconnect()

    def passkey_confirmed(self) -> None:
        """The four digits were the same on both sides. Raises RefusalError when nobody asked."""
        if self.status != "PASSKEY_CONFIRMATION_REQUIRED":
            raise RefusalError(422, "No passkey confirmation is pending")
        self._reconnect()

    def _show_code(self, index: int) -> None:
        if index > self._behaviour.qr_count:
            self._fail("qr_timeout", "nobody scanned the QR code")
            return
        self._withdraw()
        seconds = self._behaviour.qr_first if index == 1 else self._behaviour.qr_next
        self.code = Code(_qr_value(), index, self._network.clock.time() + seconds)
        self._network.offer(self.code.value, self)
        self._become("SCAN_QR_CODE")
        self._later(seconds, lambda: self._show_code(index + 1))

    def _withdraw(self) -> None:
        if self.code is not None:
            self._network.withdraw(self.code.value)
        self.code = None

    def _withdraw_code(self, code: str) -> None:
        with self._network.lock:
            self._network.withdraw(code)
            if self.pairing_code == code:
                self.pairing_code = None

    # --- the connection ---------------------------------------------------------------------------

    @property
    def hears(self) -> bool:
        return self.status == "WORKING" and not self.pretending

    def learn(self, happening: Happening) -> None:
        self.active_at = self._network.clock.time()
        self._announcer.announce(self, happening)

    def replaced(self) -> None:
        """Another place connected with the same credentials."""
        self._fail("conflict", "stream replaced: another client connected with the same session", code=440)

    def unlinked(self) -> None:
        """The owner removed the device on the phone."""
        self.device = None
        self._fail("logged_out", "logged out from another device", code=401)

    def banned(self, ban: Ban) -> None:
        reason = "banned" if ban.until is None else "temporary_ban"
        until = int(ban.until) if ban.until is not None else None
        self._fail(reason, ban.message, code=ban.code, until=until)

    def drop(self, seconds: float) -> None:
        """The network is away for a while: STARTING, then WORKING again by itself."""
        if self.status == "WORKING" and self.device is not None:
            self._network.detach(self.device, self)
            self._become("STARTING")
            self._later(seconds, self._connect)

    def announce_restriction(self) -> None:
        """The account's reachout timelock began or ended; the session goes on working."""
        if self.device is not None:
            self.data = {"reachoutTimelock": payloads.timelock(self.device.account)}
            self._announcer.announce_status(self)

    def _reconnect(self) -> None:
        self._become("STARTING")
        self._later(self._behaviour.delay(self._behaviour.start_delay), self._connect)

    def _connect(self) -> None:
        if self.status != "STARTING":
            return
        if self.device is None:
            self._show_code(1)
            return
        try:
            self._network.attach(self.device, self)
        except NotLinkedError:
            self.unlinked()
        except BannedError as error:
            self.banned(error.ban)
        else:
            self._become("WORKING")
            self._catch_up(self.device)

    def _catch_up(self, device: Device) -> None:
        """What came in the meantime goes into the memory, and to the webhooks only if the knob says so."""
        waiting, device.waiting = device.waiting, []
        for happening in waiting:
            remember(device, happening)
            if self._behaviour.replay_offline:
                self._announcer.announce(self, happening)
        self._announcer.carry_waiting(self)

    def _put_out(self) -> None:
        """Let go of codes, timers and the connection."""
        self._withdraw()
        if self.pairing_code:
            self._withdraw_code(self.pairing_code)
        if self._timer is not None:
            self._timer.cancel()
        self.pretending = self.silent = False
        self.passkey = None
        if self.device is not None:
            self._network.detach(self.device, self)

    def _fail(self, reason: str, message: str, **details: Any) -> None:
        self._put_out()
        self._become("FAILED", {"reason": reason, "message": message, **details})

    def _become(self, status: Status, data: dict[str, Any] | None = None) -> None:
        self.status, self.data = status, data
        self.statuses.append({"status": status, "timestamp": int(self._network.clock.time() * 1000)})
        self._announcer.announce_status(self)

    def _later(self, seconds: float, action: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._network.clock.later(seconds, lambda: self._locked(action))

    def _locked(self, action: Any) -> None:
        with self._network.lock:
            action()


def _qr_value() -> str:
    """A QR code's text as WhatsApp's: ``2@<reference>,<three keys in base64>``."""
    keys = [base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(3)]
    reference = base64.b64encode(secrets.token_bytes(66)).decode()
    return ",".join([f"2@{reference}", *keys])
