"""Pictures and the letterhead: kept, shown in contracts, guarded, each organization's own."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
from flask.testing import FlaskClient
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

from ramal.plugins.services import enable_plugin
from ramal.testing.client import JsonClient
from ramal.testing.factories import TestOrganization

from .agreements import TEMPLATE, values
from .browsing import Browser
from .images import png

LOGO = '<p><img src="asset:logo" alt=""></p>'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'


@pytest.fixture
def browser(client: FlaskClient, login: Callable[..., FlaskClient], enabled: Any, admin: Any) -> Browser:
    return Browser(login(client, admin))


def upload(desk: JsonClient, name: str = "logo", data: bytes | None = None, filename: str = "logo.png") -> Any:
    body = {"file": (io.BytesIO(png() if data is None else data), filename), "name": name}
    return desk.post("/documents/pictures", data=body, content_type="multipart/form-data")


def replace(desk: JsonClient, picture: dict[str, Any], data: bytes, filename: str = "logo.png") -> Any:
    body = {"file": (io.BytesIO(data), filename)}
    return desk.post(f"/documents/pictures/{picture['id']}/file", data=body, content_type="multipart/form-data")


def with_logo(desk: JsonClient) -> dict[str, Any]:
    body = {**TEMPLATE, "name": "Com logotipo", "source": LOGO + TEMPLATE["source"]}
    made: dict[str, Any] = desk.post("/documents/contract-templates", body).json
    return made


def images_of(pdf: bytes) -> list[tuple[int, int]]:
    page = pypdfium2.PdfDocument(pdf)[0]
    return [each.get_px_size() for each in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE])]


def test_a_picture_is_kept_shown_and_told_in_the_audit(desk: JsonClient, client: FlaskClient) -> None:
    picture = upload(desk)
    assert picture.status_code == 201, picture.text
    body = picture.json
    assert (body["name"], body["mime_type"], body["width"], body["height"]) == ("logo", "image/png", 40, 20)
    assert client.get(body["url"].partition("localhost")[2]).data == png()
    assert [each["name"] for each in desk.get("/documents/pictures").json["items"]] == ["logo"]
    assert desk.get(f"/documents/pictures/{body['id']}").json["sha256"] == body["sha256"]
    (line,) = desk.get("/audit", action="documents.picture.added").json["items"]
    assert (line["target_name"], line["after"]) == ("logo", {"sha256": body["sha256"]})


def test_a_contract_shows_the_picture_it_asks_for(desk: JsonClient, client: FlaskClient, work: Any) -> None:
    template = with_logo(desk)
    checked = desk.post(
        "/documents/contract-templates/check", {"source": LOGO + TEMPLATE["source"], "variables": TEMPLATE["variables"]}
    )
    assert [(each["code"], each["line"]) for each in checked.json["problems"]] == [("asset", 1)]
    body = {"template_id": template["id"], "values": values()}
    refused = desk.post("/documents/generate-contract", body)
    assert (refused.status_code, refused.json["error"]["details"].popitem()[1] == ["There is no asset “logo”."]) == (
        422,
        True,
    )
    picture = upload(desk).json
    issued = desk.post("/documents/generate-contract", body)
    assert issued.status_code == 201, issued.text
    assert images_of(client.get(issued.json["pdf_url"].partition("localhost")[2]).data) == [(40, 20)]
    changed = replace(desk, picture, png((0, 0, 200), "JPEG"), "logo.jpg").json
    assert (changed["mime_type"], changed["sha256"] != picture["sha256"]) == ("image/jpeg", True)
    work()
    assert client.get(picture["url"].partition("localhost")[2]).status_code == 404
    assert client.get(issued.json["pdf_url"].partition("localhost")[2]).status_code == 200


def test_the_letterhead_stands_above_every_page(
    desk: JsonClient, client: FlaskClient, template: dict[str, Any]
) -> None:
    picture = upload(desk).json
    paper = {"name": "Padaria Modelo Ltda.", "lines": ["Rua das Amostras, 100", ""], "picture_id": picture["id"]}
    saved = desk.put("/documents/pictures/letterhead", paper)
    assert (saved.status_code, saved.json["lines"]) == (200, ["Rua das Amostras, 100"]), saved.text
    issued = desk.post("/documents/generate-contract", {"template_id": template["id"], "values": values()}).json
    pdf = client.get(issued["pdf_url"].partition("localhost")[2]).data
    text = str(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded())
    assert "Padaria Modelo Ltda." in text
    assert "Rua das Amostras, 100" in text
    assert images_of(pdf) == [(40, 20)]
    assert desk.delete(f"/documents/pictures/{picture['id']}").status_code == 409
    assert desk.put("/documents/pictures/letterhead", {}).json == {"name": "", "lines": [], "picture_id": None}
    assert desk.delete(f"/documents/pictures/{picture['id']}").status_code == 204
    actions = [each["action"] for each in desk.get("/audit").json["items"]]
    assert actions.count("documents.letterhead.changed") == 2
    assert desk.put("/documents/pictures/letterhead", {"lines": ["a"] * 5}).status_code == 422


def test_what_is_no_picture_is_refused(desk: JsonClient) -> None:
    assert upload(desk, data=SVG, filename="logo.svg").status_code in (415, 422)
    assert upload(desk, data=b"%PDF-1.7 x", filename="logo.pdf").status_code == 422
    assert upload(desk, data=b"GIF89a nothing", filename="logo.png").status_code in (415, 422)
    assert upload(desk, data=png() + b"\0" * (2 * 1024 * 1024)).status_code == 413
    assert desk.post("/documents/pictures", data={"name": "x"}, content_type="multipart/form-data").status_code == 422
    for name in ("Logo", "um logo", "-a", "a" * 41, "../x"):
        assert upload(desk, name).status_code == 422, name
    assert desk.get("/documents/pictures").json["items"] == []


def test_a_name_is_one_picture_and_one_in_use_stays(desk: JsonClient) -> None:
    picture = upload(desk).json
    assert upload(desk).status_code == 409
    template = with_logo(desk)
    refused = desk.delete(f"/documents/pictures/{picture['id']}")
    assert (refused.status_code, "Com logotipo" in refused.text) == (409, True)
    desk.patch(f"/documents/contract-templates/{template['id']}", {"state": "archived"})
    assert desk.delete(f"/documents/pictures/{picture['id']}").status_code == 204
    assert desk.get(f"/documents/pictures/{picture['id']}").status_code == 404


def test_agents_see_pictures_and_change_none(clerk: JsonClient, desk: JsonClient) -> None:
    picture = upload(desk).json
    assert len(clerk.get("/documents/pictures").json["items"]) == 1
    assert upload(clerk, "other").status_code == 403
    assert replace(clerk, picture, png()).status_code == 403
    assert clerk.delete(f"/documents/pictures/{picture['id']}").status_code == 403
    assert clerk.put("/documents/pictures/letterhead", {}).status_code == 403


def test_another_organizations_picture_is_none_of_ours(
    desk: JsonClient, api: Callable[..., JsonClient], other_organization: TestOrganization, acting_for: Any
) -> None:
    with acting_for(other_organization.id):
        enable_plugin("documents")
    assert upload(api(other_organization.admin)).status_code == 201
    assert desk.get("/documents/pictures").json["items"] == []
    template = with_logo(desk)
    refused = desk.post("/documents/generate-contract", {"template_id": template["id"], "values": values()})
    assert refused.status_code == 422
    assert upload(desk).status_code == 201


def test_the_pages_add_show_and_remove(browser: Browser, desk: JsonClient) -> None:
    def send(path: str, **form: Any) -> Any:
        return browser.send(path, form, page="/pictures")

    added = send("/pictures", name="logo", file=(io.BytesIO(png()), "logo.png"))
    assert added.status_code == 200, added.text
    assert "&lt;img src=&#34;asset:logo&#34; alt=&#34;&#34;&gt;" in added.text
    again = send("/pictures", name="logo", file=(io.BytesIO(png()), "logo.png"))
    assert (again.status_code, "already" in again.text) == (422, True)
    assert send("/pictures", name="x").status_code == 422
    (picture,) = desk.get("/documents/pictures").json["items"]
    swapped = send(f"/pictures/{picture['id']}", file=(io.BytesIO(png((0, 0, 1))), "a.png"))
    assert (swapped.status_code, "It was replaced." in swapped.text) == (200, True)
    template = with_logo(desk)
    page = browser.text(f"/templates/{template['id']}")
    assert 'data-testid="picture"' in page
    form = {"source": LOGO + TEMPLATE["source"], "variables": "[]", "name": "x"}
    form["source"] = LOGO
    checked = browser.send("/templates/check", form, page=f"/templates/{template['id']}").text
    assert "&lt;img src=&#34;/files/" in checked
    assert (
        send("/pictures/letterhead", name="Padaria", lines="Rua A\nRua B", picture_id=picture["id"]).status_code == 303
    )
    assert "Rua B" in browser.text("/pictures")
    assert send("/pictures/letterhead", name="x", lines="1\n2\n3\n4\n5").status_code == 422
    kept = send(f"/pictures/{picture['id']}/delete")
    assert (kept.status_code, "letterhead shows" in kept.text) == (422, True)
    send("/pictures/letterhead", name="", lines="", picture_id="")
    desk.patch(f"/documents/contract-templates/{template['id']}", {"state": "archived"})
    assert "No pictures yet." in send(f"/pictures/{picture['id']}/delete").text
