"""Tables that people upload, CSV or XLSX, read without trusting them: `read` gives headers and rows of plain cells.

Stands without Flask and without a database. Nothing is computed and nothing is fetched: of a formula counts what the
spreadsheet last showed.
"""

from ramal_documents.tables.cells import Cell, shown
from ramal_documents.tables.reading import Limits, Row, Table, read

__all__ = ["Cell", "Limits", "Row", "Table", "read", "shown"]
