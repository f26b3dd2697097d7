"""Plain HTML forms, read with the API's own schemas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, request
from marshmallow import EXCLUDE, ValidationError
from werkzeug.wrappers import Response

from ramal.errors import Conflict, InvalidPayload
from ramal.http.errors import flat_messages
from ramal.http.schema import Schema


def read_form(schema: type[Schema], *, empty_as_none: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """The form's fields as the schema reads them. InvalidPayload with sentences by field.

    ``empty_as_none``: fields where an empty text means null. ``more`` overrides fields.
    """
    given: dict[str, Any] = {key: request.form[key] for key in request.form}
    for name in empty_as_none:
        if not given.get(name):
            given[name] = None
    try:
        loaded: dict[str, Any] = schema(unknown=EXCLUDE).load({**given, **more})
    except ValidationError as error:
        raise InvalidPayload("", dict(flat_messages(error.messages))) from None
    return loaded


def saved(
    act: Callable[[], object], done: str, url: str, again: Callable[[Mapping[str, list[str]]], str]
) -> Response | tuple[str, int]:
    """Do it, say so, and show the page; or the form ``again`` with what does not fit."""
    try:
        act()
    except InvalidPayload as error:
        return again(error.details), 422
    except Conflict as error:
        flash(error.message, "danger")
    else:
        flash(done, "success")
    return redirect(url, 303)
