"""The HTTP side: one listening socket that can go away and come back on the same port."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from ramal_whatsapp_web.testing.refusals import RefusalError, hang_up, proxy_page
from ramal_whatsapp_web.testing.routing import Routes, chat_of, session_of
from ramal_whatsapp_web.testing.world import World


class Server:
    """Serves route families over one port. ``port`` 0 takes a free one, kept from then on."""

    def __init__(
        self, world: World, api_key: str, families: list[Routes], control: Routes, *, host: str, port: int
    ) -> None:
        self._world = world
        self._api_key = api_key
        self._families = families
        self._control = control
        self._host = host
        server = self._listen(port)
        self._server: BaseWSGIServer | None = server
        self.port = server.server_port
        self.url = f"http://{host}:{self.port}"
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen (again) and serve."""
        if self._server is None:
            self._server = self._listen(self.port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening: callers find the connection refused."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server is not None:
            if thread is not None:
                server.shutdown()
                thread.join(timeout=10)
            server.server_close()

    @property
    def listening(self) -> bool:
        return self._thread is not None

    def _listen(self, port: int) -> BaseWSGIServer:
        return make_server(self._host, port, self._wsgi, threaded=True, request_handler=_QuietHandler)

    def _wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            if request.path.startswith("/__control__/"):
                endpoint, arguments = _match(self._control.RULES, request)
                return self._control.handle(request, endpoint, arguments)
            if not self.listening:
                return hang_up(request)  # a connection that was open when the provider went away
            return self._api_answer(request)
        except RefusalError as refusal:
            return refusal.response()
        except HTTPException as error:
            return RefusalError(error.code or 500, f"Cannot {request.method} {request.path}").response()

    def _api_answer(self, request: Request) -> Response:
        routes, endpoint, arguments = self._find(request)
        behaviour, clock = self._world.behaviour, self._world.clock
        operation = routes.OPERATION.get(endpoint, "session")
        session, chat = session_of(request, arguments), chat_of(request, arguments)
        clock.sleep(behaviour.delay(behaviour.latency))
        failure = behaviour.strike(operation, session, chat, "error", "html", "slow", "drop_before")
        if failure is not None and failure.kind == "slow":
            clock.sleep(failure.seconds)
        elif failure is not None and failure.kind == "html":
            return proxy_page(failure.status)
        elif failure is not None and failure.kind == "drop_before":
            return hang_up(request)
        self._authorize(request)
        if failure is not None and failure.kind == "error":
            raise RefusalError(failure.status, failure.message)
        response = routes.handle(request, endpoint, arguments)
        clock.sleep(behaviour.delay(behaviour.answer_latency))
        if behaviour.strike(operation, session, chat, "drop_after"):
            return hang_up(request)
        return response

    def _find(self, request: Request) -> tuple[Routes, str, dict[str, Any]]:
        """The family that knows the path. Raises the last HTTPException when none does."""
        problem: HTTPException | None = None
        for routes in self._families:
            try:
                endpoint, arguments = _match(routes.RULES, request)
            except HTTPException as error:
                if problem is None or error.code != 404:
                    problem = error
            else:
                return routes, endpoint, arguments
        assert problem is not None
        raise problem

    def _authorize(self, request: Request) -> None:
        if request.path != "/ping" and request.headers.get("X-Api-Key") != self._api_key:
            refusal = RefusalError(401, "Unauthorized")
            del refusal.body["error"]
            raise refusal


def _match(rules: Map, request: Request) -> tuple[str, dict[str, Any]]:
    endpoint, arguments = rules.bind_to_environ(request.environ).match()
    return str(endpoint), dict(arguments)


class _QuietHandler(WSGIRequestHandler):
    #: Head and body of an answer leave as two packets; the second must not wait for an acknowledgement.
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """No line per request: the ledger tells more."""

    def log_error(self, format: str, *args: Any) -> None:
        """A client that went away is one of the simulator's own tricks."""
