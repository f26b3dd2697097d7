"""The API's document at ``/api/schema``, and two readers of it whose files we serve ourselves."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, render_template, url_for

from ramal.http.openapi import current_api

docs = Blueprint("docs", __name__, url_prefix="/api")


def init_app(app: Flask) -> None:
    """Serve the document and its readers."""
    app.register_blueprint(docs)


@docs.get("/schema")
def schema() -> Response:
    """The OpenAPI 3.1 document as JSON."""
    return Response(current_api().document(), mimetype="application/json")


@docs.get("/docs")
def swagger() -> str:
    """Swagger UI: read the API and try it."""
    return render_template("docs/reader.html", reader="swagger", schema_url=url_for("docs.schema"))


@docs.get("/redoc")
def redoc() -> str:
    """Redoc: read the API as one long page."""
    return render_template("docs/reader.html", reader="redoc", schema_url=url_for("docs.schema"))
