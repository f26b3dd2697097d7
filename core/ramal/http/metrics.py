"""Prometheus metrics at ``/metrics``, for callers who hold ``RAMAL_METRICS_TOKEN``."""

from __future__ import annotations

import hmac
import os
import time

from flask import Blueprint, Flask, Response, abort, g, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from ramal.config import current_settings

REQUESTS = Counter("ramal_http_requests", "Requests answered", ["method", "endpoint", "status"])
SECONDS = Histogram(
    "ramal_http_request_seconds",
    "Seconds until a request was answered",
    ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

metrics = Blueprint("metrics", __name__)


def init_app(app: Flask) -> None:
    """Measure every request and serve the page."""
    app.before_request(_begin)
    app.after_request(_measure)
    app.register_blueprint(metrics)


@metrics.get("/metrics")
def page() -> Response:
    """The metrics of all processes; 404 where no token is set, 401 with a wrong one."""
    wanted = current_settings().metrics_token
    if not wanted:
        abort(404)
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _begin() -> None:
    g.measured_from = time.perf_counter()


def _measure(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    REQUESTS.labels(request.method, endpoint, str(response.status_code)).inc()
    SECONDS.labels(endpoint).observe(time.perf_counter() - g.get("measured_from", time.perf_counter()))
    return response
