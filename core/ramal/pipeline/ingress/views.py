"""The URLs that providers call: ``/webhooks/<kind or plugin>/<channel>`` and the shared one."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, request

from ramal.channels.types import WebhookAnswer, WebhookRequest
from ramal.pipeline.ingress import services

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")


@blueprint.post("/<segment>/<uuid:channel_id>")
def receive(segment: str, channel_id: uuid.UUID) -> Response:
    """A delivery to one channel: 200 only after it is committed."""
    services.receive(segment, channel_id, _request())
    return Response(status=200)


@blueprint.get("/<segment>/<uuid:channel_id>")
def handshake(segment: str, channel_id: uuid.UUID) -> Response:
    """A provider asks whether this URL is ours."""
    return _answered(services.handshake(segment, channel_id, _request()))


@blueprint.post("/<segment>")
def receive_shared(segment: str) -> Response:
    """A delivery to the one URL of a provider's app that serves several channels."""
    services.receive_shared(segment, _request())
    return Response(status=200)


@blueprint.get("/<segment>")
def handshake_shared(segment: str) -> Response:
    """The same question on the shared URL."""
    return _answered(services.handshake_shared(segment, _request()))


def _request() -> WebhookRequest:
    return WebhookRequest(
        method=request.method,
        headers={name.lower(): value for name, value in request.headers},
        query=request.args.to_dict(),
        # The raw bytes, before anything parses them: signatures are over these.
        body=request.get_data(cache=False),
    )


def _answered(answer: WebhookAnswer) -> Response:
    return Response(answer.body, status=answer.status, content_type=answer.content_type)
