"""The Graph API itself: messages, files, numbers, subscriptions."""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx2
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from ramal_whatsapp_cloud.testing import contracts, limits
from ramal_whatsapp_cloud.testing.courier import tls
from ramal_whatsapp_cloud.testing.graph_errors import GraphRefusalError
from ramal_whatsapp_cloud.testing.hangup import hang_up
from ramal_whatsapp_cloud.testing.world import World

#: Older versions of the API have expired.
OLDEST_VERSION = 21

RULES = Map(
    [
        Rule("/<version>/<object_id>/messages", endpoint="messages", methods=["POST"]),
        Rule("/<version>/<object_id>/media", endpoint="upload", methods=["POST"]),
        Rule("/<version>/<object_id>/subscribed_apps", endpoint="subscribed_apps"),
        Rule("/<version>/<object_id>/phone_numbers", endpoint="phone_numbers", methods=["GET"]),
        Rule("/<version>/<object_id>", endpoint="read_object", methods=["GET"]),
        Rule("/<version>/<object_id>", endpoint="change_object", methods=["POST"]),
        Rule("/downloads/<token>", endpoint="download", methods=["GET"]),
    ]
)


class GraphRoutes:
    """One method for each endpoint of ``RULES``; each raises GraphRefusalError to refuse."""

    def __init__(self, world: World) -> None:
        self._world = world

    def handle(self, request: Request, endpoint: str, arguments: dict[str, str]) -> Response:
        """Check the caller's token and version, then answer."""
        self._authorize(request)
        if "version" in arguments:
            self._check_version(arguments.pop("version"))
        answer: Response = getattr(self, endpoint)(request, **arguments)
        return answer

    # --- messages ---------------------------------------------------------------------------------

    def messages(self, request: Request, object_id: str) -> Response:
        self._number(object_id)
        body = _body(request)
        if "status" in body:
            contracts.check(body, "read")
            self._world.mark_read(object_id, body)
            return answer({"success": True})
        contracts.check(body, "message")
        to = str(body.get("recipient") or body.get("to"))
        behaviour = self._world.behaviour
        before = behaviour.strike("messages", to, "error", "http", "drop_before_accept")
        if before is not None:
            return fail(request, before)
        row = self._world.accept(object_id, body)
        if behaviour.strike("messages", to, "drop_after_accept"):
            return hang_up(request)
        return answer(
            {
                "messaging_product": "whatsapp",
                "contacts": [self._world.recipient_id(to)],
                "messages": [{"id": row["wamid"], "message_status": "accepted"}],
            }
        )

    # --- files ------------------------------------------------------------------------------------

    def upload(self, request: Request, object_id: str) -> Response:
        self._number(object_id)
        file = request.files.get("file")
        mime_type = request.form.get("type") or (file.mimetype if file else "")
        if request.form.get("messaging_product") != "whatsapp":
            raise GraphRefusalError(100, "(#100) The parameter messaging_product is required.")
        if file is None or not mime_type:
            raise GraphRefusalError(100, "(#100) The parameters file and type are required.")
        failure = self._world.behaviour.strike("media", None, "error", "http", "drop_before_accept")
        if failure is not None:
            return fail(request, failure)
        content = file.stream.read()
        limits.check_upload(content, mime_type)
        return answer({"id": self._world.store(content, mime_type)})

    def download(self, request: Request, token: str) -> Response:
        failure = self._world.behaviour.strike("download", None, "error", "http", "drop_before_accept")
        if failure is not None:
            return fail(request, failure)
        file = self._world.linked(token)
        if file is None:
            return Response("URL signature expired", 403)
        return Response(file.content, content_type=file.mime_type)

    # --- objects ----------------------------------------------------------------------------------

    def read_object(self, request: Request, object_id: str) -> Response:
        if object_id in self._world.account.numbers:
            return answer(self._number(object_id))
        file = self._world.file(object_id)
        if file is None:
            raise _unknown_object(object_id)
        link = f"{request.host_url}downloads/{self._world.link(object_id)}"
        return answer(
            {
                "id": object_id,
                "messaging_product": "whatsapp",
                "url": link,
                "mime_type": file.mime_type,
                "sha256": file.sha256,
                "file_size": len(file.content),
            }
        )

    def change_object(self, request: Request, object_id: str) -> Response:
        """A number's own callback: ``{"webhook_configuration": {...}}``."""
        self._number(object_id)
        override = _body(request).get("webhook_configuration") or {}
        self._subscribe(object_id, override.get("override_callback_uri"), override.get("verify_token"))
        return answer({"success": True})

    def phone_numbers(self, request: Request, object_id: str) -> Response:
        self._waba(object_id)
        return answer({"data": [self._number(number) for number in self._world.account.numbers]})

    def subscribed_apps(self, request: Request, object_id: str) -> Response:
        self._waba(object_id)
        if request.method == "POST":
            override = _body(request) if request.get_data() else {}
            self._subscribe(object_id, override.get("override_callback_uri"), override.get("verify_token"))
            return answer({"success": True})
        if request.method == "DELETE":
            self._world.account.overrides.pop(object_id, None)
            self._world.save()
            return answer({"success": True})
        app: dict[str, Any] = {"whatsapp_business_api_data": {"id": "300000000000001", "name": "Ramal"}}
        if object_id in self._world.account.overrides:
            app["override_callback_uri"] = self._world.account.overrides[object_id]
        return answer({"data": [app]})

    def _subscribe(self, object_id: str, url: str | None, verify_token: str | None) -> None:
        if url:
            verify_callback(url, verify_token or "")
            self._world.account.overrides[object_id] = url
            self._world.save()
            self._world.courier.wake()

    # --- who and what -----------------------------------------------------------------------------

    def _authorize(self, request: Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not token:
            raise GraphRefusalError(200, "An access token is required to request this resource.", status=401)
        if token != self._world.account.access_token:
            raise GraphRefusalError(190, "Invalid OAuth access token - Cannot parse access token")

    def _check_version(self, version: str) -> None:
        major = version.removeprefix("v").partition(".")[0]
        if not version.startswith("v") or not major.isdigit() or int(major) < OLDEST_VERSION:
            raise GraphRefusalError(2635, f"You are calling a deprecated version of the API: {version}")

    def _number(self, object_id: str) -> dict[str, Any]:
        if object_id not in self._world.account.numbers:
            raise _unknown_object(object_id)
        return {
            "id": object_id,
            "display_phone_number": self._world.account.numbers[object_id],
            "verified_name": self._world.account.verified_name,
            "quality_rating": "GREEN",
            "name_status": "APPROVED",
            "throughput": {"level": "STANDARD"},
        }

    def _waba(self, object_id: str) -> None:
        if object_id != self._world.account.waba_id:
            raise _unknown_object(object_id)


def verify_callback(url: str, verify_token: str) -> None:
    """The subscription handshake. Raises GraphRefusalError when the callback doesn't echo the challenge."""
    challenge = str(secrets.randbelow(10**9))
    query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
    try:
        response = httpx2.get(url, params=query, timeout=10.0, verify=tls())
        echoed = response.status_code == 200 and response.text.strip() == challenge
        problem = "" if echoed else f"HTTP Status Code = {response.status_code}"
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        problem = type(error).__name__
    if problem:
        raise GraphRefusalError(2200, f"Callback verification failed with the following errors: {problem}")


def answer(body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), content_type="application/json")


def fail(request: Request, failure: Any) -> Response:
    """Carry out a failure that was ordered."""
    if failure.kind == "http":
        return Response("<html><h1>Bad Gateway</h1></html>", failure.status, content_type="text/html")
    if failure.kind == "error":
        raise GraphRefusalError(failure.code, "This failure was ordered for a test.")
    return hang_up(request)


def _unknown_object(object_id: str) -> GraphRefusalError:
    details = f"Object with ID '{object_id}' does not exist, cannot be loaded due to missing permissions."
    return GraphRefusalError(100, details, subcode=33)


def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.get_data())
    except ValueError:
        raise GraphRefusalError(100, "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise GraphRefusalError(100, "The body is not an object.")
    return body
