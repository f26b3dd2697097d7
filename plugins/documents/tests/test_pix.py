"""PIX codes against Banco Central's examples, keys of every type, limits, reading, pictures."""

from __future__ import annotations

import contextlib
import io
import re
from decimal import Decimal
from typing import Any

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ramal_documents.pix import PixError, crc16, dynamic_code, normalised, parse, qr, static_code, type_of

EVP = "123e4567-e12b-12d1-a456-426655440000"
PEOPLE = {"name": "Fulano de Tal", "city": "BRASILIA"}
CHARGE = "pix.example.com/8b3da2f39a4140d1a91abd93113bd441"
RECURRENCE = "pix.example.com/rec/2353c790eefb11eaadc10242ac120002"


def test_checksum_of_the_standard() -> None:
    assert crc16("123456789") == "29B1"


def test_static_code_of_the_manual() -> None:
    assert static_code(EVP, **PEOPLE) == (
        "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-426655440000"
        "5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D"
    )


def test_dynamic_code_of_the_manual() -> None:
    code = dynamic_code(f"https://{CHARGE}", **PEOPLE)
    assert code == (
        "00020101021226700014br.gov.bcb.pix2548pix.example.com/8b3da2f39a4140d1a91abd93113bd441"
        "5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***630464E4"
    )


def test_recurrence_alone() -> None:
    code = dynamic_code("", recurrence_url=RECURRENCE, **PEOPLE)
    assert code.endswith(f"62070503***80740014br.gov.bcb.pix2552{RECURRENCE}6304F2DA")


def test_recurrence_beside_a_charge() -> None:
    read = parse(dynamic_code(CHARGE, recurrence_url=RECURRENCE, single_use=False, **PEOPLE))
    assert read.ok
    assert (read.kind, read.url, read.recurrence_url, read.single_use) == ("dynamic", CHARGE, RECURRENCE, False)


@pytest.mark.parametrize(
    ("text", "type", "kept"),
    [
        ("529.982.247-25", None, "52998224725"),
        ("52998224725", "cpf", "52998224725"),
        ("11.222.333/0001-81", None, "11222333000181"),
        ("12.abc.345/01de-35", None, "12ABC34501DE35"),
        ("12ABC34501DE35", "cnpj", "12ABC34501DE35"),
        ("+55 (11) 98765-4321", None, "+5511987654321"),
        ("(11) 98765-4321", None, "+5511987654321"),
        ("11987654321", "phone", "+5511987654321"),
        ("5511987654321", "phone", "+5511987654321"),
        ("1132654321", None, "+551132654321"),
        (" Fulana@Exemplo.com.BR ", None, "fulana@exemplo.com.br"),
        (EVP.upper(), None, EVP),
    ],
)
def test_keys(text: str, type: Any, kept: str) -> None:
    assert normalised(text, type) == kept
    assert parse(static_code(text, key_type=type, **PEOPLE)).key == kept


@pytest.mark.parametrize(
    ("text", "type", "words"),
    [
        ("52998224725", None, "say which"),
        ("529.982.247-24", None, "not a CPF"),
        ("111.111.111-11", None, "not a CPF"),
        ("11222333000182", None, "not a CNPJ"),
        ("12ABC34501DE36", "cnpj", "not a CNPJ"),
        ("+1 202 555 0100", None, "not a Brazilian telephone"),
        ("11587654321", "phone", "not a Brazilian telephone"),
        ("10987654321", "phone", "not a Brazilian telephone"),
        ("fulana@", None, "e-mail"),
        ("fulana@exemplo", None, "e-mail"),
        ("a" * 66 + "@exemplo.com", None, "77"),
        ("123e4567", None, "no PIX key"),
        ("123e4567e12b12d1a456426655440000", "evp", "random key"),
    ],
)
def test_wrong_keys(text: str, type: Any, words: str) -> None:
    with pytest.raises(PixError, match=words) as caught:
        static_code(text, key_type=type, **PEOPLE)
    assert caught.value.field == "key"


def test_types_are_told_by_their_form() -> None:
    assert [type_of(key) for key in (EVP, "a@b.co", "+5511987654321", "529.982.247-25", "11222333000181")] == [
        "evp", "email", "phone", "cpf", "cnpj",
    ]  # fmt: skip


def test_all_fields() -> None:
    read = parse(
        static_code(
            EVP,
            name="José Conceição & Cia.",
            city="São Paulo",
            amount=Decimal("1234.5"),
            txid="CONTRATO118",
            info="2ª parcela",
            postal_code="01310-100",
        )
    )
    assert read.ok
    assert (read.kind, read.key, read.name, read.city) == ("static", EVP, "Jose Conceicao & Cia.", "Sao Paulo")
    assert (read.amount, read.txid, read.info) == (Decimal("1234.50"), "CONTRATO118", "2a parcela")
    assert read.postal_code == "01310100"
    fields = {field.id: field for field in read.fields}
    assert (fields["54"].value, fields["54"].meaning) == ("1234.50", "R$ 1.234,50")
    assert all(field.label for field in read.fields)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": "Associação dos Amigos Fictícios"}, "name", "25 characters fit"),
        ({"city": "São José dos Pinhais"}, "city", "15 characters fit"),
        ({"name": "  "}, "name", "missing"),
        ({"name": "Padaria 🍞"}, "name", "🍞"),
        ({"amount": Decimal(0)}, "amount", "above 0"),
        ({"amount": Decimal("-1")}, "amount", "above 0"),
        ({"amount": Decimal("1.001")}, "amount", "whole cents"),
        ({"amount": 1.5}, "amount", "Decimal"),
        ({"amount": Decimal("10000000000.00")}, "amount", "at most"),
        ({"txid": "com espaço"}, "txid", "1 to 25"),
        ({"txid": "x" * 26}, "txid", "1 to 25"),
        ({"txid": ""}, "txid", "1 to 25"),
        ({"info": "x" * 60}, "info", "room for 37"),
        ({"postal_code": "123"}, "postal_code", "eight digits"),
    ],
)
def test_limits_are_told(changes: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(PixError) as caught:
        static_code(EVP, **{**PEOPLE, **changes})
    assert caught.value.field == field
    assert words in caught.value.sentence


def test_as_much_information_as_fits() -> None:
    # 99 less the arrangement (18), the key (40) and the information's own head (4).
    assert parse(static_code(EVP, info="x" * 37, **PEOPLE)).info == "x" * 37


@pytest.mark.parametrize("url", ["", "nada", f"pix.example.com/{'x' * 70}", "pix.example.com/com espaço", "http://"])
def test_wrong_addresses(url: str) -> None:
    with pytest.raises(PixError) as caught:
        dynamic_code(url, **PEOPLE)
    assert caught.value.field == "url"


def test_a_wrong_checksum_is_told() -> None:
    code = static_code(EVP, **PEOPLE)
    for changed in (code[:-1] + "0", code.replace("Fulano", "Sicran")):
        read = parse(changed)
        assert not read.ok
        assert [problem.field for problem in read.problems] == ["63"]
        assert "should be" in read.problems[0].sentence
    assert parse(f"\n{code} ").ok


def test_what_a_bank_would_refuse_is_told() -> None:
    code = static_code(EVP, amount=Decimal("1.00"), **PEOPLE)
    read = parse(code.replace("54041.00", "5404abcd"))
    assert {problem.field for problem in read.problems} == {"54", "63"}
    assert read.amount is None
    read = parse(code.replace("5802BR", ""))
    assert {problem.field for problem in read.problems} == {"58", "63"}
    read = parse(code.replace("Fulano de Tal", "Fuláno de Tal"))
    assert "ASCII" in read.problems[0].sentence
    assert parse(code.replace(EVP, EVP.upper())).problems[-1].field == "26.01"
    assert "no PIX key" in parse(code.replace(EVP, "x" * 36)).problems[-1].sentence
    assert parse(code.replace("0136" + EVP, "0236" + "x" * 36)).problems[-1].field == "26"
    last = parse(code[:-8] + "5303986")
    assert "63" in {problem.field for problem in last.problems}


@pytest.mark.parametrize("text", ["", "abc", "000201", "0002", "00zz01", "26040014", "00020126070003abc"])
def test_what_is_no_code_of_pix_is_refused(text: str) -> None:
    with pytest.raises(PixError) as caught:
        parse(text)
    assert caught.value.field == "text"


@given(
    name=st.text("ABCdefçãé '&.-", min_size=1, max_size=25).filter(lambda text: bool(text.strip())),
    amount=st.none() | st.decimals(Decimal("0.01"), Decimal("9999999999.99"), places=2),
    txid=st.from_regex(r"[A-Za-z0-9]{1,25}", fullmatch=True),
)
@settings(deadline=None)
def test_what_is_made_is_read(name: str, amount: Decimal | None, txid: str) -> None:
    read = parse(static_code(EVP, name=name, city="Recife", amount=amount, txid=txid))
    assert read.ok
    assert (read.amount, read.txid) == (amount, txid)
    assert read.name.isascii()
    assert len(read.name) <= 25


@given(st.text(max_size=120))
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    for pasted in (text, f"00020126180014br.gov.bcb.pix{text}"):
        with contextlib.suppress(PixError):
            assert parse(pasted).fields


def test_pictures_are_read_by_a_reader() -> None:
    code = static_code(EVP, amount=Decimal("150.00"), txid="CONTRATO118", **PEOPLE)
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(qr.png(code))))
    assert found.text == code


def test_the_svg_draws_the_same_modules() -> None:
    code = static_code(EVP, **PEOPLE)
    picture = qr.svg(code, title="PIX <150>")
    assert "<title>PIX &lt;150&gt;</title>" in picture
    assert "style" not in picture
    assert picture.count("<path") == 2
    size = int(re.findall(r'viewBox="0 0 (\d+) ', picture)[0])
    image = Image.new("L", (size * 8, size * 8), 255)
    for column, row, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", picture):
        left, top = int(column) * 8, int(row) * 8
        image.paste(0, (left, top, left + int(length) * 8, top + 8))
    (found,) = zxingcpp.read_barcodes(image)
    assert found.text == code
    assert found.ec_level == "M"
