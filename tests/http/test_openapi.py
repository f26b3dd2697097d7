"""The OpenAPI document: complete, and true to what the routes do."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import fields

from ramal.errors import PluginError
from ramal.http.access import LOGIN, PUBLIC, SUPER_ADMIN
from ramal.http.blueprint import ApiBlueprint, public
from ramal.http.pagination import page_of
from ramal.http.schema import Schema, Text

Operation = tuple[str, dict[str, Any]]


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/schema")
    assert answer.mimetype == "application/json"
    found: dict[str, Any] = json.loads(answer.data)
    return found


def every_operation(document: dict[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def contents(operation: dict[str, Any], document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
        name = holder.get("$ref", "").rpartition("/")[2]
        resolved = document["components"]["responses"][name] if name else holder
        yield from resolved.get("content", {}).values()


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert {"bearer", "cookie", "csrf"} <= document["components"]["securitySchemes"].keys()


def test_every_route_of_the_api_is_described(app: Flask, document: dict[str, Any]) -> None:
    described = set(document["paths"])
    ours = {name for name, blueprint in app.blueprints.items() if isinstance(blueprint, ApiBlueprint)}
    routes = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[0] in ours}
    assert {re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", path) for path in routes} == described


def test_every_operation_says_what_it_does_who_may_and_how_it_fails(document: dict[str, Any]) -> None:
    known = {PUBLIC, LOGIN, SUPER_ADMIN}
    missing = []
    for name, operation in every_operation(document):
        if not operation.get("summary", "").endswith("."):
            missing.append(f"{name}: a summary that is a sentence")
        permission = operation.get("x-permission")
        if permission not in known and "." not in (permission or ""):
            missing.append(f"{name}: a permission")
        if not operation.get("tags"):
            missing.append(f"{name}: a tag")
        if "default" not in operation["responses"]:
            missing.append(f"{name}: an error schema")
        if permission != PUBLIC and not {"401", "403"} <= operation["responses"].keys():
            missing.append(f"{name}: 401 and 403")
    assert not missing, "\n".join(missing)


def test_every_body_and_parameter_has_an_example(document: dict[str, Any]) -> None:
    missing = []
    for name, operation in every_operation(document):
        for content in contents(operation, document):
            if not {"example", "examples"} & content.keys():
                missing.append(f"{name}: a body")
        for parameter in operation.get("parameters", []):
            if "$ref" not in parameter and not {"example", "examples"} & parameter.keys():
                missing.append(f"{name}: {parameter['name']}")
    assert not missing, "\n".join(missing)


def test_examples_of_request_bodies_fit_their_schemas(app: Flask, document: dict[str, Any]) -> None:
    """Sent as they stand, none is refused for its form."""
    client = app.test_client()
    for name, operation in every_operation(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content and operation["x-permission"] == PUBLIC:
            method, path = name.split(" ")
            answer = client.open(path, method=method, json=content["example"])
            assert answer.status_code != 422, (name, answer.json)


def test_errors_have_one_schema(document: dict[str, Any]) -> None:
    schemas = {
        json.dumps(response["content"]["application/json"]["schema"])
        for name, response in document["components"]["responses"].items()
    }
    assert schemas == {'{"$ref": "#/components/schemas/Error"}'}
    body = document["components"]["schemas"]["ErrorBody"]["properties"]
    assert set(body) == {"code", "message", "details", "request_id", "timestamp"}


def test_its_readers_are_served_by_us(client: FlaskClient) -> None:
    for path in ("/api/docs", "/api/redoc"):
        page = client.get(path)
        assert page.status_code == 200
        assert 'data-schema="/api/schema"' in page.text
        assert "https://" not in page.text, "nothing comes from elsewhere"


class DealSchema(Schema):
    name = Text(required=True)


def plugin_blueprint() -> ApiBlueprint:
    blueprint = ApiBlueprint("deals", __name__, plugin="shop", url_prefix="/deals")

    @blueprint.get("/")
    @public
    @blueprint.response(200, page_of(DealSchema))
    def list_deals() -> Any:
        """List the deals."""
        return {"items": [{"name": "One"}], "next_cursor": None}

    return blueprint


@pytest.fixture
def fresh_app(app: Flask) -> Flask:
    """An application of its own, to which routes may be added."""
    from ramal.app import create_app

    return create_app(app.extensions["ramal.settings"])


def test_a_plugins_routes_and_schemas_carry_its_name(fresh_app: Flask) -> None:
    fresh_app.extensions["ramal.api"].register_blueprint(plugin_blueprint())
    client = fresh_app.test_client()
    document = json.loads(client.get("/api/schema").data)
    operation = document["paths"]["/api/v1/shop/deals"]["get"]
    assert operation["tags"] == ["shop: deals"]
    assert {"ShopDeal", "ShopDealPage"} <= document["components"]["schemas"].keys()


def test_a_plugin_that_can_not_be_described_costs_nobody_else_the_document(fresh_app: Flask) -> None:
    class BrokenSchema(Schema):
        missing = fields.Nested("NoSuchSchema")

    blueprint = ApiBlueprint("broken", __name__, plugin="broken")

    @blueprint.get("/")
    @public
    @blueprint.response(200, BrokenSchema)
    def list_nothing() -> Any:
        """List nothing."""
        return {}

    api = fresh_app.extensions["ramal.api"]
    api.register_blueprint(blueprint)
    api.register_blueprint(plugin_blueprint())
    document = json.loads(fresh_app.test_client().get("/api/schema").data)
    assert "/api/v1/shop/deals" in document["paths"]
    assert "/api/v1/broken" not in document["paths"]
    assert "NoSuchSchema" in api.undescribed["api_broken"]


def test_a_route_that_says_not_who_may_call_it_is_refused() -> None:
    blueprint = ApiBlueprint("careless", __name__)

    def careless() -> str:
        return ""

    with pytest.raises(PluginError, match="who may call it"):
        blueprint.add_url_rule("/careless", view_func=careless)
