"""CEP: three services in turn, real HTTP, what they said kept for 90 days."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer
from sqlalchemy import update
from werkzeug import Request, Response

from ramal.api import HttpClient, InvalidPayload, NotFound, UpstreamError, transaction, utcnow
from ramal.plugins.services import save_settings
from ramal.testing.client import JsonClient
from ramal_crm.models import CepEntry
from ramal_crm.services.cep import find_cep

PAULISTA = {
    "cep": "01310-100",
    "logradouro": "Avenida Paulista",
    "bairro": "Bela Vista",
    "localidade": "São Paulo",
    "uf": "SP",
}
SAME_AT_BRASILAPI = {
    "cep": "01310100",
    "street": "Avenida Paulista",
    "neighborhood": "Bela Vista",
    "city": "São Paulo",
    "state": "SP",
}


@pytest.fixture
def httpserver() -> Iterator[HTTPServer]:
    """With threads, so that a request that hangs holds nobody else up."""
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def services(app: Flask, httpserver: HTTPServer, enabled: Any) -> Iterator[HTTPServer]:
    """The three services, on this machine."""
    app.extensions["ramal.http_client"] = HttpClient(allow=(urlsplit(httpserver.url_for("/")).netloc,))
    urls = [httpserver.url_for(f"/{name}/") + "{cep}" for name in ("viacep", "brasilapi", "opencep")]
    save_settings("crm", {"cep_services": urls})
    yield httpserver
    app.extensions.pop("ramal.http_client").close()


def asked(server: HTTPServer) -> list[str]:
    return [request.path.split("/")[1] for request, _answer in server.log]


def test_the_first_service_answers_once_and_is_remembered(services: HTTPServer) -> None:
    services.expect_request("/viacep/01310100").respond_with_json(PAULISTA)
    for typed in ("01310-100", "01310100", " 01.310-100"):
        place = find_cep(typed)
        assert (place.street, place.district, place.city, place.state) == (
            "Avenida Paulista",
            "Bela Vista",
            "São Paulo",
            "SP",
        )
    assert asked(services) == ["viacep"]


def test_after_90_days_it_is_asked_again_and_what_was_kept_helps_when_nobody_answers(services: HTTPServer) -> None:
    services.expect_oneshot_request("/viacep/01310100").respond_with_json(PAULISTA)
    find_cep("01310100")
    with transaction() as open_session:
        open_session.execute(update(CepEntry).values(fetched_at=utcnow() - timedelta(days=91)))
    services.expect_request("/viacep/01310100").respond_with_data("down", status=503)
    services.expect_request("/brasilapi/01310100").respond_with_data("not JSON")
    services.expect_request("/opencep/01310100").respond_with_json(["no object"])
    assert find_cep("01310100").street == "Avenida Paulista"
    assert asked(services) == ["viacep", "viacep", "brasilapi", "opencep"]
    services.clear()
    services.expect_request("/viacep/01310100").respond_with_json({**PAULISTA, "logradouro": "Avenida Nova"})
    assert find_cep("01310100").street == "Avenida Nova"


@pytest.mark.parametrize(
    "broken",
    [Response("x", 500), Response("{", 200), Response('{"localidade": ""}', 200), Response("[" + "1," * 99_999, 200)],
)
def test_the_next_one_steps_in(services: HTTPServer, broken: Response) -> None:
    services.expect_request("/viacep/01310100").respond_with_response(broken)
    services.expect_request("/brasilapi/01310100").respond_with_json(SAME_AT_BRASILAPI)
    assert find_cep("01310100").street == "Avenida Paulista"
    assert asked(services) == ["viacep", "brasilapi"]


def test_a_service_that_hangs_or_drips_is_left(services: HTTPServer) -> None:
    release = threading.Event()

    def hang(_request: Request) -> Response:
        release.wait(20)
        return Response("{}")

    def drip(_request: Request) -> Response:
        def drops() -> Iterator[bytes]:
            while not release.wait(0.1):
                yield b" "

        return Response(drops(), mimetype="application/json")

    services.expect_request("/viacep/01310100").respond_with_handler(hang)
    try:
        services.expect_request("/brasilapi/01310100").respond_with_handler(drip)
        services.expect_request("/opencep/01310100").respond_with_json(PAULISTA)
        assert find_cep("01310100").source
    finally:
        release.set()


def test_a_town_of_one_cep_has_no_street(services: HTTPServer) -> None:
    town = {"cep": "39980-000", "logradouro": "", "bairro": None, "localidade": "Águas Vermelhas", "uf": "MG"}
    services.expect_request("/viacep/39980000").respond_with_json(town)
    place = find_cep("39980000")
    assert (place.street, place.district, place.city) == ("", "", "Águas Vermelhas")


def test_nobody_knows_it(services: HTTPServer) -> None:
    services.expect_request("/viacep/99999999").respond_with_json({"erro": "true"})
    services.expect_request("/brasilapi/99999999").respond_with_data("", status=404)
    services.expect_request("/opencep/99999999").respond_with_data("", status=500)
    with pytest.raises(NotFound, match="type the address"):
        find_cep("99999999")


def test_nobody_answers(services: HTTPServer) -> None:
    with pytest.raises(UpstreamError, match="nothing you filled in is lost"):
        find_cep("01310100")


@pytest.mark.parametrize("typed", ["", "123", "0131010a", "01310-1000"])
def test_what_is_no_cep_is_asked_of_nobody(services: HTTPServer, typed: str) -> None:
    with pytest.raises(InvalidPayload):
        find_cep(typed)
    assert asked(services) == []


def test_the_form_is_filled_by_the_cep_and_stays_editable(
    services: HTTPServer, client: FlaskClient, login: Callable[..., FlaskClient], admin: Any, desk: JsonClient
) -> None:
    services.expect_request("/viacep/01310100").respond_with_json(PAULISTA)
    query = {"place": 2, "addresses.2.postal_code": "01310-100"}
    page = login(client, admin).get("/p/crm/customers/cep", query_string=query).text
    for name, value in (("street", "Avenida Paulista"), ("district", "Bela Vista"), ("state", "SP")):
        assert re.search(rf'name="addresses.2.{name}"[^>]*value="{value}"', page), name
    assert "readonly" not in page
    assert 'hx-swap-oob="true"' in page
    assert desk.get("/crm/cep/01310-100").json["city"] == "São Paulo"


def test_an_address_inside_our_network_is_not_asked(enabled: Any, httpserver: HTTPServer) -> None:
    """The guard holds for whatever an administrator sets."""
    save_settings("crm", {"cep_services": [httpserver.url_for("/") + "{cep}"]})
    with pytest.raises(UpstreamError):
        find_cep("01310100")
    assert httpserver.log == []


def test_an_address_or_an_answer_that_is_none_is_like_a_service_that_is_away(services: HTTPServer) -> None:
    hollow = {**PAULISTA, "logradouro": "Avenida \ud83d"}
    services.expect_request("/deep/01310100").respond_with_data("[" * 60_000)
    services.expect_request("/viacep/01310100").respond_with_json(hollow)
    urls = ["http://[bad/{cep}", services.url_for("/deep/") + "{cep}", services.url_for("/viacep/") + "{cep}"]
    save_settings("crm", {"cep_services": urls})
    assert find_cep("01310100").street == "Avenida ?"
