"""Text that PostgreSQL can hold: a NUL, or half of a surrogate pair, is refused where a request is read.

So no view, of the core or of a plugin, ever sees one: not in the address, nor in a form, nor in JSON (``http.body``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any

from flask import Request, request
from werkzeug.formparser import FormDataParser

from ramal.errors import InvalidPayload, RamalError
from ramal.i18n import gettext as _


class _BadForm(RamalError):
    """The same for a page: no InvalidPayload, or its view would take it for a mistake that the form can show."""

    code = "INVALID_PAYLOAD"
    status = 400


class FormParser(FormDataParser):
    """werkzeug's parser, which runs when a view first asks for the form (and has said how large it may be)."""

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> Any:
        """The stream, the fields and the files. InvalidPayload for a text that can't be kept, or such a file name."""
        stream, form, files = super().parse(stream, mimetype, content_length, options)
        _refuse(name for name, value in form.items(multi=True) if not (is_writable(name) and is_writable(value)))
        _refuse(name for name, file in files.items(multi=True) if not is_writable(name + (file.filename or "")))
        return stream, form, files


class WritableRequest(Request):
    """A request whose form holds nothing but text that can be kept."""

    form_data_parser_class = FormParser


def is_writable(text: str) -> bool:
    """Whether PostgreSQL can hold the text."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def check_address() -> None:
    """InvalidPayload, by argument, if there is such a text in the current request's path or query."""
    given = [*request.args.items(multi=True), *(request.view_args or {}).items()]
    _refuse(name for name, value in given if isinstance(value, str) and not is_writable(name + value))


def refuse_unwritable(body: Any) -> None:
    """InvalidPayload, by field, if there is such a text anywhere in a decoded JSON body."""
    _refuse(path for path, text in _texts(body) if not is_writable(text))


def _refuse(fields: Iterable[str]) -> None:
    shown = ("".join(letter if letter.isprintable() else "\ufffd" for letter in field) for field in fields)
    details = {
        field: [_("“%(field)s” holds a character that no text can have: write it again without it.", field=field)]
        for field in shown
    }
    if details:
        error = InvalidPayload if request.path.startswith("/api/") else _BadForm
        raise error(_("The request can't be read."), details)


def _texts(body: Any) -> Iterator[tuple[str, str]]:
    """Every text with the field it stands in, and every key. Without recursion: a body may nest as deep as it likes."""
    pending: list[tuple[str, Any]] = [("", body)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, str):
            yield path or "_", value
        elif isinstance(value, list):
            pending += ((f"{path}.{place}".lstrip("."), item) for place, item in enumerate(value))
        elif isinstance(value, dict):
            for key, item in value.items():
                inner = f"{path}.{key}".lstrip(".")
                pending += ((inner, key), (inner, item))
