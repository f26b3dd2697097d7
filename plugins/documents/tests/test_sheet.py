"""The printed sheet, looked at as a reader of barcodes, of text and of PDF files does."""

from __future__ import annotations

import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from ramal_documents import sheet
from ramal_documents.boleto import BANKS, Boleto, BoletoError, Discount, Fine, Interest, Party, itf
from ramal_documents.errors import DocumentsError
from ramal_documents.pix import dynamic_code
from ramal_documents.sheet import html, slip
from ramal_documents.sheet.canvas import POINT, fitted, wrapped
from ramal_documents.sheet.printed import LABELS
from ramal_documents.sheet.typeface import BOLD, REGULAR

from .helpers import PAYER, boleto

PIX = dynamic_code("pix.example.com/8b3da2f39a4140d1a91abd93113bd441", name="Padaria Modelo", city="São Paulo")
STREAM = re.compile(rb"/Length (\d+) >>\nstream\n")


def full(**changes: Any) -> Boleto:
    """A boleto with something in every box."""
    fields: dict[str, Any] = {
        "our_number": "12345678",
        "amount": Decimal("1234.56"),
        "fine": Fine(percent=Decimal(2)),
        "interest": Interest(monthly=Decimal(1)),
        "discounts": (Discount(until=date(2026, 12, 5), amount=Decimal(50)),),
        "instructions": ("Contrato 118/2026.",),
        "statement": ("Mensalidade de dezembro: R$ 1.184,56", "", "Manutenção: R$ 50,00"),
        "guarantor": Party(name="Avalista Exemplar", document="11144477735"),
        "instalment_printed": "3/12",
    }
    return boleto(**{**fields, **changes})


def picture(pdf: bytes, page: int = 0) -> Any:
    """A page at 150 dots an inch."""
    return pypdfium2.PdfDocument(pdf)[page].render(scale=150 / 72).to_pil()


def barcodes(pdf: bytes, page: int = 0) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture(pdf, page))]


def words(pdf: bytes, page: int = 0) -> str:
    return str(pypdfium2.PdfDocument(pdf)[page].get_textpage().get_text_bounded())


def booklet(boletos: list[Boleto], **options: Any) -> bytes:
    file = io.BytesIO()
    sheet.booklet(boletos, file, **options)
    return file.getvalue()


@pytest.mark.parametrize("bank", BANKS)
def test_a_reader_finds_the_44_digits(bank: str) -> None:
    made = boleto(bank)
    assert barcodes(sheet.one(made)) == [made.barcode]


def test_three_to_a_page() -> None:
    made = [boleto(our_number=str(number), instalment_printed=f"{number}/7") for number in range(1, 8)]
    file = io.BytesIO()
    assert sheet.booklet(made, file) == 3
    pdf = file.getvalue()
    assert len(pypdfium2.PdfDocument(pdf)) == 3
    assert sorted(barcodes(pdf)) == sorted(each.barcode for each in made[:3])
    assert barcodes(pdf, 2) == [made[6].barcode]
    assert "3/7" in words(pdf)


def test_every_word_is_there() -> None:
    made = full(pix_code=PIX)
    text = " ".join(words(sheet.one(made)).split())
    for name in LABELS.keys() - {"cip", "instalment", "second_copy"}:
        assert LABELS[name] in text, name
    for value in (
        made.digitable_line_formatted,
        "341-7",
        "Itaú",
        "Padaria Modelo Ltda. - CNPJ 11.222.333/0001-81",
        "Rua das Amostras, 100 - Centro - 01000-000 - São Paulo/SP",
        "Fulana de Tal e Souza - CPF 529.982.247-25",
        "13000-000 - Campinas/SP",
        "110/12345678-8",
        "0057 / 12345-7",
        "10/12/2026",
        "20/11/2026",
        "22/11/2026",
        "1.234,56",
        "2026-118",
        "Após o vencimento, multa de 2,00% (R$ 24,69) e juros de R$ 0,41 ao dia",
        "Contrato 118/2026.",
        "Manutenção: R$ 50,00",
        "Avalista Exemplar - CPF 111.444.777-35",
        "Pagável em qualquer banco",
    ):
        assert value in text, value


def long_words() -> dict[str, Any]:
    """What makes every box too small: long names and addresses, the largest amount, many instructions."""
    beneficiary = Party(
        name="Associação Beneficente dos Moradores e Amigos do Jardim das Acácias de São José dos Campos Ltda. - ME",
        document="11222333000181",
        street="Avenida Engenheiro Francisco José Longo Fictício, 12.345, Bloco B, 14º andar, conjuntos 1.401 a 1.412",
        district="Jardim São Dimas Imaginário",
        city="São José dos Campos",
        state="SP",
        postal_code="12245000",
    )
    payer = Party(
        name="Ângela Aparecida da Conceição Albuquerque de Vasconcelos Montenegro e Figueiredo Filha Neta Segunda",
        document="52998224725",
        street="Travessa Professora Guiomar Conceição de Albuquerque, 98.765, fundos, casa 3, apartamento 1.204",
        district="Conjunto Habitacional Presidente Imaginário",
        city="Vila Bela da Santíssima Trindade",
        state="MT",
        postal_code="78245000",
    )
    sentence = (
        "Uma instrução que ocupa bem mais do que uma linha, pois repete o que já foi dito e avança até não caber."
    )
    return {
        "beneficiary": beneficiary,
        "payer": payer,
        "guarantor": payer,
        "amount": Decimal("99999999.99"),
        "document_number": "CONTRATO-2026/000118-A",
        "instructions": (sentence,) * 9,
        "statement": tuple(f"Item {number}: manutenção, {sentence}" for number in range(40)),
    }


def overlaps(pdf: bytes, page: int = 0) -> list[tuple[str, str]]:
    """Pieces of text that lie on each other by more than a hair, which is 0.1 mm."""
    text, hair = pypdfium2.PdfDocument(pdf)[page].get_textpage(), 0.1 / POINT
    boxes = [text.get_rect(number) for number in range(text.count_rects())]
    return [
        (text.get_text_bounded(*one), text.get_text_bounded(*other))
        for one, other in combinations(boxes, 2)
        if min(one[2], other[2]) - max(one[0], other[0]) > hair and min(one[3], other[3]) - max(one[1], other[1]) > hair
    ]


@pytest.mark.parametrize("words_of", [dict, long_words])
def test_no_text_lies_on_another(words_of: Any) -> None:
    made = [full(**{**words_of(), **more}) for more in ({"pix_code": PIX}, {"updated_to": date(2026, 12, 21)})]
    for one in made:
        assert overlaps(sheet.one(one)) == []
        assert overlaps(html.pdf(html.page([one]))) == []
    pdf = booklet([boleto("237", **words_of()), *made])
    assert overlaps(pdf) == []
    assert len(barcodes(pdf)) == 3


def test_the_stub_names_both_parties_however_long() -> None:
    """With their documents, and the beneficiary with an address (Lei 12.039/2009)."""
    for made, street in ((full(), "Rua das Amostras, 100 -"), (full(**long_words()), "Avenida Engenheiro")):
        left = pypdfium2.PdfDocument(booklet([made]))[0].get_textpage().get_text_bounded(right=33 / POINT)
        for value in ("CPF 529.982.247-25", "CNPJ 11.222.333/0001-81", street):
            assert value in left, value


def test_a_copied_pix_code_is_whole() -> None:
    """Whoever copies its lines from the page and joins them has the code, spaces and all."""
    for pdf in (sheet.one(full(pix_code=PIX)), html.pdf(html.page([full(pix_code=PIX)]))):
        lines = [line.strip() for line in words(pdf).splitlines()]
        start = next(place for place, line in enumerate(lines) if line.startswith("000201"))
        assert "".join(lines[start:]).startswith(PIX)


def test_the_booklet_says_the_same() -> None:
    text = " ".join(words(booklet([full()])).split())
    for value in ("Parcela", "3/12", "Padaria Modelo Ltda.", "1.234,56", "10/12/2026", "Autenticação mecânica"):
        assert value in text, value


def test_only_some_banks_have_a_cip_box() -> None:
    assert "CIP" in words(sheet.one(boleto("237"))).split()
    assert "CIP" not in words(sheet.one(boleto("341"))).split()


def test_an_open_amount_is_left_blank() -> None:
    assert "0,00" not in words(sheet.one(boleto(amount=Decimal(0))))


def test_the_pix_of_a_bolepix_is_read() -> None:
    made = full(pix_code=PIX)
    assert sorted(barcodes(sheet.one(made))) == sorted([PIX, made.barcode])


def test_a_watermark_does_not_hide_the_bars() -> None:
    made = full(watermark="AGUARDANDO REGISTRO")
    for pdf in (sheet.one(made), booklet([made])):
        assert barcodes(pdf) == [made.barcode]
        assert "REGISTRO" in words(pdf)


def test_a_second_copy_says_what_it_comes_to() -> None:
    first, second = full(), full(updated_to=date(2026, 12, 21))
    assert second.barcode == first.barcode
    text = words(sheet.one(second))
    assert text.count("2ª via, valores para pagamento em 21/12/2026") == 2
    assert (text.count("29,20"), text.count("1.263,76")) == (2, 2)
    assert "1.263,76" not in words(sheet.one(first))
    early = words(sheet.one(full(updated_to=date(2026, 12, 4))))
    assert (early.count("50,00"), early.count("1.184,56")) == (4, 3)


def contents(pdf: bytes) -> str:
    """What is drawn on the page itself, as text."""
    streams = []
    for found in STREAM.finditer(pdf):
        data = zlib.decompress(pdf[found.end() : found.end() + int(found[1])])
        if b" re\n" in data:
            streams.append(data.decode("latin-1"))
    (content,) = streams
    return content


def test_the_bars_are_exact() -> None:
    """103 mm by 13 mm, in modules, black, 5 mm from the edge, their centre at least 12 mm above the slip's."""
    content = contents(sheet.one(boleto()))
    found = re.search(r"q 0 g ([\d.]+) 0 0 ([\d.]+) ([\d.]+) ([\d.]+) cm\n((?:\d+ 0 \d 1 re\n)+)f Q", content)
    assert found is not None
    module, height, x, y = map(float, found.groups()[:4])
    assert module * 405 == pytest.approx(103, abs=0.001)
    assert height == 13
    assert x >= 5
    assert y + 13 / 2 >= 12
    drawn = re.findall(r"(\d+) 0 (\d) 1 re", found[5])
    assert tuple((int(left), int(width)) for left, width in drawn) == itf.bars(boleto().barcode)
    assert {width for _, width in drawn} == {"1", "3"}


@pytest.mark.parametrize("size", [slip.SHEET, slip.BOOKLET])
def test_the_slip_is_of_the_standard_size(size: slip.Geometry) -> None:
    assert 95 <= size.height <= 108
    assert 170 <= size.width <= 216
    for cip in (False, True):
        boxes = slip.boxes(size, cip)
        assert max(box.right for box in boxes.values()) == size.width
        assert min(box.y for box in boxes.values()) == pytest.approx(size.foot)
        assert ("cip" in boxes) == cip


def test_the_booklet_fits_three_times() -> None:
    assert slip.BOOKLET.height <= 99


def test_the_line_is_large_enough() -> None:
    """3.5 to 4.5 mm, even in the narrow slip."""
    line = BOLD.encoded(boleto().digitable_line_formatted)
    for size in (slip.SHEET, slip.BOOKLET):
        _, points, _ = fitted(BOLD, line, 12.7, size.width - size.bank - size.code - 2)
        assert 3.5 <= points * POINT <= 4.5


def test_the_file_is_whole() -> None:
    """Every place of the table is that of its object; viewers are asked not to scale."""
    pdf = sheet.one(full())
    start = int(re.findall(rb"startxref\n(\d+)\n%%EOF", pdf)[0])
    rows = pdf[start:].split(b"\n")
    assert rows[0] == b"xref"
    count = int(rows[1].split()[1])
    assert rows[2].startswith(b"0000000000 65535 f")
    for number in range(1, count):
        place = int(rows[2 + number].split()[0])
        assert pdf[place:].startswith(b"%d 0 obj" % number)
    for found in STREAM.finditer(pdf):
        assert pdf[found.end() + int(found[1]) :].startswith(b"\nendstream")
    assert b"/PrintScaling /None" in pdf
    document = pypdfium2.PdfDocument(pdf)
    assert document.get_metadata_value("Title") == "Boleto 110/12345678-8"
    assert document[0].get_size() == pytest.approx((595.28, 841.89), abs=0.01)


class Drain(io.RawIOBase):
    """A file that only takes; remembers how much."""

    taken = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.taken += len(data)
        return len(data)


def test_a_batch_is_written_as_it_is_made() -> None:
    drain, sizes = Drain(), []

    def made() -> Iterator[Boleto]:
        for number in range(20):
            sizes.append(drain.taken)
            yield boleto(our_number=str(number))

    assert sheet.many(made(), drain) == 20
    assert sizes[3:] == sorted(set(sizes[3:]))
    assert drain.taken - sizes[-1] < 10_000


def test_accounts_share_their_form() -> None:
    file = io.BytesIO()
    sheet.many([boleto("341"), boleto("237"), boleto("341", our_number="2")], file, title="Lote de teste")
    pdf = file.getvalue()
    assert pdf.count(b"/Subtype /Form") == 2
    assert [barcodes(pdf, page)[0][:3] for page in range(3)] == ["341", "237", "341"]
    assert pypdfium2.PdfDocument(pdf).get_metadata_value("Title") == "Lote de teste"


@pytest.mark.parametrize("draw", [sheet.many, sheet.booklet])
def test_nothing_to_print_is_said(draw: Any) -> None:
    with pytest.raises(BoletoError, match="no boleto"):
        draw([], io.BytesIO())


def test_long_texts_are_made_smaller_then_cut() -> None:
    data, size, taken = fitted(REGULAR, b"x" * 40, 10, 50)
    assert (len(data), taken <= 50.001) == (40, True)
    assert 6 <= size < 10
    data, size, taken = fitted(REGULAR, b"x" * 400, 10, 50)
    assert data.endswith(b"x...")
    assert size == 6
    assert taken <= 50.001


def test_wrapping_breaks_what_is_too_long() -> None:
    lines = wrapped(["um dois três", "x" * 60, ""], 10, 16)
    assert lines[0] == REGULAR.encoded("um dois")
    assert b"".join(lines[1:-1]).replace(REGULAR.encoded("três"), b"") == b"x" * 60
    assert lines[-1] == b""
    assert all(REGULAR.width(line, 10 * POINT) <= 16 for line in lines)


def test_what_does_not_fit_is_told_before_printing() -> None:
    assert sheet.problems(full()) == ()
    assert sheet.problems(full(), carne=True) == ()
    long = ("Uma instrução que ocupa bem mais do que uma linha, pois repete o que já foi dito na anterior. " * 2,)
    assert [error.field for error in sheet.problems(full(instructions=long * 8))] == ["instructions"]
    assert [error.field for error in sheet.problems(full(statement=long * 40))] == ["statement"]
    assert sheet.problems(full(statement=long * 40), carne=True) == ()
    six = ("Instrução.",) * 6
    assert sheet.problems(full(instructions=six)) == ()
    assert sheet.problems(full(instructions=six), carne=True) == ()


def test_letters_that_the_face_lacks_lose_their_accents() -> None:
    assert REGULAR.encoded("Žižek – Núñez “ok”") == "Zizek – Núñez “ok”".encode("cp1252")
    assert REGULAR.encoded("a\tb") == b"a b"
    assert REGULAR.encoded("🍞 pão") == "? pão".encode("cp1252")
    text = words(sheet.one(boleto(payer=Party(name="Łukasz (Žižek) \\ Filhos", document=PAYER.document))))
    assert "?ukasz (Zizek) \\ Filhos" in text


@given(st.text(max_size=80))
@settings(deadline=None, max_examples=20)
def test_any_name_leaves_a_readable_sheet(name: str) -> None:
    made = boleto(payer=Party(name=name, document=PAYER.document), instructions=(name,), statement=(name,))
    pdf = sheet.one(made)
    assert len(pypdfium2.PdfDocument(pdf)) == 1
    assert made.digitable_line_formatted in words(pdf)


def test_html_says_the_same() -> None:
    for made in (full(), boleto("237"), full(updated_to=date(2026, 12, 21)), full(**long_words())):
        drawn, laid_out = sheet.one(made), html.pdf(html.page([made]))
        assert Counter(words(drawn).split()) == Counter(words(laid_out).split())
        assert barcodes(laid_out) == [made.barcode]


def test_html_of_several_with_pix_and_watermark() -> None:
    made = [full(pix_code=PIX), full(our_number="2", watermark="AGUARDANDO REGISTRO")]
    pdf = html.pdf(html.page(made))
    assert len(pypdfium2.PdfDocument(pdf)) == 2
    assert sorted(barcodes(pdf)) == sorted([PIX, made[0].barcode])
    assert ["REGISTRO" in words(pdf, page) for page in (0, 1)] == [False, True]


def test_names_are_text_in_html() -> None:
    markup = html.page([boleto(payer=Party(name="<script>alert(1)</script>", document=PAYER.document))])
    assert "<script>" not in markup
    assert "&lt;script&gt;" in markup


@pytest.mark.parametrize("address", ["file:///etc/hostname", "http://127.0.0.1:9/x.png", "ftp://127.0.0.1/x"])
def test_html_fetches_nothing(address: str) -> None:
    with pytest.raises(DocumentsError, match="may not fetch"):
        html.pdf(f'<img src="{address}">')
