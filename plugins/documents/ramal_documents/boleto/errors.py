"""What is wrong with a boleto."""

from __future__ import annotations

from collections.abc import Sequence

from ramal_documents.errors import DocumentsError


class BoletoError(DocumentsError):
    """One field of a boleto and the rule that it breaks, in words."""


class InvalidBoleto(BoletoError):
    """A boleto that can't be: every field that is wrong, in `errors`; it speaks as the first of them."""

    def __init__(self, errors: Sequence[BoletoError]) -> None:
        super().__init__(errors[0].field, " ".join(error.sentence for error in errors))
        self.errors = tuple(errors)

    def __reduce__(self) -> tuple[type, tuple[Sequence[BoletoError]]]:  # type: ignore[override]
        return type(self), (self.errors,)
