"""Customers on their pages: the form with its helps, the list, one customer; groups and own fields."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from ramal.plugins.services import disable_plugin, save_settings
from ramal.testing.client import access_token
from ramal.testing.factories import Factory
from ramal_crm.models import Customer
from ramal_crm.services import activities, custom_fields, customers, deals, groups, notes, searching

from .browsing import Browser

FORM = {
    "kind": "company",
    "name": "Padaria Modelo",
    "document": "12.ABC.345/01DE-35",
    "tags": "vip, atacado",
    "addresses.0.postal_code": "01310-100",
    "addresses.0.street": "Avenida Paulista",
    "addresses.0.city": "São Paulo",
    "addresses.0.state": "SP",
    "addresses.1.city": "Santos",
    "addresses.1.label": "Entrega",
    "main_address": "1",
}


@pytest.fixture
def browser(client: FlaskClient, login: Callable[..., FlaskClient], enabled: Any, admin: Any) -> Browser:
    return Browser(login(client, admin))


@pytest.fixture
def bakery(enabled: Any) -> Customer:
    return customers.create_customer({"name": "Padaria Modelo", "document": "12ABC34501DE35", "tags": ["vip"]})


def test_a_customer_is_added_and_changed_on_the_form(browser: Browser) -> None:
    refused = browser.send("/customers/new", {**FORM, "document": "12.ABC.345/01DE-36"})
    assert refused.status_code == 422
    assert "not right" in refused.text
    assert 'value="Avenida Paulista"' in refused.text
    assert 'value="Entrega"' in refused.text
    made = browser.send("/customers/new", FORM)
    assert made.status_code == 303, made.text
    path = made.headers["Location"].removeprefix("/p/crm")
    page = browser.text(path)
    assert "12.ABC.345/01DE-35" in page
    assert page.index("Santos") < page.index("Avenida Paulista")
    form = browser.text(f"{path}/edit")
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version
    assert 'value="01310-100"' in form
    changed = browser.send(f"{path}/edit", {**FORM, "name": "Padaria Nova", "version": version[1]})
    assert changed.status_code == 303, changed.text
    late = browser.send(f"{path}/edit", {**FORM, "name": "Outra", "version": version[1]})
    assert (late.status_code, "changed this customer meanwhile" in late.text) == (422, True)
    assert "Padaria Nova" in browser.text("/")


def test_own_fields_stand_on_the_form(browser: Browser) -> None:
    for label, type_ in (("Segmento", "choice"), ("Ativa", "yes_no"), ("Filiais", "number"), ("Desde", "date")):
        values = {"entity": "customer", "label": label, "type": type_, "options": ["Varejo", "Atacado"]}
        custom_fields.create_field(values)
    own = {"custom.segmento": "Atacado", "custom.ativa": "0", "custom.filiais": "1234,5", "custom.desde": "2020-01-31"}
    made = browser.send("/customers/new", {**FORM, **own})
    assert made.status_code == 303, made.text
    path = made.headers["Location"].removeprefix("/p/crm")
    for shown in ("Atacado", "No", "1234,5", "31/01/2020"):
        assert f">{shown}</dd>" in browser.text(path)
    form = browser.text(f"{path}/edit")
    assert re.search(r'<option value="0" selected>', form)
    assert 'value="2020-01-31"' in form
    wrong = browser.send(f"{path}/edit", {**FORM, "custom.filiais": "muitas"})
    assert (wrong.status_code, "Filiais: write a number." in wrong.text) == (422, True)


def test_a_customer_made_from_a_contact_is_linked(browser: Browser, make: Factory) -> None:
    ana = make.contact("Ana Souza", phone="+5511987654321")
    form = browser.text(f"/customers/new?contact_id={ana.id}")
    assert 'value="Ana Souza"' in form
    made = browser.send("/customers/new", {"kind": "person", "name": "Ana Souza", "contact_id": str(ana.id)})
    assert made.status_code == 303
    assert [each.name for each in customers.customers_of_contact(ana.id)] == ["Ana Souza"]


def test_the_form_says_what_is_wrong_with_a_document_while_it_is_typed(browser: Browser, bakery: Customer) -> None:
    def hint(typed: str, **more: Any) -> str:
        query = {"document": typed, **more}
        return browser.client.get("/p/crm/customers/check-document", query_string=query).text

    assert "are right" in hint("529.982.247-25")
    assert "not right" in hint("529.982.247-24")
    assert "<p" not in hint("529.982")
    assert "Padaria Modelo has this" in hint("12.abc.345/01de-35")
    assert "are right" in hint("12.abc.345/01de-35", own_id=bakery.id)


def test_a_cep_that_nobody_answers_loses_nothing(browser: Browser) -> None:
    """Only the sentence is replaced; what was typed is not in the answer at all."""
    save_settings("crm", {"cep_services": ["http://127.0.0.1:9/{cep}"]})
    answer = browser.client.get(
        "/p/crm/customers/cep", query_string={"place": 1, "addresses.1.postal_code": "01310-100"}
    )
    assert answer.status_code == 200
    assert answer.headers["HX-Retarget"] == "#cep-hint-1"
    assert "nothing you filled in is lost" in answer.text.replace("&#39;", "'")
    assert "<input" not in answer.text
    empty = browser.client.get("/p/crm/customers/cep", query_string={"place": 0, "addresses.0.postal_code": ""})
    assert empty.headers["HX-Retarget"] == "#cep-hint-0"
    another = browser.text("/customers/address?place=3")
    assert 'name="addresses.3.street"' in another
    assert "place=4" in another


def test_the_list_is_narrowed_and_goes_on(browser: Browser, bakery: Customer) -> None:
    for number in range(21):
        customers.create_customer({"name": f"Cliente {number:02}"})
    first = browser.text("/customers")
    assert first.count('data-testid="customer-row"') == 20
    following = re.search(r'href="/p/crm(/customers\?cursor=[^"]+)"', first)
    assert following
    assert browser.text(following[1]).count('data-testid="customer-row"') == 2
    for query in ("q=padaria", "tag=vip", "kind=company"):
        found = browser.text(f"/customers?{query}")
        assert found.count('data-testid="customer-row"') == 1
        assert "Padaria Modelo" in found
    assert "No customer fits" in browser.text("/customers?q=nada")
    assert '<option value="vip">' in browser.text("/customers/tags")
    assert "Padaria Modelo" in browser.text("/customers/options?customer_text=pada")


def test_one_customers_page(browser: Browser, bakery: Customer, make: Factory) -> None:
    path = f"/customers/{bakery.id}"
    ana = make.contact("Ana Souza")
    assert "Ana Souza" in browser.text("/customers/contact-options?contact_text=ana")
    assert browser.send(f"{path}/contacts", {}, page=path).status_code == 422
    form = {"contact_id": str(ana.id), "role": "sócia"}
    assert browser.send(f"{path}/contacts", form, page=path).status_code == 303
    assert "sócia" in browser.text(path)
    assert browser.send(f"{path}/notes", {"body": " "}, page=path).status_code == 422
    assert browser.send(f"{path}/notes", {"body": "Linha 1\n<b>Linha 2"}, page=path).status_code == 303
    page = browser.text(path)
    assert "Linha 1<br>&lt;b&gt;Linha 2" in page
    kept = browser.send(f"{path}/files", {"file": (io.BytesIO(b"%PDF-1.7 x"), "proposta.pdf")}, page=path)
    assert kept.status_code == 303
    assert browser.send(f"{path}/files", {}, page=path).status_code == 422
    link = re.search(r'href="/p/crm(/files/[0-9a-f-]+)"', browser.text(path))
    assert link
    opened = browser.client.get(f"/p/crm{link[1]}")
    assert browser.client.get(opened.headers["Location"]).data == b"%PDF-1.7 x"
    kinds = re.findall(r'data-kind="([a-z.]+)"', browser.text(path))
    assert kinds == ["file.added", "note.added", "contact.linked", "customer.created"]
    assert re.findall(r'data-kind="([a-z.]+)"', browser.text(f"{path}?show=note")) == ["note.added"]
    note = notes.list_notes(customer_id=bakery.id).items[0]
    assert browser.send(f"/notes/{note.id}/delete", {}, page=path).status_code == 303
    assert browser.send(f"{link[1]}/delete", {}, page=path).status_code == 303
    assert browser.send(f"{path}/contacts/{ana.id}/unlink", {}, page=path).status_code == 303
    assert "Linha 1" not in browser.text(path)


def test_archived_merged_and_deleted_on_the_page(browser: Browser, bakery: Customer) -> None:
    path = f"/customers/{bakery.id}"
    assert browser.send(f"{path}/archive", {"do": "archive"}, page=path).status_code == 303
    assert "This customer is archived" in browser.text(path)
    assert "Padaria Modelo" in browser.text("/customers?archived=1")
    assert browser.send(f"{path}/archive", {"do": "restore"}, page=path).status_code == 303
    other = customers.create_customer({"name": "Padaria Velha"})
    both = customers.create_customer({"name": "Outra", "document": "11222333000181"})
    assert browser.send(f"{path}/merge", {}, page=path).status_code == 422
    assert browser.send(f"{path}/merge", {"absorbed_customer_id": str(both.id)}, page=path).status_code == 422
    kept = customers.update_customer(other.id, {"kind": "company"})
    assert browser.send(f"{path}/merge", {"absorbed_customer_id": str(kept.id)}, page=path).status_code == 303
    assert "Padaria Velha was merged" in browser.text(path)
    assert browser.send(f"{path}/delete", {}, page=path).status_code == 303
    assert browser.text(path, status=404)


def test_groups_and_fields_on_their_pages(browser: Browser) -> None:
    assert browser.send("/groups", {"name": "Grupo Modelo", "note": "Santos"}).status_code == 303
    assert browser.send("/groups", {"name": "grupo modelo"}).status_code == 422
    (group,) = groups.all_groups()
    assert browser.send("/groups", {"group_id": str(group.id), "name": "Grupo Novo"}).status_code == 303
    assert "Grupo Novo" in browser.text("/groups?q=novo")
    assert browser.send(f"/groups/{group.id}/delete", {}, page="/groups").status_code == 303
    new = {"entity": "customer", "label": "Porte", "type": "choice", "options": "Pequeno\n\nGrande\n", "required": "1"}
    assert browser.send("/fields", new).status_code == 303
    assert browser.send("/fields", new).status_code == 422
    (field,) = custom_fields.list_fields()
    assert (field.options, field.required) == (["Pequeno", "Grande"], True)
    path = f"/fields/{field.id}"
    changed = {"label": "Tamanho", "options": "P\nG", "position": "3", "archived": "1"}
    assert browser.send(path, {**changed, "options": "P"}).status_code == 422
    assert browser.send(path, changed).status_code == 303
    assert "Tamanho" in browser.text("/fields")
    assert custom_fields.list_fields() == []


def test_deals_and_what_is_to_be_done_stand_on_the_customers_page(browser: Browser, bakery: Customer) -> None:
    deals.create_deal({"title": "Café da manhã", "customer_id": bakery.id})
    schedule = {"title": "Levar amostras", "due": "2031-05-02T09:00", "type": "visit"}
    about = f"/activities?customer={bakery.id}"
    assert f"Activities with {bakery.name}" in browser.text(about)
    assert browser.send(about, schedule).status_code == 303
    assert browser.send(about, {**schedule, "title": ""}).status_code == 422
    page = browser.text(f"/customers/{bakery.id}")
    assert "Café da manhã" in page
    assert "Levar amostras" in page
    (activity,) = activities.list_activities(activities.Search(customer_id=bakery.id)).items
    done = browser.send(f"/activities/{activity.id}/done?customer={bakery.id}&from=customer", {}, page=about)
    assert done.location == f"/p/crm/customers/{bakery.id}"
    assert activities.list_activities(activities.Search(customer_id=bakery.id)).items == []


def test_who_may_only_look_sees_no_forms(
    client: FlaskClient, login: Callable[..., FlaskClient], enabled: Any, bakery: Customer
) -> None:
    viewer = Browser(login(client, enabled.member("viewer")))
    page = viewer.text(f"/customers/{bakery.id}")
    assert 'data-testid="edit-customer"' not in page
    assert 'data-testid="add-note"' not in page
    assert "/p/crm/fields" not in page
    viewer.text("/customers/new", status=403)
    viewer.text("/fields", status=403)


def test_the_search_hook_finds_customers_for_those_who_may_see_them(app: Any, enabled: Any, bakery: Customer) -> None:
    def found(role: str) -> list[tuple[str, str]]:
        with app.test_request_context(headers={"Authorization": f"Bearer {access_token(app, enabled.member(role))}"}):
            app.preprocess_request()
            return [(each.title, each.detail) for each in searching.results("padaria")]

    # Without a caller, nobody has the permission.
    assert list(searching.results("padaria")) == []
    assert found("agent") == [("Padaria Modelo", "12.ABC.345/01DE-35")]


def test_disabled_there_is_no_page(browser: Browser, bakery: Customer) -> None:
    disable_plugin("crm")
    browser.text(f"/customers/{bakery.id}", status=404)
    browser.text(f"/customers/{uuid.uuid4()}", status=404)
