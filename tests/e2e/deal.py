"""The deal that the contract's stories tell: a debt in two instalments, and what the customer holds in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pypdfium2
import zxingcpp
from playwright.sync_api import Page, expect

from ramal.testing.installation import Team
from ramal_documents import dates
from ramal_documents.pix import parse as parse_pix

from .test_story import card

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


@dataclass
class Deal:
    """What the back office laid ready, and what comes of it."""

    team: Team
    code: dict[str, Any]
    contract: dict[str, Any] = field(default_factory=dict)
    boletos: list[dict[str, Any]] = field(default_factory=list)

    def take_on(self, page: Page, said: str) -> None:
        """The agent opens the conversation in which the customer ``said`` it, and takes it."""
        page.get_by_test_id("tab-all").click()
        card(page, said).click()
        page.get_by_test_id("take-button").click()

    def fill_in(self, page: Page) -> None:
        """From the conversation to the form, which knows whom it is for, says what is missing and shows the text."""
        page.get_by_test_id("contracts-fill").click()
        page.get_by_role("link", name="Confissão de dívida").click()
        expect(page.get_by_test_id("missing")).to_contain_text("Valor da dívida")
        _type_values(page)
        expect(page.get_by_test_id("preview-complete")).to_be_visible()
        look = page.frame_locator("[data-testid=contract-preview]")
        expect(look.locator("body")).to_contain_text("deve R$ 1.000,00 (mil reais)")
        expect(look.locator("body")).to_contain_text("O valor da cláusula primeira")

    def issue_and_send(self, page: Page) -> None:
        """Issued with its two boletos, which the bank has registered; sent with them and a PIX code."""
        page.get_by_test_id("issue-contract").click()
        expect(page.get_by_test_id("contract-boleto")).to_have_count(2)
        (self.contract,) = self.team.api.items("/documents/contracts")
        self.boletos = self.team.api.get(f"/documents/contracts/{self.contract['id']}")["boletos"]
        self.team.api.post("/documents/boletos/registered", {"boleto_ids": [one["id"] for one in self.boletos]})
        page.reload()
        page.get_by_label("Código PIX").select_option(self.code["id"])
        page.get_by_test_id("send-contract").click()
        expect(page.get_by_test_id("history")).to_contain_text("Enviado")

    def seen_by_the_next_agent(self, page: Page) -> None:
        """The conversation shows it beside what was said."""
        page.get_by_test_id("back-to-conversation").click()
        expect(page.get_by_test_id("contracts-panel")).to_contain_text(self.contract["number"])

    def check_papers(self, contract: bytes, *boletos: bytes) -> None:
        """The files that arrived are the contract and its boletos: whole PDFs, read as people and banks read them."""
        text = read_sheet(contract)
        for value in (self.contract["number"], "Fulana de Tal e Souza", "529.982.247-25", "R$ 1.000,00 (mil reais)"):
            assert value in text, value
        for made, paper in zip(self.boletos, boletos, strict=True):
            text = read_sheet(paper)
            assert made["digitable_line_formatted"] in text
            assert made["our_number"] in text
            assert _codes_on(paper) == [made["barcode"]]

    def check_pix(self, text: str) -> None:
        """The text that the customer copies is the code, whole: its CRC is right, it pays whom and what it should."""
        assert text == self.code["code"]
        read = parse_pix(text)
        assert (read.problems, str(read.amount), read.key) == ((), "25.00", KEY["key"])


def lay_ready(team: Team) -> Deal:
    """An account, a PIX code and a template."""
    team.enable("documents")
    team.api.post("/documents/accounts", ACCOUNT)
    key = team.api.post("/documents/pix-keys", KEY)
    code = team.api.post("/documents/generate-pix", {"key_id": key["id"], "amount": "25.00", "description": "Entrada"})
    template = {"name": "Confissão de dívida", "source": SOURCE, "variables": VARIABLES}
    team.api.post("/documents/contract-templates", template)
    return Deal(team, code)


def _type_values(page: Page) -> None:
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


def read_sheet(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in pages).split())


def _codes_on(pdf: bytes) -> list[str]:
    """What a reader of barcodes finds on the first page at 150 dots an inch."""
    return codes_on_picture(pypdfium2.PdfDocument(pdf)[0].render(scale=150 / 72).to_pil())


def codes_on_picture(picture: Any) -> list[str]:
    """What a reader of barcodes finds on a picture."""
    return [found.text for found in zxingcpp.read_barcodes(picture)]
