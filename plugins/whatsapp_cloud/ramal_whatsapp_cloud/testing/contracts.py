"""Refuse bodies that the Graph API would refuse, by JSON Schemas written from its reference.

The schemas know nothing of our client: they are how a mistake in it comes to light.
"""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any

import jsonschema
from jsonschema.exceptions import best_match

from ramal_whatsapp_cloud.testing.graph_errors import GraphRefusalError

REQUIRED_MISSING = 131008
VALUE_INVALID = 131009


def check(body: Any, contract: str) -> None:
    """Raise GraphRefusalError when ``body`` breaks ``contract`` (``message`` or ``read``)."""
    error = best_match(_validator(contract).iter_errors(body))
    if error is None:
        return
    where = "".join(f"['{part}']" for part in error.absolute_path)
    code = REQUIRED_MISSING if error.validator in {"required", "anyOf"} else VALUE_INVALID
    raise GraphRefusalError(code, f"Param{where or ' body'}: {error.message[:300]}")


@functools.cache
def _validator(contract: str) -> Any:
    text = resources.files(__package__).joinpath(f"contracts/{contract}.json").read_text("utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))
