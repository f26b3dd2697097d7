"""Tables that we write: what a program makes of them, and that ours reads them back."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import IO, Any

import pytest

from ramal.tables import Cell, csv_lines, harmless, read, unescaped, write_csv, write_xlsx

HEADERS = ("Nome", "Valor", "Dia")
ROWS: list[tuple[Cell, ...]] = [
    HEADERS,
    ('Padaria "Três; Irmãs"', Decimal("-1234.5"), date(2026, 12, 10)),
    ("=HYPERLINK(1)", Decimal(0), ""),
]
Write = Callable[[IO[bytes], Any], None]


def made(write: Write, rows: Any = ROWS) -> bytes:
    file = io.BytesIO()
    write(file, rows)
    return file.getvalue()


def test_csv_is_what_a_brazilian_spreadsheet_program_expects() -> None:
    assert made(write_csv).decode() == (
        '\ufeffNome;Valor;Dia\r\n"Padaria ""Três; Irmãs""";-1234,5;10/12/2026\r\n\'=HYPERLINK(1);0;\r\n'
    )
    assert b"".join(line.encode() for line in csv_lines(ROWS)) == made(write_csv)


def test_a_workbook_has_numbers_days_and_no_formula() -> None:
    table = read(made(write_xlsx))
    assert table.headers == HEADERS
    assert [row.cells for row in table.rows] == [tuple(row) for row in ROWS[1:]]


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1"])
def test_cells_that_programs_would_run_are_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert unescaped(harmless(cell)) == cell
    assert harmless("a=1") == unescaped("a=1") == "a=1"
    assert unescaped("'tis") == "'tis"


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_memory_does_not_grow_with_the_rows(write: Write, tmp_path: Any) -> None:
    def rows(count: int) -> Iterator[Sequence[Cell]]:
        for number in range(count):
            yield f"Cliente de nome comprido {number}", Decimal(number), "x" * 50

    def peak(count: int) -> int:
        tracemalloc.start()
        with (tmp_path / "table").open("wb") as file:
            write(file, rows(count))
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(10)
    assert peak(4_000) < peak(400) + 300_000
