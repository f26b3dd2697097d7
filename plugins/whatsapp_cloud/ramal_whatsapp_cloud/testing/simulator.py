"""The Graph API simulator: a real HTTP server with a provider's memory and its bad days."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from ramal_whatsapp_cloud.testing import control_routes, graph_routes
from ramal_whatsapp_cloud.testing.behaviour import Behaviour
from ramal_whatsapp_cloud.testing.customers import LivingCustomers
from ramal_whatsapp_cloud.testing.graph_errors import GraphRefusalError
from ramal_whatsapp_cloud.testing.world import Account, World


class GraphSimulator:
    """``with GraphSimulator() as simulator: …``; ``simulator.url`` goes into ``api_base_url``.

    ``port`` 0 takes a free one. With ``data_dir`` the ledgers, files, knobs and callbacks survive a
    restart.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        data_dir: Path | None = None,
        account: Account | None = None,
        **knobs: Any,
    ) -> None:
        self.behaviour = Behaviour(**knobs)
        self.account = account or Account()
        self.world = World(self.behaviour, self.account, data_dir)
        self._graph = graph_routes.GraphRoutes(self.world)
        self._control = control_routes.ControlRoutes(self.world)
        self._customers = LivingCustomers(self.world)
        self._server = make_server(host, port, self._wsgi, threaded=True, request_handler=_QuietHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://{host}:{self._server.server_port}"

    # --- life ---------------------------------------------------------------------------------------

    def start(self) -> GraphSimulator:
        self.world.courier.start()
        self._customers.start()
        self._thread.start()
        return self

    def stop(self) -> None:
        """End what ``start`` began, and close."""
        self._customers.stop()
        self.world.courier.stop()
        self._server.shutdown()
        self._thread.join(timeout=10)
        self.close()

    def close(self) -> None:
        """Release port and files of a simulator that was not started, or was stopped."""
        self._server.server_close()
        self.world.accepted.close()
        self.world.written.close()

    def __enter__(self) -> GraphSimulator:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # --- for tests ------------------------------------------------------------------------------------

    @property
    def phone_number_id(self) -> str:
        return next(iter(self.account.numbers))

    def settings(self, **changes: Any) -> dict[str, Any]:
        """The settings of a channel that is connected to this simulator."""
        return {
            "phone_number_id": self.phone_number_id,
            "business_account_id": self.account.waba_id,
            "access_token": self.account.access_token,
            "app_secrets": [self.account.app_secret],
            "verify_token": self.account.verify_token,
            "api_base_url": self.url,
            **changes,
        }

    def connect(self, callback_url: str) -> None:
        """Send webhooks to ``callback_url`` from now on."""
        self.account.callback_url = callback_url
        self.world.save()
        self.world.courier.wake()

    def configure(self, **knobs: Any) -> None:
        """Turn knobs by name (see Behaviour)."""
        self.behaviour.update(knobs)
        self.world.save()

    def customer_writes(self, **options: Any) -> str:
        """A customer sends a message: ``wa_id``, ``name``, ``kind``, ``body``, …; its wamid."""
        return self.world.customer_writes(options)

    def ledger(self) -> list[dict[str, Any]]:
        """The messages accepted so far, in order."""
        return self.world.accepted.rows()

    def wait_idle(self, timeout: float = 30.0) -> bool:
        """Whether every webhook was acknowledged within ``timeout`` seconds."""
        return self.world.courier.wait_idle(timeout)

    # --- serving ----------------------------------------------------------------------------------

    def _wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            if request.path.startswith("/_sim/"):
                endpoint, arguments = control_routes.RULES.bind_to_environ(request.environ).match()
                return self._control.handle(request, endpoint, dict(arguments))
            return self._graph_answer(request)
        except GraphRefusalError as problem:
            return problem.response()
        except HTTPException as error:
            return GraphRefusalError(2500, f"Unknown path components: {request.path}", status=error.code).response()

    def _graph_answer(self, request: Request) -> Response:
        endpoint, arguments = graph_routes.RULES.bind_to_environ(request.environ).match()
        time.sleep(self.behaviour.latency)
        response = self._graph.handle(request, endpoint, dict(arguments))
        time.sleep(self.behaviour.answer_latency)
        return response


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """No line per request: the ledger tells more."""

    def log_error(self, format: str, *args: Any) -> None:
        """A client that went away is one of the simulator's own tricks."""
