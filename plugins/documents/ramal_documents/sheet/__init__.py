"""The printed boleto, drawn directly as vector PDF: `one`, `many`, `booklet`; `html` for a look of one's own."""

from ramal_documents.sheet.pages import booklet, many, one, problems

__all__ = ["booklet", "many", "one", "problems"]
