"""What the routes share: a call's family, reading bodies, answering JSON."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from ramal_whatsapp_web.testing.behaviour import Operation
from ramal_whatsapp_web.testing.refusals import RefusalError
from ramal_whatsapp_web.testing.world import World


def rule(method: str, path: str, endpoint: str) -> Rule:
    return Rule(path, endpoint=endpoint, methods=[method])


class Routes:
    """Endpoints by name; each is a method ``(request, **arguments)`` that answers or raises RefusalError."""

    #: Rules, and the family that each endpoint belongs to for the knob ``failures``.
    RULES: ClassVar[Map]
    OPERATION: ClassVar[dict[str, Operation]] = {}

    def __init__(self, world: World) -> None:
        self._world = world

    def handle(self, request: Request, endpoint: str, arguments: dict[str, Any]) -> Response:
        answer: Response = getattr(self, endpoint)(request, **arguments)
        return answer


def answer(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json; charset=utf-8")


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of the body; {} for an empty one. Raises RefusalError (400)."""
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError as error:
        raise RefusalError(400, f"Unexpected token in JSON: {error}") from None
    if not isinstance(body, dict):
        raise RefusalError(400, "The body is not an object")
    return body


def chat_of(request: Request, arguments: dict[str, Any]) -> str | None:
    """The chat a call is about, from its path or its body."""
    if "chat_id" in arguments:
        return str(arguments["chat_id"])
    try:
        chat_id = body_of(request).get("chatId") if request.method in {"POST", "PUT"} else None
    except RefusalError:
        return None
    return str(chat_id) if chat_id else None


def session_of(request: Request, arguments: dict[str, Any]) -> str | None:
    """The session a call is about, from its path, query or body."""
    named = arguments.get("session") or request.args.get("session")
    if named:
        return str(named)
    try:
        return body_of(request).get("session") if request.method in {"POST", "PUT"} else None
    except RefusalError:
        return None


def flag(request: Request, name: str, default: bool) -> bool:
    value = request.args.get(name)
    return default if value is None else value.lower() in {"true", "1", "yes"}


def number(request: Request, name: str, default: int) -> int:
    """A whole number of the query. Raises RefusalError (400)."""
    value = request.args.get(name)
    if value is None:
        return default
    if not value.lstrip("-").isdigit():
        raise RefusalError(400, [f"{name} must be an integer number"])
    return int(value)
