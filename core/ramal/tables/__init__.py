"""Tables that people upload, CSV or XLSX, read without trusting them: `read` gives headers and rows of plain cells.

Nothing is computed and nothing is fetched: of a formula counts what the
spreadsheet last showed.
"""

from ramal.tables.cells import Cell, shown
from ramal.tables.reading import Limits, Row, Table, read
from ramal.tables.values import NUMBERS, ORDERS, CellError, amount, day, numbers_of, order_of

__all__ = [
    "NUMBERS",
    "ORDERS",
    "Cell",
    "CellError",
    "Limits",
    "Row",
    "Table",
    "amount",
    "day",
    "numbers_of",
    "order_of",
    "read",
    "shown",
]
