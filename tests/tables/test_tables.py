"""Uploaded tables: what they hold, and those that mean harm."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ramal.errors import InvalidPayload
from ramal.tables import CellError, Limits, Row, amount, day, numbers_of, order_of, read
from ramal.testing.workbooks import MAIN, PARTS, from_sheet, workbook

HEADERS = ["Nome", "CPF", "Valor", "Vencimento"]


def refusal(data: bytes, **limits: int) -> str:
    with pytest.raises(InvalidPayload) as caught:
        read(data, Limits(**limits))
    assert caught.value.details == {"file": [caught.value.message]}
    return caught.value.message


def test_a_workbook_gives_numbers_days_and_texts_as_they_are() -> None:
    table = read(workbook([HEADERS, ["Ana", "012", 1234.56, date(2026, 12, 10)], [None], ["Bia", None, 0.1 + 0.2]]))
    assert table.headers == tuple(HEADERS)
    assert [row.number for row in table.rows] == [2, 4]
    assert table.rows[0].cells == ("Ana", "012", Decimal("1234.56"), date(2026, 12, 10))
    assert table.rows[1].cells == ("Bia", "", Decimal("0.3"), "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_is_read_in_the_encodings_and_delimiters_of_spreadsheets(encoding: str, delimiter: str) -> None:
    text = '\r\nNome|"Observação"\r\nJoão|"uma\nduas"\r\n\r\nAna|" x "\r\n'.replace("|", delimiter)
    table = read(text.encode(encoding))
    assert table.headers == ("Nome", "Observação")
    assert [(row.number, row.cells) for row in table.rows] == [(3, ("João", "uma\nduas")), (5, ("Ana", "x"))]


def test_columns_without_a_name_and_of_one_name_are_told_apart() -> None:
    assert read(b"a;;a\n1;2;3").headers == ("a", "Column B", "a (C)")


def test_what_a_formula_showed_counts_and_nothing_is_computed() -> None:
    row = (
        '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2"><f>[1]A!A1</f></c><c r="C2" t="e"><v>#REF!</v></c></row>'
    )
    header = '<row r="1">' + "".join(f'<c r="{letter}1" t="inlineStr"><is><t>{letter}</t></is></c>' for letter in "ABC")
    table = read(from_sheet(header + "</row>" + row))
    assert table.rows[0].cells == (Decimal(2), "", "")


def test_formats_that_reach_to_the_end_of_a_sheet_do_no_harm() -> None:
    header = '<row r="1"><c r="A1" t="inlineStr"><is><t>A</t></is></c></row>'
    table = read(
        from_sheet(header + '<row r="2"><c r="A2"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>')
    )
    assert len(table.rows) == 1


@pytest.mark.parametrize(
    "sheet",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>',
        "<row><c><v>1</v></c></row>" * 30_000,
        '<x:row xmlns:x="urn:x" r="9999999"><x:c><x:v>1</x:v></x:c></x:row>',
    ],
)
def test_cells_too_far_down_are_refused_before_they_are_laid_out(sheet: str) -> None:
    assert refusal(from_sheet(sheet)) == "The file has more than 10000 rows; split it."


def test_cells_too_far_to_the_right_are_refused() -> None:
    assert "100 columns" in refusal(from_sheet('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>'))
    assert "100 columns" in refusal(from_sheet("<row>" + "<c><v>1</v></c>" * 200 + "</row>"))
    assert "100 columns" in refusal((";".join("a" * 101) + "\n1").encode())


def test_what_unpacks_to_too_much_is_refused() -> None:
    bomb = from_sheet("<!--" + " " * 3_000_000 + "-->")
    assert len(bomb) < 10_000
    assert refusal(bomb, unpacked=1_000_000) == "The XLSX file is too large once it is unpacked."


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/SharedStrings.xml"])
def test_a_long_text_that_many_cells_share_is_counted_for_each(part: str) -> None:
    texts = f"<sst xmlns='{MAIN}'><si><t>Nome</t></si><si><t>{'A' * 100_000}</t></si></sst>"
    header = '<row><c t="s"><v>0</v></c></row>'
    bomb = from_sheet(header + '<row><c t="s"><v> +1 </v></c></row>' * 9_000, {part: texts})
    assert refusal(bomb) == "The XLSX file is too large once it is unpacked."
    shared = from_sheet(header + '<row><c t="s"><v>0</v></c></row>' * 9_000, {part: texts})
    assert len(read(shared).rows) == 9_000


def test_a_sheet_that_lies_somewhere_else_is_looked_through_too() -> None:
    links = PARTS["xl/_rels/workbook.xml.rels"].replace("worksheets/sheet1.xml", "elsewhere.xml")
    far = f'<worksheet xmlns="{MAIN}"><sheetData><row><c r="A1048576"><v>1</v></c></row></sheetData></worksheet>'
    assert "more than 10000 rows" in refusal(
        from_sheet("", {"xl/_rels/workbook.xml.rels": links, "xl/elsewhere.xml": far})
    )


@pytest.mark.parametrize("number", ["NaN", "inf", "1E+999"])
def test_what_is_no_number_to_people_is_a_text(number: str) -> None:
    table = read(from_sheet(f'<row><c t="inlineStr"><is><t>A</t></is></c></row><row><c><v>{number}</v></c></row>'))
    assert isinstance(table.rows[0].cells[0], str)
    with pytest.raises(CellError) as caught:
        amount(table.rows[0].cells[0])
    assert caught.value.rule == "not_an_amount"


def test_a_part_that_lies_about_its_size_gives_what_was_counted() -> None:
    """The reader unpacks to the end of a part; what it gets is what we unpacked."""
    data = bytearray(workbook([["A"], ["1"]]))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        entry = archive.getinfo("xl/worksheets/sheet1.xml")
        size = entry.file_size.to_bytes(4, "little")
    place = data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/worksheets/sheet1.xml"))
    assert data[place + 24 : place + 28] == size
    data[place + 24 : place + 28] = (10).to_bytes(4, "little")
    assert "damaged" in refusal(bytes(data))


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"xl/workbook.xml": '<!DOCTYPE x [<!ENTITY a "b">]><workbook/>'}, "damaged: DOCTYPE"),
        ({"xl/externalLinks/externalLink1.xml": "<a/>"}, "refers to other files"),
        ({"xl/vbaProject.bin": b"x"}, "has macros"),
        ({f"x/{number}": "" for number in range(300)}, "too many parts"),
        ({"xl/workbook.xml": "<workbook"}, "damaged"),
    ],
)
def test_workbooks_with_more_than_cells_are_refused(others: dict[str, Any], said: str) -> None:
    assert said in refusal(from_sheet("<row><c><v>1</v></c></row>", others))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"a;b\n", "no rows"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old or a protected"),
        (b"PK\x03\x04 broken", "damaged"),
        (b"a\x00b", "neither CSV nor XLSX"),
        (b'a\n"b"c', "can't be read as CSV"),
        (b"a;b\n1;2;3", "more cells than there are headers"),
        (b"a\n" + b"x" * 1001, "more than 1000 characters"),
        (b"a\n" + b"1\n" * 10_001, "more than 10000 rows"),
        (b"a\n" + b"\n" * 30_000, "more than 10000 rows"),
    ],
)
def test_files_that_are_no_tables_are_refused_in_words(data: bytes, said: str) -> None:
    assert said in refusal(data)


@pytest.mark.parametrize(
    ("text", "numbers", "found"),
    [
        ("1.234,56", "", "1234.56"),
        ("1,234.56", "", "1234.56"),
        ("R$ 1234,5", "", "1234.5"),
        ("1234.56", "pt", "1234.56"),
        ("12,50", "en", "12.50"),
        ("1.234", "pt", "1234"),
        ("1,234", "en", "1234"),
        ("1.234.567", "", "1234567"),
        ("-5,00", "", "-5.00"),
        ("1500", "", "1500"),
    ],
)
def test_amounts_in_both_ways_of_writing(text: str, numbers: str, found: str) -> None:
    assert amount(text, numbers) == Decimal(found)


@pytest.mark.parametrize(
    ("text", "numbers", "rule"),
    [
        ("1.234", "", "ambiguous_amount"),
        ("12,345", "", "ambiguous_amount"),
        ("1,234", "pt", "not_an_amount"),
        ("1.234", "en", "not_an_amount"),
        ("dez reais", "", "not_an_amount"),
        ("1,2,3", "", "not_an_amount"),
        ("", "", "not_an_amount"),
    ],
)
def test_amounts_that_are_none_or_two(text: str, numbers: str, rule: str) -> None:
    with pytest.raises(CellError) as caught:
        amount(text, numbers)
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("text", "order", "found"),
    [
        ("2026-12-05", "", date(2026, 12, 5)),
        ("2026-12-05 00:00:00", "", date(2026, 12, 5)),
        ("25/12/2026", "", date(2026, 12, 25)),
        ("12/25/2026", "", date(2026, 12, 25)),
        ("05/12/2026", "dmy", date(2026, 12, 5)),
        ("05/12/2026", "mdy", date(2026, 5, 12)),
        ("5.5.2026", "", date(2026, 5, 5)),
        ("10 de dezembro de 2026", "", date(2026, 12, 10)),
        ("10/dez/2026", "", date(2026, 12, 10)),
        ("1º de março de 2027", "", date(2027, 3, 1)),
        ("Dec 10, 2026", "", date(2026, 12, 10)),
    ],
)
def test_days_in_the_ways_people_write_them(text: str, order: str, found: date) -> None:
    assert day(text, order) == found


@pytest.mark.parametrize(
    ("text", "order", "rule"),
    [
        ("05/12/2026", "", "ambiguous_date"),
        ("05/12/26", "dmy", "ambiguous_date"),
        ("12/25/2026", "dmy", "not_a_date"),
        ("31/02/2026", "", "not_a_date"),
        ("amanhã", "", "not_a_date"),
        ("10 de brumário de 2026", "", "not_a_date"),
        ("2026-13-01", "", "not_a_date"),
    ],
)
def test_days_that_are_none_or_two(text: str, order: str, rule: str) -> None:
    with pytest.raises(CellError) as caught:
        day(text, order)
    assert caught.value.rule == rule


def test_a_column_tells_how_it_is_written() -> None:
    assert numbers_of(["1.234", "12,50", Decimal(1)]) == "pt"
    assert numbers_of(["1.234", "1,234.50"]) == "en"
    assert numbers_of(["1.234"]) == ""
    assert numbers_of(["12,50", "12.50"]) == ""
    assert order_of(["05/12/2026", "25/12/2026", date(2026, 1, 1)]) == "dmy"
    assert order_of(["12/25/2026", "05/12/2026"]) == "mdy"
    assert order_of(["25/12/2026", "12/25/2026"]) == ""
    assert order_of(["05/12/2026"]) == ""


def test_a_mark_of_utf8_before_windows_1252_is_no_proof() -> None:
    table = read(b"\xef\xbb\xbf" + "Nome;Município\nJoão;Maceió".encode("cp1252"))
    assert (table.headers, table.rows[0].cells) == (("Nome", "Município"), ("João", "Maceió"))


def test_the_line_in_which_excel_names_the_separator_is_no_row() -> None:
    table = read(b"sep=|\r\nNome;Alcunha|Nota\r\nAna|a;b")
    assert (table.headers, table.rows) == (("Nome;Alcunha", "Nota"), (Row(2, ("Ana", "a;b")),))
