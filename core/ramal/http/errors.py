"""One place that turns errors into answers: JSON for programs, a page for people, a fragment for htmx."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from flask import Flask, Response, current_app, jsonify, redirect, render_template, request, url_for
from psycopg2.errors import ForeignKeyViolation
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from ramal.database.session import db
from ramal.errors import (
    Conflict,
    Forbidden,
    InvalidPayload,
    NotFound,
    RamalError,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from ramal.http.principal import principal_or_none
from ramal.http.request_id import request_id
from ramal.http.validation import translated
from ramal.i18n import gettext as _

log = structlog.get_logger("ramal.http")

#: Where pages send people who are not logged in.
LOGIN_ENDPOINT = "session.login"

_CLASSES: Mapping[int, type[RamalError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
    503: Unavailable,
}


def init_app(app: Flask) -> None:
    """Render every error of this application here."""
    app.register_error_handler(RamalError, render_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(Exception, _unexpected)


def error_json(error: RamalError) -> dict[str, Any]:
    """The body of an error, the same for every route and plugin (design.md section 7)."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            "details": error.details,
            "request_id": request_id(),
            "timestamp": now,
        }
    }


def render_error(error: RamalError, status: int | None = None) -> BaseResponse:
    """The answer to an error, in the form the caller reads."""
    status = status or error.status
    if status >= 500:
        log.error("error answered", code=error.code, detail=str(error), exc_info=error)
    response = _rendered(error, status)
    retry_after = error.details.get("retry_after")
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def wants_json() -> bool:
    """Whether the caller is a program: an API path, or one that asks for JSON rather than HTML."""
    if request.path.startswith(("/api/", "/webhooks/", "/i18n/", "/ws")):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def _rendered(error: RamalError, status: int) -> BaseResponse:
    htmx = request.headers.get("HX-Request") == "true"
    if htmx and status == 422:
        # htmx swaps a 422 in place of the form, and shows other errors' sentence as a toast.
        return Response(render_template("errors/fragment.html", error=error), status=status)
    if htmx or wants_json():
        response = jsonify(error_json(error))
        response.status_code = status
        return response
    login = LOGIN_ENDPOINT in current_app.view_functions
    if isinstance(error, Unauthorized) and request.method in ("GET", "HEAD") and login:
        here = request.full_path.rstrip("?")
        return redirect(url_for(LOGIN_ENDPOINT, next=here if here != "/" else None))
    return Response(_page(error), status=status)


def _page(error: RamalError) -> str:
    """The page for people: inside the shell for who is logged in, unless the shell is what fails."""
    words = {"title": error.message, "text": _details(error), "request_id": request_id()}
    principal = principal_or_none()
    # The shell asks the database, which is what is away at a 503: that would only wait once more.
    if principal is not None and principal.kind == "user" and not isinstance(error, Unavailable):
        try:
            # What the view left behind, half done or refused by the database, must not meet the shell's queries.
            db.session.rollback()
            return render_template("errors/inside.html", **words)
        except Exception as failure:
            log.warning("an error is told without the shell", detail=str(failure), exc_info=failure)
    return _bare_page(words)


def _bare_page(words: Mapping[str, Any]) -> str:
    """Without what a plugin's blueprint gives its own templates: that may want somebody who is logged in."""
    context: dict[str, Any] = {}
    for processor in current_app.template_context_processors[None]:
        context |= cast(dict[str, Any], processor())  # none of ours is awaited
    return current_app.jinja_env.get_template("error.html").render(**context, **words)


def _details(error: RamalError) -> str:
    sentences = [str(text) for value in error.details.values() if isinstance(value, list) for text in value]
    return " ".join(sentences)


def _http_error(error: HTTPException) -> BaseResponse:
    if error.code is not None and error.code < 400:
        return BaseResponse(response=error.get_response().response, status=error.code, headers=error.get_headers())
    answer = render_error(_as_ramal(error), error.code or 500)
    if error.code == 405:
        answer.headers["Allow"] = dict(error.get_headers()).get("Allow", "")
    return answer


def _as_ramal(error: HTTPException) -> RamalError:
    data = getattr(error, "data", None) or {}
    if "messages" in data:
        return InvalidPayload(_("Some of the data does not fit."), dict(flat_messages(data["messages"])))
    code = error.code or 500
    if code >= 500 and code not in _CLASSES:
        return RamalError(_("Something went wrong on our side."))
    class_ = _CLASSES.get(code, InvalidPayload)
    return class_(http_message(code))


def http_message(status: int) -> str:
    """A sentence for a bare HTTP status."""
    sentences = {
        400: _("The request can't be read."),
        401: _("Log in first."),
        403: _("You may not do this."),
        404: _("There is nothing here."),
        405: _("This address does not take that method."),
        409: _("The present state does not allow it."),
        413: _("The request is too large."),
        415: _("This kind of content is not accepted here."),
        429: _("Too many requests; wait a moment."),
        503: _("The service can't answer now; try again in a moment."),
    }
    return sentences.get(status, _("The request can't be carried out."))


#: The location in a request that webargs puts on top of the fields' names.
_LOCATIONS = frozenset({"json", "query", "form", "files", "headers", "cookies", "json_or_form"})


def flat_messages(messages: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    """marshmallow's nested messages as ``field.inner.0 → sentences``, in the reader's language."""
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            top = not path and key in _LOCATIONS and isinstance(value, Mapping)
            yield from flat_messages(value, path if top else (*path, str(key)))
    else:
        sentences = messages if isinstance(messages, list) else [messages]
        yield ".".join(path) or "_", [translated(str(sentence)) for sentence in sentences]


def _database_error(error: DBAPIError) -> BaseResponse:
    if isinstance(error, OperationalError) or error.connection_invalidated:
        log.error("database away", detail=str(error.orig))
        return render_error(Unavailable(http_message(503)))
    if isinstance(error.orig, ForeignKeyViolation):
        # Looked up a moment ago, and deleted by somebody else before it could be linked to.
        log.warning("link to nothing", constraint=error.orig.diag.constraint_name, path=request.path)
        return render_error(Conflict(_("What this belongs to was deleted by somebody else just now. Look again.")))
    return _unexpected(error)


def _unexpected(error: Exception) -> BaseResponse:
    log.error("unexpected error", exc_info=error, path=request.path, method=request.method)
    if current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    # The text of an unexpected error may hold anything: it goes to the log only.
    return _rendered(RamalError(_("Something went wrong on our side.")), 500)
