"""``/__control__/…``: turn the knobs, play people and phones, read what happened. Not part of any real API."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from ramal_whatsapp_web.testing.network import PairingError
from ramal_whatsapp_web.testing.routing import Routes, answer, rule

if TYPE_CHECKING:
    from ramal_whatsapp_web.testing.simulator import WahaSimulator

Body = dict[str, Any]
_TROUBLES = ("log_out", "replace", "ban", "restrict", "drop", "silence", "pretend", "sign_passkey")


class ControlRoutes(Routes):
    """One method for each endpoint; each answers JSON, 400 with ``{"error"}`` for a mistake."""

    RULES = Map(
        [
            rule("GET", "/__control__/configure", "configure"),
            rule("POST", "/__control__/configure", "configure"),
            rule("POST", "/__control__/scan", "scan"),
            rule("POST", "/__control__/enter-code", "enter_code"),
            rule("POST", "/__control__/link", "link"),
            rule("POST", "/__control__/people", "people"),
            rule("GET", "/__control__/people", "people"),
            rule("POST", "/__control__/write", "write"),
            rule("POST", "/__control__/owner", "owner"),
            rule("POST", "/__control__/owner-reads", "owner_reads"),
            rule("POST", "/__control__/reveal", "reveal"),
            rule("POST", "/__control__/ack", "ack"),
            rule("POST", "/__control__/trouble/<what>", "trouble"),
            rule("POST", "/__control__/down", "down"),
            rule("GET", "/__control__/ledger", "ledger"),
            rule("GET", "/__control__/written", "written"),
            rule("GET", "/__control__/screen", "screen"),
            rule("GET", "/__control__/files/<sha256>", "file"),
            rule("GET", "/__control__/deliveries", "deliveries"),
        ]
    )

    def __init__(self, simulator: WahaSimulator) -> None:
        super().__init__(simulator.world)
        self._simulator = simulator

    def handle(self, request: Request, endpoint: str, arguments: dict[str, Any]) -> Response:
        try:
            body = json.loads(request.get_data() or b"{}")
            result: Any = getattr(self, endpoint)(request, body, **arguments)
        except PairingError as error:
            return answer({"error": error.problem}, 409)
        except (ValueError, KeyError, TypeError) as error:
            return answer({"error": repr(error)}, 400)
        return result if isinstance(result, Response) else answer(result)

    def configure(self, request: Request, body: Body) -> Body:
        """Knobs by name; the answer is their present state, with the API key."""
        self._simulator.configure(**body)
        return {"behaviour": self._simulator.behaviour.as_dict(), "api_key": self._simulator.api_key}

    # --- phones -----------------------------------------------------------------------------------

    def scan(self, request: Request, body: Body) -> Body:
        """``{value, number?, name?}``; 409 ``{"error": "expired" | "unknown" | "banned"}``."""
        device = self._simulator.scan(**body)
        return {"number": device.account.number}

    def enter_code(self, request: Request, body: Body) -> Body:
        """``{code, number?, name?}``; 409 also with ``wrong_number``."""
        device = self._simulator.enter_code(**body)
        return {"number": device.account.number}

    def link(self, request: Request, body: Body) -> Body:
        """``{session, number, name?, webhook?, hmac_key?, events?}``: linked without a QR code."""
        return self._simulator.link(**body).describe()

    def people(self, request: Request, body: Body) -> Body:
        """POST a person (``number`` or ``lid``, ``name``, ``known``, ``addressing``); GET all."""
        if request.method == "POST":
            self._simulator.person(**body)
        fields = ("name", "number", "lid", "known", "addressing", "registered", "address")
        return {"items": [{name: getattr(item, name) for name in fields} for item in self._simulator.network.people]}

    def write(self, request: Request, body: Body) -> Body:
        """POST one thing a person does, or ``{"messages": [...]}``."""
        return self._each(self._simulator.person_writes, body)

    def owner(self, request: Request, body: Body) -> Body:
        """The same of the owner, on the business's phone."""
        return self._each(self._simulator.owner_writes, body)

    def _each(self, act: Callable[..., str], body: Body) -> Body:
        return {"keys": [act(**message) for message in body.get("messages", [body])]}

    def owner_reads(self, request: Request, body: Body) -> Body:
        self._simulator.owner_reads(**body)
        return {}

    def reveal(self, request: Request, body: Body) -> Body:
        self._simulator.reveal(**body)
        return {}

    def ack(self, request: Request, body: Body) -> Body:
        """``{key, level, where?}``."""
        self._simulator.ack(**body)
        return {}

    # --- trouble ----------------------------------------------------------------------------------

    def trouble(self, request: Request, body: Body, what: str) -> Body:
        """``log_out``, ``replace``, ``ban``, ``restrict``, ``drop``, ``silence``, ``pretend``, ``sign_passkey``."""
        if what not in _TROUBLES:
            raise KeyError(what)
        getattr(self._simulator.trouble, what)(**body)
        return self._simulator.session(body.get("session", "default")).describe()

    def down(self, request: Request, body: Body) -> Body:
        """``{seconds}``: the provider dies, and comes back by itself."""
        self._simulator.go_down(float(body["seconds"]))
        return {}

    # --- what happened ----------------------------------------------------------------------------

    def ledger(self, request: Request, body: Body) -> Body:
        """What the provider was asked to do, in order; ``?after=<seq>`` for the rest."""
        return {"items": self._world.received.rows(int(request.args.get("after", 0)))}

    def written(self, request: Request, body: Body) -> Body:
        """What people and owners did, in order."""
        return {"items": self._world.written.rows(int(request.args.get("after", 0)))}

    def screen(self, request: Request, body: Body) -> Body:
        """``?number=`` or ``?lid=``, ``?where=``: what that person's phone shows."""
        where = request.args.get("where")
        return {"items": self._simulator.screen(request.args.get("number"), request.args.get("lid"), where=where)}

    def file(self, request: Request, body: Body, sha256: str) -> Body:
        return {"data": base64.b64encode(self._simulator.file(sha256)).decode()}

    def deliveries(self, request: Request, body: Body) -> Body:
        """Every webhook POST with its answer, how many wait, and how many were lost."""
        courier = self._world.courier
        attempts = [dataclasses.asdict(attempt) for attempt in list(courier.attempts)]
        return {"items": attempts, "pending": courier.pending(), "lost": courier.lost}
