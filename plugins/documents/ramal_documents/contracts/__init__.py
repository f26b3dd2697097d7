"""Contracts: templates with declared variables, filled in a sandbox, laid out as PDF/A within limits.

`declared` and `variables` (what a template wants to know), `checks` (before a template is kept), `language` (what it
may say), `rendering` (HTML and PDF), `starters` (four contracts to begin with), `pasted` (HTML from elsewhere, made
harmless).
It knows neither Flask nor a database.
"""

from ramal_documents.contracts.errors import ContractError, InvalidContract, RenderError

__all__ = ["ContractError", "InvalidContract", "RenderError"]
