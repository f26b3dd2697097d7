"""What this area adds to the application."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from ramal.http import docs, errors, health, limits, locale, logs, metrics, openapi, request_id, security
from ramal.http.blueprint import ApiBlueprint


def init_app(app: Flask) -> None:
    """Register this area's parts; the order is that of their before_request functions."""
    _believe_proxies(app)
    logs.configure()
    request_id.init_app(app)
    logs.init_app(app)
    metrics.init_app(app)
    errors.init_app(app)
    security.init_app(app)
    locale.init_app(app)
    limits.init_app(app)
    openapi.init_app(app)
    health.init_app(app)
    docs.init_app(app)


def _believe_proxies(app: Flask) -> None:
    """Take the caller's address and scheme from the proxies in front, and from nobody else."""
    count = app.extensions["ramal.settings"].trusted_proxies
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def register_api(app: Flask, blueprint: ApiBlueprint) -> None:
    """Add a JSON blueprint to the application and to its OpenAPI document."""
    app.extensions["ramal.api"].register_blueprint(blueprint)
