"""Examples in the OpenAPI document: written ones are kept, missing ones are made from the schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})
_ID = "0192f0c4-5b7e-7c3a-9d2e-1f6a8b4c0d11"
_BY_FORMAT = {
    "uuid": _ID,
    "date-time": "2026-11-22T12:00:00.000Z",
    "date": "2026-11-22",
    "email": "maria@example.com",
    "url": "https://example.com/",
    "uri": "https://example.com/",
    "binary": "(bytes)",
}
#: Schemas that contain themselves end here.
_DEPTH = 8


def add_examples(document: dict[str, Any]) -> dict[str, Any]:
    """Give every parameter and every body without an example one; the same document is returned."""
    maker = _Maker(document.get("components", {}))
    for parameter in document.get("components", {}).get("parameters", {}).values():
        maker.parameter(parameter)
    for response in document.get("components", {}).get("responses", {}).values():
        maker.contents(response)
    for operation in operations(document):
        for parameter in operation.get("parameters", []):
            maker.parameter(parameter)
        maker.contents(operation.get("requestBody", {}))
        for response in operation.get("responses", {}).values():
            maker.contents(response)
    return document


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every operation of a document."""
    for item in document.get("paths", {}).values():
        for method, operation in item.items():
            if method in _METHODS:
                operation.setdefault("parameters", [])[:0] = item.get("parameters", [])
                yield operation
        item.pop("parameters", None)


class _Maker:
    def __init__(self, components: dict[str, Any]) -> None:
        self.schemas: dict[str, Any] = components.get("schemas", {})

    def parameter(self, parameter: dict[str, Any]) -> None:
        if "$ref" not in parameter and not {"example", "examples"} & parameter.keys():
            parameter["example"] = self.of(parameter.get("schema", {}), parameter.get("name", ""))

    def contents(self, holder: dict[str, Any]) -> None:
        for content in holder.get("content", {}).values():
            if not {"example", "examples"} & content.keys():
                content["example"] = self.of(content.get("schema", {}))

    def of(self, schema: dict[str, Any], name: str = "", depth: int = 0) -> Any:
        """An example that fits ``schema``; ``name`` is its field's, for a likelier text."""
        if "$ref" in schema:
            return self.of(self.schemas.get(schema["$ref"].rpartition("/")[2], {}), name, depth + 1)
        for key in ("example", "default", "const"):
            if key in schema and schema[key] is not None:
                return schema[key]
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        for key in ("allOf", "anyOf", "oneOf"):
            if schema.get(key):
                return self.of(schema[key][0], name, depth + 1)
        return self._of_type(schema, name, depth)

    def _of_type(self, schema: dict[str, Any], name: str, depth: int) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        if kind == "object" or "properties" in schema:
            return self._object(schema, depth)
        if kind == "array":
            return [] if depth >= _DEPTH else [self.of(schema.get("items", {}), name, depth + 1)]
        if kind == "boolean":
            return True
        if kind in ("integer", "number"):
            return schema.get("minimum", 1)
        return None if kind == "null" else self._text(schema, name)

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        if depth >= _DEPTH:
            return {}
        return {key: self.of(value, key, depth + 1) for key, value in schema.get("properties", {}).items()}

    def _text(self, schema: dict[str, Any], name: str) -> str:
        if schema.get("format") in _BY_FORMAT:
            return _BY_FORMAT[schema["format"]]
        text = (name or "text").replace("_", " ")
        return text.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength") or None]
