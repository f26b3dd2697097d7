"""Reading whatever people paste: right, wrong, cut, and not a boleto at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramal_documents.boleto import BANKS, BoletoError, parse

from .helpers import DUE, boleto

TODAY = date(2026, 11, 22)
# A telephone company's bill, made up after the standard: modulo 10 and a value in reais.
BILL = "846700000017 435900240209 024050002435 842210108119"
BILL_BARCODE = "84670000001435900240200240500024384221010811"


def test_a_right_line_is_explained() -> None:
    made = boleto("341", our_number="12345678")
    read = parse(made.digitable_line_formatted, today=TODAY)
    assert read.ok
    assert (read.kind, read.source, read.bank, read.bank_name) == ("boleto", "line", "341", "Itaú")
    assert (read.due_date, read.amount, read.due_factor) == (DUE, Decimal("123.45"), "1656")
    fields = {field.name: field for field in read.fields}
    assert fields["due_factor"].meaning == "due on 10/12/2026"
    assert fields["amount"].meaning == "R$ 123,45"
    assert fields["our_number"].digits == "12345678"
    assert (fields["our_number"].start, fields["our_number"].end) == (23, 30)
    assert all(field.label for field in read.fields)


@pytest.mark.parametrize("bank", BANKS)
def test_a_wrong_digit_in_a_block_is_noticed_and_mended(bank: str) -> None:
    line = boleto(bank).digitable_line
    for place in (0, 4, 9, 12, 20, 22, 30, 31, 32):
        other = str((int(line[place]) + 3) % 10)
        read = parse(line[:place] + other + line[place + 1 :], today=TODAY)
        assert not read.ok, place
        assert all(wrong.sentence and wrong.expected != wrong.found for wrong in read.wrong)
        if read.corrections:
            assert line in read.corrections


def test_the_block_at_fault_is_named() -> None:
    line = boleto().digitable_line
    for place, block, position in ((3, "block_1", 10), (12, "block_2", 21), (25, "block_3", 32)):
        other = line[:place] + str((int(line[place]) + 1) % 10) + line[place + 1 :]
        wrong = parse(other).wrong[0]
        assert (wrong.block, wrong.position, wrong.found) == (block, position, line[position - 1])
        assert wrong.expected in wrong.sentence


def test_a_wrong_general_digit_is_named() -> None:
    line = boleto().digitable_line
    wrong_digit = str(int(line[32]) % 9 + 1)
    read = parse(line[:32] + wrong_digit + line[33:])
    (wrong,) = read.wrong
    assert (wrong.block, wrong.position, wrong.expected, wrong.found) == ("general", 33, line[32], wrong_digit)
    assert read.corrections == ()  # a digit of the date or the value may as well be wrong: too many fit


def test_neighbours_changed_over_are_mended() -> None:
    line = boleto(our_number="12345678").digitable_line
    place = 6
    changed = line[:place] + line[place + 1] + line[place] + line[place + 2 :]
    assert changed != line
    assert line in parse(changed).corrections


def test_a_barcode_has_too_few_digits_to_be_mended() -> None:
    barcode = boleto().barcode
    wrong_digit = str(int(barcode[4]) % 9 + 1)
    read = parse(barcode[:4] + wrong_digit + barcode[5:])
    (wrong,) = read.wrong
    assert (wrong.block, wrong.position) == ("general", 5)
    assert read.corrections == ()


def test_a_wrong_digit_in_the_free_field_is_named_where_it_stands() -> None:
    made = boleto("341", account="12345-8")
    for text, position in ((made.barcode, 41), (made.digitable_line, 28)):
        (wrong,) = parse(text).wrong
        assert (wrong.block, wrong.position, wrong.expected, wrong.found) == ("account_dv", position, "7", "8")
        assert (made.barcode if len(text) == 44 else made.digitable_line)[position - 1] == "8"


def test_a_bank_without_rules_is_read_as_far_as_it_goes() -> None:
    made = boleto("341")
    barcode = "999" + made.barcode[3:]
    read = parse(barcode)
    assert read.bank_name == ""
    assert read.fields[-1].name == "free_field"
    assert parse("260" + made.barcode[3:]).bank_name == "Nubank"


def test_a_free_field_that_is_not_the_banks_is_shown_whole() -> None:
    made = boleto("422")
    read = parse(made.barcode[:-1] + "9")
    assert read.fields[-1].name == "free_field"


def test_other_forms_of_caixa_and_bb_are_told_apart() -> None:
    names = {field.name for field in parse(boleto("104", agreement="1100000").barcode).fields}
    assert "agreement_dv" not in names
    names = {field.name for field in parse(boleto("001", agreement="1238", our_number="5").barcode).fields}
    assert {"numbers", "agency", "account"} <= names
    itau = parse(boleto("341", wallet="198", document_number="77", agreement="1").barcode)
    assert {"document_number", "digit"} <= {field.name for field in itau.fields}


def test_punctuation_does_not_matter() -> None:
    line = boleto().digitable_line
    for text in (line, boleto().digitable_line_formatted, f"  {line[:20]}\n{line[20:]}\t", "-".join(line)):
        assert parse(text).digitable_line == line


def test_a_line_that_lost_its_zeros_is_completed() -> None:
    made = boleto(amount=Decimal(0))
    line = made.digitable_line[:33]
    for tail in ("000", "0"):
        read = parse(line + tail)
        assert read.digitable_line == line + "0" * 14
        assert (read.amount, read.due_date) == (Decimal(0), None)


def test_a_date_is_taken_near_today() -> None:
    made = boleto(due_date=date(2025, 2, 22))
    assert parse(made.barcode, today=date(2026, 1, 1)).due_date == date(2025, 2, 22)
    assert parse(made.barcode, today=date(2003, 1, 1)).due_date == date(2000, 7, 3)
    assert parse(made.barcode, today=date(2049, 1, 1)).due_date == date(2049, 10, 14)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Paste"),
        (" . - ", "Paste"),
        ("23790.12345 abc", "a b c"),
        ("1234", "are 4"),
        ("1" * 48, "are 48"),
        ("1" * 46, "are 46"),
        ("٣" * 47, "digits only"),
    ],
)
def test_what_is_no_boleto_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(BoletoError) as caught:
        parse(text)
    assert caught.value.field == "text"
    assert words in caught.value.sentence


@settings(deadline=None)
@given(st.text("0123456789 .-", min_size=0, max_size=70))
def test_digits_of_any_kind_are_read_or_refused(text: str) -> None:
    try:
        read = parse(text)
    except BoletoError:
        return
    assert len(read.barcode) == 44
    assert sum(len(field.digits) for field in read.fields) == 44


@settings(deadline=None)
@given(st.text("0123456789", min_size=43, max_size=43))
def test_a_collection_makes_its_line_and_back(digits: str) -> None:
    read = parse(f"8{digits}")
    again = parse(read.digitable_line_formatted)
    assert again.barcode == f"8{digits}"
    assert not {wrong.block for wrong in again.wrong} - {"general"}


def test_a_collection_is_explained() -> None:
    read = parse(BILL)
    assert read.ok
    assert (read.kind, read.source, read.segment) == ("collection", "line", "telecommunications")
    assert (read.amount, read.company, read.due_date) == (Decimal("143.59"), "0024", None)
    assert read.barcode == BILL_BARCODE
    assert parse(BILL_BARCODE).digitable_line_formatted == "84670000001-7 43590024020-9 02405000243-5 84221010811-9"


def test_a_wrong_digit_of_a_collection_is_named_and_mended() -> None:
    digits = BILL.replace(" ", "")
    read = parse(digits[:20] + "1" + digits[21:])
    assert [wrong.block for wrong in read.wrong] == ["block_2", "general"]
    assert read.wrong[0].position == 24
    assert read.corrections == ()  # both rules are modulo 10: too many fit


def test_a_collection_of_modulo_11_is_mended() -> None:
    digits = parse("858" + "7" + "00000001234" + "0064" + "0123456789012345678901234").digitable_line
    digits = digits[:3] + parse(digits).wrong[0].expected + digits[4:] if not parse(digits).ok else digits
    right = parse(parse(digits).barcode).digitable_line
    assert parse(right).ok
    wrong = right[:30] + str((int(right[30]) + 1) % 10) + right[31:]
    assert right in parse(wrong).corrections


@pytest.mark.parametrize(
    ("third", "amount", "rule"),
    [
        ("6", Decimal("1.00"), "modulo 10"),
        ("7", None, "modulo 10"),
        ("8", Decimal("1.00"), "modulo 11"),
        ("9", None, "modulo 11"),
    ],
)
def test_kinds_of_value(third: str, amount: Decimal | None, rule: str) -> None:
    read = parse(f"83{third}0" + "00000000100" + "0" * 29)
    assert read.amount == amount
    assert rule in {field.name: field for field in read.fields}["value_kind"].meaning


def test_a_company_may_be_a_cnpj() -> None:
    read = parse("86600000000100" + "0" + "11222333" + "0" * 21)
    assert read.company == "11222333"
    assert parse("80600000000100" + "0" * 30).segment == "unknown"
