"""What does not fit in what somebody typed, gathered field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ramal.api import InvalidPayload
from ramal.api import gettext as _


class Problems:
    """Sentences by field; ``end`` raises them all at once, so that a form is mended in one go."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {}

    def add(self, field: str, sentence: str) -> None:
        """Another sentence about a field."""
        self._found.setdefault(field, []).append(sentence)

    def take(self, act: Callable[[], Any]) -> Any:
        """What ``act`` answers, or None and its InvalidPayload among the problems."""
        try:
            return act()
        except InvalidPayload as error:
            self.merge(error.details)
            return None

    def merge(self, details: Mapping[str, Any], prefix: str = "") -> None:
        """Another error's sentences, its fields under ``prefix``."""
        for field, sentences in details.items():
            self._found.setdefault(prefix + field, []).extend(sentences)

    def end(self) -> None:
        """InvalidPayload if there is anything."""
        if self._found:
            raise InvalidPayload(_("Some of the data does not fit."), self._found)


def refuse(field: str, sentence: str) -> InvalidPayload:
    """One error about one field, to be raised."""
    return InvalidPayload(sentence, {field: [sentence]})
