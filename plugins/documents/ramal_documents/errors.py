"""What is wrong with a document's data, field by field."""

from __future__ import annotations


class DocumentsError(ValueError):
    """A field and a whole sentence for the person who filled it in."""

    #: Where in what was given the field stands, as `(2, "min")` of a list; of most the field says it.
    place: tuple[int | str, ...] = ()

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.field, self.sentence)
