"""Refuse bodies that the provider would refuse, by JSON Schemas written from its reference.

The schemas know nothing of our client: they are how a mistake in it comes to light.
"""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any

import jsonschema
from jsonschema.exceptions import best_match

from ramal_whatsapp_web.testing.refusals import RefusalError


def checked(body: dict[str, Any], name: str) -> dict[str, Any]:
    """``body``, when it keeps the contract ``name`` of ``requests.json``. Raises RefusalError (400)."""
    error = best_match(_validator(name).iter_errors(body))
    if error is None:
        return body
    where = ".".join(str(part) for part in error.absolute_path)
    raise RefusalError(400, [f"{where}: {error.message[:300]}" if where else error.message[:300]])


@functools.cache
def _validator(name: str) -> Any:
    text = resources.files(__package__).joinpath("contracts/requests.json").read_text("utf-8")
    document = json.loads(text)
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": document["$defs"]})
