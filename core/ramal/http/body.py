"""Reading JSON bodies: what no sound client sends is refused here, before a schema sees it."""

from __future__ import annotations

from typing import Any

from flask import Request
from webargs.flaskparser import FlaskParser

from ramal.errors import InvalidPayload
from ramal.http.validation import translated
from ramal.http.writable import refuse_unwritable
from ramal.i18n import gettext as _


class BodyParser(FlaskParser):
    """webargs' parser, but deep nesting and text that can't be kept are errors of the caller's, not ours."""

    def load_json(self, req: Request, schema: Any) -> Any:
        """The decoded body. InvalidPayload if it nests too deep, or holds text that PostgreSQL can't."""
        try:
            value = super().load_json(req, schema)
        except RecursionError:
            message = {"_": [translated("Invalid JSON body.")]}
            raise InvalidPayload(_("The request can't be read."), message) from None
        # Only an escape can bring them: UTF-8 has no half pairs, and JSON no bare NUL.
        if any(escape in req.get_data(cache=True).lower() for escape in (b"\\ud", b"\\u0000")):
            refuse_unwritable(value)
        return value
