"""The blueprints of core areas and plugins: JSON under ``/api/v1``, pages outside it.

``ApiBlueprint`` is flask-smorest's, with our error and page formats, and every operation saying
who may call it::

    api = ApiBlueprint("labels", __name__, url_prefix="/labels")

    @api.get("/")
    @require_permission("conversation.read")
    @api.arguments(PageArguments, location="query")
    @api.response(200, page_of(LabelSchema))
    def list_labels(arguments):
        '''List the labels.'''
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from flask import Blueprint, current_app, request
from flask.views import MethodView
from flask_smorest import Blueprint as SmorestBlueprint

from ramal.errors import PluginError
from ramal.http.access import (
    LOGIN,
    PUBLIC,
    access_of,
    check_access,
    guarded,
    public,
    require_login,
    require_permission,
    require_super_admin,
)
from ramal.http.body import BodyParser
from ramal.http.pagination import page_of
from ramal.http.principal import demand_person
from ramal.http.writable import check_address

__all__ = [
    "ApiBlueprint",
    "PageBlueprint",
    "page_of",
    "plugin_of_request",
    "public",
    "require_login",
    "require_permission",
    "require_super_admin",
]

API_PREFIX = "/api/v1"
#: Answers an operation may always give, by what it asks of its caller.
_ALWAYS: Mapping[int | str, str] = {429: "TOO_MANY_REQUESTS", "default": "DEFAULT_ERROR"}
_WITH_LOGIN: Mapping[int | str, str] = {401: "UNAUTHORIZED", 403: "FORBIDDEN"}


_View = TypeVar("_View", bound=Callable[..., Any])


class _Decorator(Protocol):
    def __call__(self, view: _View, /) -> _View: ...


class ApiBlueprint(SmorestBlueprint):  # type: ignore[misc]
    """JSON routes of a core area (``/api/v1`` + prefix) or of a plugin (``/api/v1/<plugin>`` + prefix)."""

    ARGUMENTS_PARSER = BodyParser()

    def __init__(
        self, name: str, import_name: str, *, plugin: str | None = None, url_prefix: str = "", description: str = ""
    ) -> None:
        owner = "" if plugin is None or name == plugin else f"{plugin}_"
        super().__init__(f"api_{owner}{name}", import_name, description=description)
        self.plugin = plugin
        self.tag = name if plugin is None or name == plugin else f"{plugin}: {name}"
        self.url_prefix = API_PREFIX + (f"/{plugin}" if plugin else "") + url_prefix
        self._prepare_doc_cbks.append(_prepare_access_doc)

    if TYPE_CHECKING:  # flask-smorest has no types: these say what its decorators take

        def route(self, rule: str, **options: Any) -> _Decorator: ...
        def get(self, rule: str, **options: Any) -> _Decorator: ...
        def post(self, rule: str, **options: Any) -> _Decorator: ...
        def put(self, rule: str, **options: Any) -> _Decorator: ...
        def patch(self, rule: str, **options: Any) -> _Decorator: ...
        def delete(self, rule: str, **options: Any) -> _Decorator: ...
        def arguments(self, schema: Any, *, location: str = "json", **options: Any) -> _Decorator: ...
        def response(self, status_code: int, schema: Any = None, **options: Any) -> _Decorator: ...
        def alt_response(self, status_code: int, response: str | None = None, **options: Any) -> _Decorator: ...
        @staticmethod
        def doc(**options: Any) -> _Decorator: ...

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Any = None,
        provide_automatic_options: bool | None = None,
        *,
        parameters: list[Any] | None = None,
        tags: list[str] | None = None,
        **options: Any,
    ) -> None:
        """Register a route. PluginError unless the view says who may call it."""
        super().add_url_rule(
            "" if rule == "/" else rule,
            endpoint,
            _guarded_view(view_func),
            provide_automatic_options,
            parameters=parameters,
            tags=tags or [self.tag],
            strict_slashes=False,
            **options,
        )


class PageBlueprint(Blueprint):
    """HTML routes: of a core area, or of a plugin under ``/p/<plugin>``; a login is needed unless ``@public``."""

    def __init__(self, name: str, import_name: str, *, plugin: str | None = None, **options: Any) -> None:
        owned = plugin is not None and name != plugin and not name.startswith(f"{plugin}_")
        super().__init__(f"{plugin}_{name}" if owned else name, import_name, **options)
        self.plugin = plugin
        if plugin is not None:
            self.url_prefix = f"/p/{plugin}{self.url_prefix or ''}"
        self.before_request(_check_page)


def plugin_of_request() -> str | None:
    """The plugin whose blueprint serves the current request; None for the core's own."""
    blueprint = current_app.blueprints.get(request.blueprint or "")
    plugin: str | None = getattr(blueprint, "plugin", None)
    return plugin


def _check_page() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return
    check_address()
    access = access_of(view) or LOGIN
    principal = check_access(access)
    if access != PUBLIC and principal is not None and principal.kind == "token":
        # What a token may do is said operation by operation, by the API.
        demand_person()


def _guarded_view(view: Any) -> Any:
    if not (isinstance(view, type) and issubclass(view, MethodView)):
        return _guarded(view)
    for method in view.methods or ():
        setattr(view, method.lower(), _guarded(getattr(view, method.lower())))
    return view


def _guarded(view: Callable[..., Any]) -> Callable[..., Any]:
    access = access_of(view)
    if access is None:
        name = f"{view.__module__}.{view.__qualname__}"
        raise PluginError(f"{name} must say who may call it: require_permission, require_login or public")
    checked = guarded(view, access)
    checked._apidoc = {**getattr(view, "_apidoc", {}), "access": access}  # type: ignore[attr-defined]  # noqa: SLF001
    return checked


def _prepare_access_doc(
    doc: dict[str, Any], doc_info: dict[str, Any], *, method: str, **_context: Any
) -> dict[str, Any]:
    """Document what every operation has in common: who may call it, and how it fails."""
    access = doc_info["access"]
    responses = doc.setdefault("responses", {})
    for status, name in {**_ALWAYS, **({} if access == PUBLIC else _WITH_LOGIN)}.items():
        responses.setdefault(status, name)
    doc["x-permission"] = access
    if access == PUBLIC:
        doc["security"] = []
    if method == "post" and access != PUBLIC:
        doc.setdefault("parameters", []).append("Idempotency-Key")
    return doc
