"""Is it alive, and is it ready? For load balancers and ``ramal up``.

The areas above add checks with :func:`add_check`: the database decides, the rest is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis
from flask import Flask, Response, current_app, jsonify
from marshmallow import fields
from sqlalchemy import text

from ramal.config import current_settings
from ramal.database.session import db
from ramal.http.blueprint import ApiBlueprint, public
from ramal.http.schema import Schema

api = ApiBlueprint("health", __name__, url_prefix="/health", description="Probes")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at: ``run`` answers a word about it, or raises."""

    name: str
    run: Callable[[], str]
    required: bool = False


class HealthSchema(Schema):
    """The process answers."""

    status = fields.String(required=True, metadata={"example": "ok"})


class ReadySchema(Schema):
    """What it needs is there."""

    status = fields.String(required=True, metadata={"example": "ok", "description": "ok, degraded or unavailable"})
    checks = fields.Dict(
        required=True,
        keys=fields.String(),
        values=fields.Dict(),
        metadata={"example": {"database": {"ok": True, "detail": "answers"}}},
    )


def init_app(app: Flask) -> None:
    """Serve the probes under the API and, for load balancers, at ``/health`` too."""
    app.extensions["ramal.health"] = [Check("database", _database, required=True), Check("redis", _redis)]
    app.extensions["ramal.api"].register_blueprint(api)
    app.add_url_rule("/health", "health", live)
    app.add_url_rule("/health/ready", "health_ready", ready)


def add_check(app: Flask, check: Check) -> None:
    """Add a check; one that is not ``required`` only makes the answer ``degraded``."""
    app.extensions["ramal.health"].append(check)


@api.get("")
@public
@api.response(200, HealthSchema)
def live() -> Any:
    """Tell that this process is alive."""
    return jsonify(status="ok")


@api.get("/ready")
@public
@api.response(200, ReadySchema)
@api.alt_response(503, schema=ReadySchema)
def ready() -> Response:
    """Tell whether this process can serve: the database is needed, Redis only helps."""
    checks: list[Check] = current_app.extensions["ramal.health"]
    found = {check.name: _look(check) for check in checks}
    failed = [check for check in checks if not found[check.name]["ok"]]
    unavailable = any(check.required for check in failed)
    status = "unavailable" if unavailable else "degraded" if failed else "ok"
    response = jsonify(status=status, checks=found)
    response.status_code = 503 if unavailable else 200
    return response


def _look(check: Check) -> dict[str, Any]:
    try:
        return {"ok": True, "detail": check.run()}
    except Exception as error:
        # Its text may name hosts and users: the class is enough for a public page.
        return {"ok": False, "detail": type(error).__name__}


def _database() -> str:
    with db.engines["system"].connect() as connection:
        connection.execute(text("select 1"))
    return "answers"


def _redis() -> str:
    url = current_settings().redis_url
    if not url:
        return "not configured"
    with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as client:
        client.ping()
    return "answers"
