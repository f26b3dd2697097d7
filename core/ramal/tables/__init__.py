"""Tables of people's spreadsheet programs, CSV or XLSX: read without trusting them, written without harm.

`read` gives headers and rows of plain cells. Nothing is computed and nothing is fetched: of a formula counts what the
spreadsheet last showed. `write_csv` and `write_xlsx` take rows of such cells.
"""

from ramal.tables.cells import Cell, shown
from ramal.tables.columns import fold, guess, wrong_columns
from ramal.tables.reading import Limits, Row, Table, read
from ramal.tables.values import NUMBERS, ORDERS, CellError, amount, day, numbers_of, order_of
from ramal.tables.writing import MOST_ROWS, TYPES, csv_lines, harmless, unescaped, write_csv, write_xlsx

__all__ = [
    "MOST_ROWS",
    "NUMBERS",
    "ORDERS",
    "TYPES",
    "Cell",
    "CellError",
    "Limits",
    "Row",
    "Table",
    "amount",
    "csv_lines",
    "day",
    "fold",
    "guess",
    "harmless",
    "numbers_of",
    "order_of",
    "read",
    "shown",
    "unescaped",
    "write_csv",
    "write_xlsx",
    "wrong_columns",
]
