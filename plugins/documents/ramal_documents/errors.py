"""What is wrong with a document's data, field by field."""

from __future__ import annotations


class DocumentsError(ValueError):
    """A field and a whole sentence for the person who filled it in."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.field, self.sentence)
