"""A customer filled in with a CNPJ, linked to a contact, and met again where a boleto is made out to that contact."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from ramal.testing.installation import Team

from .conftest import TakeSeat
from .deal import ACCOUNT, SOURCE, VARIABLES

pytestmark = pytest.mark.e2e


def test_documents_know_the_customer_behind_a_contact(team: Team, seat: TakeSeat) -> None:
    for plugin in ("documents", "crm"):
        team.enable(plugin)
    settings: dict[str, Any] = {"cep_services": ["http://127.0.0.1:9/{cep}"]}
    team.api.put("/plugins/crm/settings", settings)
    team.api.post("/documents/accounts", ACCOUNT)
    contact = team.api.post("/contacts", {"name": "Ana Souza", "phone": "+5511987654321"})
    desk = seat(team.admin.name)
    desk.log_in(team.admin)

    page = desk.visit(f"/p/crm/customers/new?contact_id={contact['id']}")
    page.locator("[name=kind]").select_option("company")
    page.locator("[name=document]").fill("12.ABC.345/01DE-36")
    expect(page.get_by_test_id("document-hint")).to_contain_text("confira os dígitos")
    page.locator("[name=document]").fill("12.abc.345/01de-35")
    expect(page.get_by_test_id("document-hint")).to_contain_text("estão certos")
    page.locator("[name=name]").fill("Padaria Modelo")
    page.locator("[name=legal_name]").fill("Padaria Modelo Ltda.")
    page.locator("[name='addresses.0.street']").fill("Rua das Amostras")
    page.locator("[name='addresses.0.number']").fill("100")
    page.locator("[name='addresses.0.postal_code']").fill("01310-100")
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("cep-hint")).to_contain_text("nada do que você preencheu se perde")
    expect(page.locator("[name='addresses.0.street']")).to_have_value("Rua das Amostras")
    page.get_by_test_id("another-address").click()
    page.locator("[name='addresses.1.city']").fill("Santos")
    page.get_by_test_id("save-customer").click()
    expect(page.get_by_test_id("customer-facts")).to_contain_text("12.ABC.345/01DE-35")
    expect(page.get_by_test_id("customer-contacts")).to_contain_text("Ana Souza")
    expect(page.get_by_test_id("customer-facts")).to_contain_text("Santos")

    boleto = f"/p/documents/boletos/new?contact_id={contact['id']}"
    desk.visit(boleto)
    expect(page.locator("[name='payer.name']")).to_have_value("Padaria Modelo Ltda.")
    expect(page.locator("[name='payer.document']")).to_have_value(re.compile("12.?ABC.?345/?01DE-?35"))
    expect(page.locator("[name='payer.street']")).to_have_value("Rua das Amostras, 100")

    body = {"name": "Confissão", "source": SOURCE, "variables": VARIABLES}
    template = team.api.post("/documents/contract-templates", body)
    desk.visit(f"/p/documents/contracts/new?template_id={template['id']}&contact_id={contact['id']}")
    expect(page.locator("[name='v.contato.nome']")).to_have_value("Padaria Modelo Ltda.")
    expect(page.locator("[name='v.contato.documento']")).to_have_value(re.compile("12.?ABC.?345/?01DE-?35"))

    team.api.post("/plugins/crm/disable")
    desk.visit(boleto)
    expect(page.locator("[name='payer.name']")).to_have_value("Ana Souza")
    expect(page.locator("[name='payer.document']")).to_have_value("")
