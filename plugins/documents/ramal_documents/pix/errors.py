"""What is wrong with a PIX code."""

from __future__ import annotations

from ramal_documents.errors import DocumentsError


class PixError(DocumentsError):
    """One field of a PIX code and the rule that it breaks, in words."""
