"""The OpenAPI document: flask-smorest's collector with our errors, schema names and examples."""

from __future__ import annotations

import json
import threading
from typing import Any

import structlog
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, current_app
from flask_smorest import Api

from ramal import __version__
from ramal.http.blueprint import ApiBlueprint
from ramal.http.examples import add_examples
from ramal.http.schema import ErrorSchema

DESCRIPTION = """
The API of Ramal: conversations with customers over many channels.

**Log in**: `POST /api/v1/auth/token` with e-mail and password answers `access` and `refresh`; send
`Authorization: Bearer <access>`. Programs use an API token in the same header. The browser's pages use cookies, and
every unsafe method then carries the header `X-CSRF-TOKEN`.

**Errors** all look the same; `code` is for programs, `message` for people in their language, `details` names fields.

**Lists** take `page` and `page_size` (20, at most 100), or `cursor`, and answer `items` with `next_cursor` or `total`.

**Idempotency-Key** on a POST: the same key within 24 hours answers what the first request answered.
"""


log = structlog.get_logger("ramal.http")


class RamalApi(Api):  # type: ignore[misc]
    """Collects blueprints; errors are rendered in ``http.errors``, and the document served in ``http.docs``.

    Blueprints are described when somebody first wants the document: that takes long, and few processes are asked.
    """

    ERROR_SCHEMA = ErrorSchema

    def __init__(self) -> None:
        #: Plugins' blueprints that could not be described (by a wrong schema, say), each with the reason.
        self.undescribed: dict[str, str] = {}
        self._plugin: str | None = None
        self._waiting: list[ApiBlueprint] = []
        self._document: bytes | None = None
        self._lock = threading.RLock()
        super().__init__()

    @property
    def spec(self) -> APISpec | None:
        """The collector with all that was registered; None before the application is known."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            for blueprint in waiting:
                self._describe(blueprint)
        return self._spec

    @spec.setter
    def spec(self, spec: APISpec | None) -> None:
        self._spec = spec

    def _register_error_handlers(self) -> None:
        """Nothing: ``ramal.http.errors`` renders them all."""

    def register_blueprint(self, blp: ApiBlueprint, **options: Any) -> None:
        """Register a blueprint's routes; it is described later."""
        self._app.register_blueprint(blp, **options)
        with self._lock:
            self._waiting.append(blp)
            self._document = None

    def _describe(self, blueprint: ApiBlueprint) -> None:
        assert self._spec is not None
        self._plugin = blueprint.plugin
        try:
            blueprint.register_views_in_doc(self, self._app, self._spec, name=blueprint.name, parameters=None)
        except Exception as error:  # a plugin's wrong schema must not cost the others their document
            if self._plugin is None:
                raise
            log.exception("API not described", plugin=self._plugin, blueprint=blueprint.name)
            self.undescribed[blueprint.name] = f"{type(error).__name__}: {error}"
        finally:
            self._plugin = None
        self._spec.tag({"name": blueprint.tag, "description": blueprint.description})

    def schema_name(self, schema: Any) -> str | bool:
        """``Label`` for a core LabelSchema, ``PigeonLetter`` for the pigeon plugin's LetterSchema."""
        class_ = schema if isinstance(schema, type) else type(schema)
        name = class_.__name__.removesuffix("Schema")
        if name == "Generated":  # made from a dict on the spot: described in place
            return False
        if not isinstance(schema, type):
            name += "".join(word for word, used in _variants(schema) if used)
        if self._plugin and not class_.__module__.startswith("ramal."):
            name = _camel(self._plugin) + name
        return name

    def document(self) -> bytes:
        """The document as JSON; made once, when somebody first asks."""
        with self._lock:
            if self._document is None:
                spec = self.spec
                assert spec is not None
                self._document = json.dumps(add_examples(spec.to_dict()), ensure_ascii=False).encode()
            return self._document


def _variants(schema: Any) -> tuple[tuple[str, Any], ...]:
    return (
        ("Some", schema.only is not None),
        ("Less", schema.exclude),
        ("Partial", schema.partial),
        ("In", schema.dump_only),
        ("Out", schema.load_only),
    )


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.replace("-", "_").split("_"))


def init_app(app: Flask) -> RamalApi:
    """Make the collector of this application."""
    app.config.update(API_TITLE="Ramal", API_VERSION=__version__, OPENAPI_VERSION="3.1.0")
    api = RamalApi()
    marshmallow = MarshmallowPlugin(schema_name_resolver=api.schema_name)  # type: ignore[arg-type]
    api.init_app(
        app,
        spec_kwargs={
            "marshmallow_plugin": marshmallow,
            "info": {"description": DESCRIPTION.strip()},
            "security": [{"bearer": []}, {"cookie": [], "csrf": []}],
        },
    )
    assert api.spec is not None
    components = api.spec.components
    components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "description": "Access or API token"})
    components.security_scheme("cookie", {"type": "apiKey", "in": "cookie", "name": "ramal_access"})
    components.security_scheme("csrf", {"type": "apiKey", "in": "header", "name": "X-CSRF-TOKEN"})
    components.parameter(
        "Idempotency-Key",
        "header",
        {
            "schema": {"type": "string", "maxLength": 200},
            "description": "The same key within 24 hours answers what the first request answered",
            "example": "order-4711",
        },
    )
    app.extensions["ramal.api"] = api
    return api


def current_api() -> RamalApi:
    """The collector of the current application."""
    api: RamalApi = current_app.extensions["ramal.api"]
    return api
