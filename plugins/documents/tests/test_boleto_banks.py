"""Each bank's rule against numbers written by hand; those with a source come from the bank's own manual or example."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ramal_documents.boleto import BANKS, InvalidBoleto, parse

from .helpers import ACCOUNTS, boleto

# (bank, what differs from helpers.ACCOUNTS, free field in its parts, nosso número, agência/código do beneficiário)
VECTORS: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("001", {}, "000000 7777777 0000000001 18", "77777770000000001", "9999-6 / 00099999-7"),
    (
        "001",
        {"agency": "4042", "account": "61900", "agreement": "12387989", "our_number": "777700168"},
        "000000 12387989 777700168 18",
        "12387989777700168",
        "4042-8 / 00061900-0",
    ),
    (
        "001",
        {"agency": "4042", "account": "61900", "agreement": "123879", "our_number": "1234"},
        "123879 01234 4042 00061900 18",
        "12387901234-5",
        "4042-8 / 00061900-0",
    ),
    (
        "001",
        {"wallet": "16", "agreement": "123879", "our_number": "12345678901234567"},
        "123879 12345678901234567 21",
        "12345678901234567",
        "9999-6 / 00099999-7",
    ),
    (
        "001",
        {"agency": "4042", "account": "61900", "agreement": "1238", "our_number": "7700168"},
        "1238 7700168 4042 00061900 18",
        "12387700168-0",
        "4042-8 / 00061900-0",
    ),
    # All zeros: the bank numbers it.
    ("001", {"our_number": "0" * 17}, "000000 0000000 0000000000 18", "0" * 17, "9999-6 / 00099999-7"),
    ("004", {"our_number": "53"}, "0016 0000193 2 0000053 1 21 000", "0000053-1", "0016 / 0000193-2"),
    (
        "033",
        {"wallet": "102", "our_number": "566612457800"},
        "9 0282033 566612457800 2 0 102",
        "566612457800-2",
        "0059 / 0282033",
    ),
    (
        "033",
        {"variation": "2", "our_number": "13724"},
        "9 0282033 0000000013724 0 101",
        "0000000013724-3",
        "0059 / 0282033",
    ),
    ("041", {"our_number": "22832563"}, "21 1102 9000150 22832563 40 59", "22832563-51", "1102 / 9000150"),
    (
        "041",
        {"agreement": "1102/9000150.46", "our_number": "22832563"},
        "21 1102 9000150 22832563 40 59",
        "22832563-51",
        "1102 / 9000150",
    ),
    ("077", {"our_number": "987"}, "0001 112 1234567 0000000987 0", "00019/112/0000000987-0", "0001-9 / 012345678-9"),
    (
        "077",
        {"our_number": "987", "account": ""},
        "0001 112 1234567 0000000987 0",
        "00019/112/0000000987-0",
        "0001-9 / 1234567",
    ),
    ("084", {"our_number": "10035"}, "0012 09 00000010035 0047744 0", "09/00000010035-0", "0012-4 / 0047744-3"),
    ("085", {"our_number": "75743"}, "101104 0231560 2 000075743 01", "02315602000075743", "0101 / 0231560-2"),
    (
        "085",
        {"our_number": "02315602000075743", "account": "231560-2"},
        "101104 0231560 2 000075743 01",
        "02315602000075743",
        "0101 / 0231560-2",
    ),
    # Caixa's manual.
    (
        "104",
        {"our_number": "222333777777777"},
        "005507 7 222 1 333 4 777777777 1",
        "14222333777777777-2",
        "1234 / 005507-7",
    ),
    (
        "104",
        {"our_number": "14222333777777777", "wallet": "RG", "agreement": "005507-7"},
        "005507 7 222 1 333 4 777777777 1",
        "14222333777777777-2",
        "1234 / 005507-7",
    ),
    (
        "104",
        {"agreement": "1100000", "wallet": "SR"},
        "1100000 000 2 000 4 000000001 0",
        "24000000000000001-2",
        "1234 / 1100000",
    ),
    ("133", {}, "0101 09 00000000001 0012345 0", "09/00000000001-1", "0101-5 / 0012345-5"),
    ("136", {"our_number": "1234567890"}, "1102 000123456 7 1234567890 0", "1234567890-0", "1102 / 000123456-7"),
    # BTG's manual: 01/87319177389 has the digit 3.
    ("208", {"our_number": "87319177389"}, "0050 01 87319177389 1234567 0", "01/87319177389-3", "0050-7 / 1234567-4"),
    # Bradesco's manual: wallet 19, number 1 has P, 2 has 8, 6 has 0.
    ("237", {"our_number": "1"}, "1172 19 00000000001 0403005 0", "019/00000000001-P", "1172-P / 0403005-2"),
    ("237", {"our_number": "2"}, "1172 19 00000000002 0403005 0", "019/00000000002-8", "1172-P / 0403005-2"),
    ("237", {"our_number": "6"}, "1172 19 00000000006 0403005 0", "019/00000000006-0", "1172-P / 0403005-2"),
    ("336", {"our_number": "987"}, "123456789012 0000000987 20 4", "0000000987-0", "0001 / 123456789012"),
    (
        "336",
        {"our_number": "987", "wallet": "10"},
        "123456789012 0000000987 10 3",
        "0000000987-7",
        "0001 / 123456789012",
    ),
    # Itaú's manual.
    ("341", {"our_number": "12345678"}, "110 12345678 8 0057 12345 7 000", "110/12345678-8", "0057 / 12345-7"),
    (
        "341",
        {"wallet": "198", "our_number": "98712345", "document_number": "1234567", "agreement": "12345"},
        "198 98712345 1234567 12345 8 0",
        "198/98712345-3",
        "0057 / 12345-7",
    ),
    # The DAC of 126 leaves agency and account out: 126 00000001 alone.
    ("341", {"wallet": "126"}, "126 00000001 1 0057 12345 7 000", "126/00000001-1", "0057 / 12345-7"),
    # In 112 a right account digit adds nothing: 112 00223351 alone.
    (
        "341",
        {"wallet": "112", "our_number": "223351"},
        "112 00223351 1 0057 12345 7 000",
        "112/00223351-1",
        "0057 / 12345-7",
    ),
    ("422", {"our_number": "26173001"}, "7 0117 2 00001234 9 26173001 1 2", "26173001-1", "0117-2 / 00001234-9"),
    ("707", {"our_number": "84580106"}, "0001 121 1934436 0084580106 0", "00019/121/0084580106-0", "0001-9 / 1934436"),
    # Sicredi's manual: 07/200003-1.
    ("748", {"our_number": "07/200003"}, "1 1 07200003 1 0165 02 00623 1 0 8", "07/200003-1", "0165.02.00623"),
    ("748", {"our_number": "3"}, "1 1 26200003 2 0165 02 00623 1 0 4", "26/200003-2", "0165.02.00623"),
    # Sicoob's manual: cooperative 0001, client 1-9, number 21 has the digit 8.
    ("756", {"our_number": "21"}, "1 0001 01 0000019 0000021 8 001", "0000021-8", "0001 / 0000019"),
    (
        "756",
        {"our_number": "21", "variation": "02", "instalment": "3"},
        "1 0001 02 0000019 0000021 8 003",
        "0000021-8",
        "0001 / 0000019",
    ),
]


@pytest.mark.parametrize(("bank", "changes", "free_field", "our_number", "beneficiary"), VECTORS)
def test_numbers(bank: str, changes: dict[str, Any], free_field: str, our_number: str, beneficiary: str) -> None:
    made = boleto(bank, **changes)
    assert made.free_field == free_field.replace(" ", "")
    assert made.our_number_formatted == our_number
    assert made.beneficiary_code == beneficiary
    assert made.barcode[19:] == made.free_field
    assert made.barcode[:4] == f"{bank}9"
    assert parse(made.digitable_line).wrong == ()


def test_itau_manual_whole() -> None:
    made = boleto("341", our_number="12345678", due_date=date(2002, 5, 1))
    assert made.barcode == "34196166700000123451101234567880057123457000"
    assert made.digitable_line_formatted == "34191.10121 34567.880058 71234.570001 6 16670000012345"


def test_every_bank_has_a_vector() -> None:
    assert set(BANKS) == set(ACCOUNTS) == {vector[0] for vector in VECTORS}


HEADERS = "001-9 004-3 033-7 041-8 077-9 084-1 085-1 104-0 133-3 136-8 208-1 237-2 336-0 341-7 422-7 707-2 748-X 756-0"


def test_headers() -> None:
    assert " ".join(bank.code_printed for bank in BANKS.values()) == HEADERS


@pytest.mark.parametrize("bank", BANKS)
def test_reading_finds_the_same_numbers(bank: str) -> None:
    made = boleto(bank)
    read = parse(made.barcode)
    assert read.bank == bank
    assert read.bank_name == made.bank_name
    assert "".join(field.digits for field in read.fields) == made.barcode
    assert [field.start for field in read.fields[1:]] == [field.end + 1 for field in read.fields[:-1]]
    assert "free_field" not in {field.name for field in read.fields}


# (bank, changes, the field at fault, words of the sentence)
WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("341", {"agency": "12A4"}, "agency", "12A4"),
    ("341", {"agency": ""}, "agency", "missing"),
    ("341", {"account": "123456"}, "account", "up to 5 digits"),
    ("341", {"our_number": "123456789"}, "our_number", "up to 8 digits"),
    ("341", {"account": "12345-7", "account_dv": "8"}, "account_dv", "two check digits"),
    ("341", {"account": "12345-Z"}, "account_dv", "“Z”"),
    ("341", {"account": "12345-X"}, "account_dv", "has to be a digit"),
    ("341", {"our_number": "12345678-9"}, "our_number", "should be 8"),
    ("422", {"agency": "0117"}, "agency_dv", "missing"),
    ("001", {"agreement": "12345"}, "agreement", "4, 6, 7 or 8"),
    ("001", {"our_number": "12345678901234567"}, "our_number", "7777777"),
    ("041", {"wallet": "3"}, "wallet", "1 or 2"),
    ("041", {"agreement": "1103900015046"}, "agreement", "1102"),
    ("104", {"wallet": "99"}, "wallet", "RG"),
    ("336", {"wallet": "99"}, "wallet", "10, 20, 30, 40, 60"),
    ("748", {"our_number": "3", "document_date": None}, "our_number", "document date"),
    ("748", {"our_number": "26000003"}, "our_number", "third digit"),
]


@pytest.mark.parametrize(("bank", "changes", "field", "words"), WRONG)
def test_wrong_numbers_are_named(bank: str, changes: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(InvalidBoleto) as caught:
        boleto(bank, **changes)
    (error,) = caught.value.errors
    assert error.field == field
    assert words in error.sentence


def test_a_given_digit_that_is_not_the_rules_is_a_warning() -> None:
    made = boleto("341", account="12345-8")
    (warning,) = made.warnings
    assert warning.field == "account_dv"
    assert "is 8" in warning.sentence
    assert "should be 7" in warning.sentence
    assert made.free_field.endswith("123458000")
    assert boleto("341").warnings == ()


def test_a_right_digit_of_the_number_may_come_with_it() -> None:
    assert boleto("341", our_number="12345678-8").our_number_formatted == "110/12345678-8"


def test_longer_zeros_are_let_go() -> None:
    assert boleto("341", agency="000057").free_field == boleto("341").free_field


def test_no_value_changes_sicredis_flag() -> None:
    assert boleto("748", our_number="26200003", amount=Decimal(0)).free_field[22] == "0"


def test_bb_wallet_is_printed_with_its_variation() -> None:
    assert boleto("001", variation="019").wallet_printed == "18/019"
    assert boleto("104").wallet_printed == "RG"
    assert boleto("104", wallet="24").wallet_printed == "SR"
    assert boleto("341").wallet_printed == "110"


def test_santanders_thirteen_digits_read_back() -> None:
    made = boleto("033", variation="2", our_number="13724")
    parts = {field.name: field.digits for field in parse(made.barcode).fields}
    assert parts["our_number"] == "0000000013724"
