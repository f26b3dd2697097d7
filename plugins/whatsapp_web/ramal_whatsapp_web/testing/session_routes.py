"""``/api/sessions…`` and ``/api/{session}/auth/…``: life, linking, and credentials that travel."""

from __future__ import annotations

import base64
from typing import Any, ClassVar

from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from ramal_whatsapp_web.testing import contracts, pictures
from ramal_whatsapp_web.testing.behaviour import Operation
from ramal_whatsapp_web.testing.refusals import RefusalError, WrongStatusError
from ramal_whatsapp_web.testing.routing import Routes, answer, body_of, flag, rule

_LIFE = ("start", "stop", "restart", "logout")


class SessionRoutes(Routes):
    """Answers after WAHA's "Sessions"; ``state`` is the simulator's own, for moving a session."""

    RULES = Map(
        [
            rule("GET", "/api/sessions", "list_sessions"),
            rule("POST", "/api/sessions", "create"),
            rule("GET", "/api/sessions/<session>", "get"),
            rule("PUT", "/api/sessions/<session>", "update"),
            rule("DELETE", "/api/sessions/<session>", "delete"),
            rule("GET", "/api/sessions/<session>/me", "me"),
            rule("GET", "/api/sessions/<session>/state", "export_state"),
            rule("PUT", "/api/sessions/<session>/state", "import_state"),
            *(rule("POST", f"/api/sessions/<session>/{verb}", verb) for verb in _LIFE),
            rule("GET", "/api/<session>/auth/qr", "qr"),
            rule("POST", "/api/<session>/auth/request-code", "request_code"),
            rule("GET", "/api/<session>/auth/passkey/challenge", "passkey_challenge"),
            rule("POST", "/api/<session>/auth/passkey", "passkey"),
            rule("GET", "/api/<session>/auth/passkey/confirmation", "passkey_confirmation"),
            rule("POST", "/api/<session>/auth/passkey/confirm", "passkey_confirm"),
        ]
    )
    OPERATION: ClassVar[dict[str, Operation]] = {
        "qr": "auth",
        "request_code": "auth",
        "passkey": "auth",
        "passkey_challenge": "auth",
        "passkey_confirmation": "auth",
        "passkey_confirm": "auth",
    }

    def handle(self, request: Request, endpoint: str, arguments: dict[str, Any]) -> Response:
        with self._world.lock:
            return super().handle(request, endpoint, arguments)

    # --- life -------------------------------------------------------------------------------------

    def list_sessions(self, request: Request) -> Response:
        """Stopped ones only with ``?all=true``."""
        everything = flag(request, "all", False)
        sessions = self._world.sessions.values()
        return answer([item.describe() for item in sessions if everything or item.status != "STOPPED"])

    def create(self, request: Request) -> Response:
        body = contracts.checked(body_of(request), "session")
        session = self._world.create(body.get("name"), body.get("config") or {}, start=body.get("start", True))
        return answer(session.describe(), 201)

    def get(self, request: Request, session: str) -> Response:
        return answer(self._world.session(session).describe())

    def update(self, request: Request, session: str) -> Response:
        """A whole new configuration; a session that runs is restarted."""
        found = self._world.session(session)
        found.config = dict(contracts.checked(body_of(request), "session").get("config") or {})
        if found.status != "STOPPED":
            found.restart()
        return answer(found.describe())

    def delete(self, request: Request, session: str) -> Response:
        self._world.delete(session)
        return answer(None)

    def start(self, request: Request, session: str) -> Response:
        found = self._world.session(session)
        found.start()
        return answer(found.describe(), 201)

    def stop(self, request: Request, session: str) -> Response:
        found = self._world.session(session)
        found.stop()
        return answer(found.describe(), 201)

    def restart(self, request: Request, session: str) -> Response:
        found = self._world.session(session)
        found.restart()
        return answer(found.describe(), 201)

    def logout(self, request: Request, session: str) -> Response:
        found = self._world.session(session)
        found.logout()
        return answer(found.describe(), 201)

    def me(self, request: Request, session: str) -> Response:
        return answer(self._world.session(session).me)

    # --- credentials that travel --------------------------------------------------------------------

    def export_state(self, request: Request, session: str) -> Response:
        """Bytes; 422 while the session is not linked."""
        found = self._world.session(session)
        if found.device is None:
            raise RefusalError(422, "The session is not linked to a phone")
        return Response(self._world.network.export(found.device), content_type="application/octet-stream")

    def import_state(self, request: Request, session: str) -> Response:
        """Take over exported bytes; the session has to be stopped (422)."""
        found = self._world.session(session)
        if found.status != "STOPPED":
            raise WrongStatusError(session, found.status, "STOPPED")
        try:
            found.device = self._world.network.adopt(request.get_data())
        except ValueError as error:
            raise RefusalError(400, str(error)) from None
        return answer(found.describe())

    # --- linking ----------------------------------------------------------------------------------

    def qr(self, request: Request, session: str) -> Response:
        """PNG; ``{mimetype, data}`` for whoever accepts JSON; ``{value}`` with ``?format=raw``."""
        value = self._world.session(session).qr().value
        form = request.args.get("format", "image")
        if form == "raw":
            return answer({"value": value})
        png = pictures.qr_png(value)
        if request.accept_mimetypes.best_match(["image/png", "application/json"]) == "application/json":
            return answer({"mimetype": "image/png", "data": base64.b64encode(png).decode()})
        return Response(png, content_type="image/png")

    def request_code(self, request: Request, session: str) -> Response:
        body = contracts.checked(body_of(request), "request_code")
        return answer({"code": self._world.session(session).request_code(str(body["phoneNumber"]))}, 201)

    def passkey_challenge(self, request: Request, session: str) -> Response:
        found = self._world.session(session)
        if found.passkey is None:
            raise RefusalError(422, "No passkey challenge is pending")
        return answer(found.passkey)

    def passkey(self, request: Request, session: str) -> Response:
        contracts.checked(body_of(request), "passkey")
        self._world.session(session).passkey_signed()
        return answer(None, 201)

    def passkey_confirmation(self, request: Request, session: str) -> Response:
        found = self._world.session(session)
        if found.status != "PASSKEY_CONFIRMATION_REQUIRED" or found.data is None:
            raise RefusalError(422, "No passkey confirmation is pending")
        return answer(found.data)

    def passkey_confirm(self, request: Request, session: str) -> Response:
        self._world.session(session).passkey_confirmed()
        return answer(None, 201)
