"""``/_sim/…``: turn the knobs, play the customer, read what happened. Not part of any real API."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from ramal_whatsapp_cloud.testing.graph_routes import answer, verify_callback
from ramal_whatsapp_cloud.testing.world import World

RULES = Map(
    [
        Rule("/_sim/configure", endpoint="configure", methods=["GET", "POST"]),
        Rule("/_sim/inbound", endpoint="inbound", methods=["GET", "POST"]),
        Rule("/_sim/webhook", endpoint="webhook", methods=["POST"]),
        Rule("/_sim/ledger", endpoint="ledger", methods=["GET"]),
        Rule("/_sim/reads", endpoint="reads", methods=["GET"]),
        Rule("/_sim/deliveries", endpoint="deliveries", methods=["GET"]),
    ]
)


class ControlRoutes:
    """One method for each endpoint of ``RULES``; each answers JSON."""

    def __init__(self, world: World) -> None:
        self._world = world

    def handle(self, request: Request, endpoint: str, arguments: dict[str, str]) -> Response:
        try:
            body = json.loads(request.get_data() or b"{}")
            result: dict[str, Any] = getattr(self, endpoint)(request, body)
        except (ValueError, KeyError, TypeError) as error:
            return Response(json.dumps({"error": repr(error)}), 400, content_type="application/json")
        return answer(result)

    def configure(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """``{"account": {...}, "behaviour": {...}, "verify": true}``; the answer is the present state."""
        account = self._world.account
        for name, value in (body.get("account") or {}).items():
            if name not in {knob.name for knob in dataclasses.fields(account)}:
                raise KeyError(name)
            setattr(account, name, value)
        self._world.behaviour.update(body.get("behaviour") or {})
        if body.get("verify"):
            verify_callback(account.callback_url, account.verify_token)
        if request.method == "POST":
            self._world.save()
            self._world.courier.wake()
        return {"account": dataclasses.asdict(account), "behaviour": self._world.behaviour.as_dict()}

    def inbound(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """POST one message, or ``{"messages": [...]}``; GET what customers wrote so far."""
        if request.method == "GET":
            after = int(request.args.get("after", 0))
            return {"items": self._world.written.rows(after), "pending": self._world.courier.pending()}
        messages = body.get("messages", [body])
        return {"wamids": [self._world.customer_writes(message) for message in messages]}

    def webhook(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """Any other webhook: ``{"field", "value"}``, about a number with ``phone_number_id``."""
        number = body.get("phone_number_id")
        if number:
            self._world.send_value(number, body["field"], body["value"], lane=f"field:{number}")
        else:
            self._world.send_account_value(body["field"], body["value"])
        return {"pending": self._world.courier.pending()}

    def ledger(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """What was accepted, in order; ``?after=<seq>`` for the rest."""
        return {"items": self._world.accepted.rows(int(request.args.get("after", 0)))}

    def reads(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        return {"items": list(self._world.reads)}

    def deliveries(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """Every webhook POST with its answer, and how many wait."""
        attempts = [dataclasses.asdict(attempt) for attempt in list(self._world.courier.attempts)]
        return {"items": attempts, "pending": self._world.courier.pending()}
