"""What is wrong with a template, with the data for it, or with laying it out."""

from __future__ import annotations

from collections.abc import Sequence

from ramal_documents.errors import DocumentsError


class ContractError(DocumentsError):
    """A variable (or `template`) and the rule that it breaks, in words."""


class InvalidContract(ContractError):
    """Everything that is wrong, in `errors`; it speaks as the first of them."""

    def __init__(self, errors: Sequence[DocumentsError]) -> None:
        super().__init__(errors[0].field, " ".join(error.sentence for error in errors))
        self.errors = tuple(errors)

    def __reduce__(self) -> tuple[type, tuple[Sequence[DocumentsError]]]:  # type: ignore[override]
        return type(self), (self.errors,)


class RenderError(ContractError):
    """A template that could not become a document: `code` names the reason, `line` where it is known."""

    def __init__(self, code: str, sentence: str, line: int | None = None) -> None:
        super().__init__("template", sentence)
        self.code = code
        self.line = line

    def __reduce__(self) -> tuple[type, tuple[str, str, int | None]]:  # type: ignore[override]
        return type(self), (self.code, self.sentence, self.line)
