"""Reading JSON bodies: what no sound client sends is refused here, before a schema sees it."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from flask import Request
from webargs.flaskparser import FlaskParser

from ramal.errors import InvalidPayload
from ramal.http.validation import translated
from ramal.i18n import gettext as _


class BodyParser(FlaskParser):
    """webargs' parser, but deep nesting and halves of surrogate pairs are errors of the caller's, not ours."""

    def load_json(self, req: Request, schema: Any) -> Any:
        """The decoded body. InvalidPayload if it nests too deep, or holds text that UTF-8 can't write."""
        try:
            value = super().load_json(req, schema)
        except RecursionError:
            _refuse()
        # Only an escape can bring half a pair: UTF-8 itself has none.
        if b"\\ud" in req.get_data(cache=True).lower() and not _writable(value):
            _refuse()
        return value


def _writable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse() -> NoReturn:
    raise InvalidPayload(_("The request can't be read."), {"_": [translated("Invalid JSON body.")]})
