"""The story of a contract: filled in beside a conversation, previewed, issued with its boletos, received in the web chat."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ramal.testing.installation import Team
from ramal_documents import dates

from .conftest import TakeSeat
from .site import Site
from .test_story import card, say

pytestmark = pytest.mark.e2e

TODAY = dates.today()

SOURCE = """<h1>Confissão de dívida</h1>
{{ clausula("divida", "Da dívida") }}
<p>{{ item() }} {{ contato.nome }}, CPF {{ contato.documento|cpf_cnpj }}, deve {{ contrato.valor|moeda_extenso }}.</p>
{{ clausula("pagamento", "Do pagamento") }}
<p>{{ item() }} O valor da {{ "divida"|clausula }} será pago assim:</p>
{{ tabela_parcelas(contrato.parcelas) }}
<p class="local-data">{{ contrato.data|data_extenso("São Paulo") }}.</p>
"""
VARIABLES: list[dict[str, Any]] = [
    {"name": "contato.nome", "type": "text", "label": "Nome do cliente"},
    {"name": "contato.documento", "type": "cpf_cnpj", "label": "CPF ou CNPJ"},
    {"name": "contrato.valor", "type": "money", "label": "Valor da dívida"},
    {
        "name": "contrato.parcelas",
        "type": "rows",
        "label": "Parcelas",
        "columns": [
            {"name": "vencimento", "type": "date", "label": "Vencimento"},
            {"name": "valor", "type": "money", "label": "Valor"},
        ],
    },
    {"name": "contrato.data", "type": "date", "label": "Data do contrato"},
]
ACCOUNT: dict[str, Any] = {
    "name": "Itaú 109",
    "bank": "341",
    "agency": "0057",
    "account": "12345-7",
    "wallet": "109",
    "beneficiary": {
        "name": "Padaria Modelo Ltda.",
        "document": "11.222.333/0001-81",
        "street": "Rua das Amostras, 100",
    },
}
KEY = {"key": "financeiro@padaria.example", "name": "Padaria Modelo", "city": "São Paulo"}


def test_a_contract_with_two_boletos_and_a_pix_reaches_the_visitor(
    team: Team, chat: dict[str, Any], site: Site, seat: TakeSeat
) -> None:
    team.enable("documents")
    team.api.post("/documents/accounts", ACCOUNT)
    key = team.api.post("/documents/pix-keys", KEY)
    code = team.api.post("/documents/generate-pix", {"key_id": key["id"], "amount": "25.00", "description": "Entrada"})
    template = {"name": "Confissão de dívida", "source": SOURCE, "variables": VARIABLES}
    team.api.post("/documents/contract-templates", template)

    visitor, bruno = seat("visitor"), seat("Bruno")
    visitor.page.goto(site.origin)
    say(visitor.page, "Posso parcelar?")
    bruno.log_in(team.agents[0])
    bruno.visit("/inbox")
    page = bruno.page
    page.get_by_test_id("tab-all").click()
    card(page, "Posso parcelar?").click()
    page.get_by_test_id("take-button").click()

    # From the conversation to the form, which knows whom it is for and says what is missing.
    page.get_by_test_id("contracts-fill").click()
    page.get_by_role("link", name="Confissão de dívida").click()
    expect(page.get_by_test_id("missing")).to_contain_text("Valor da dívida")
    fill(page)
    expect(page.get_by_test_id("preview-complete")).to_be_visible()
    look = page.frame_locator("[data-testid=contract-preview]")
    expect(look.locator("body")).to_contain_text("deve R$ 1.000,00 (mil reais)")
    expect(look.locator("body")).to_contain_text("O valor da cláusula primeira")

    # Issued with its two boletos, which the bank has registered; sent with a PIX code.
    page.get_by_test_id("issue-contract").click()
    expect(page.get_by_test_id("contract-boleto")).to_have_count(2)
    (contract,) = team.api.items("/documents/contracts")
    boletos = team.api.get(f"/documents/contracts/{contract['id']}")["boletos"]
    team.api.post("/documents/boletos/registered", {"boleto_ids": [boleto["id"] for boleto in boletos]})
    page.reload()
    page.get_by_label("Código PIX").select_option(code["id"])
    page.get_by_test_id("send-contract").click()
    expect(page.get_by_test_id("history")).to_contain_text("Enviado")

    # What the customer has: three files, both lines, the PIX as a picture and as text.
    told = visitor.page.get_by_test_id("webchat-message")
    expect(told.filter(has_text=f"nº {contract['number']}")).to_have_count(1)
    for boleto in boletos:
        expect(told.filter(has_text=boleto["digitable_line_formatted"])).to_have_count(1)
    expect(told.filter(has_text=code["code"])).to_have_count(1)
    files = visitor.page.locator("[data-testid=webchat-message] a[href*='/files/']")
    expect(files.filter(has_text="contrato-")).to_have_count(1)
    expect(files.filter(has_text="boleto-")).to_have_count(2)

    # The conversation shows it to the next agent, too.
    page.get_by_test_id("back-to-conversation").click()
    expect(page.get_by_test_id("contracts-panel")).to_contain_text(contract["number"])


def fill(page: Page) -> None:
    """What the agent types; the table fills itself from the sum."""
    page.get_by_label("Nome do cliente").fill("Fulana de Tal e Souza")
    page.get_by_label("CPF ou CNPJ").fill("529.982.247-25")
    page.get_by_label("Valor da dívida").fill("1.000,00")
    page.get_by_label("Total (R$)").fill("1.000,00")
    page.get_by_label("Parcelas", exact=True).last.fill("2")
    page.get_by_label("Primeiro vencimento").fill((TODAY + timedelta(days=30)).isoformat())
    page.get_by_test_id("split-instalments").click()
    expect(page.get_by_label("Valor", exact=True).first).to_have_value("500,00")
    page.get_by_label("Data do contrato").fill(TODAY.isoformat())
    page.get_by_label("Boletos das parcelas").select_option(label="Itaú 109")
