"""The sentences of the library in the reader's language.

The library stands without the application, so it can't import its translator: whoever has one says so once, with
`speak_with`. Until then sentences are English. What is printed on a document is Portuguese by nature and never
comes through here.
"""

from __future__ import annotations

from typing import Any, Protocol


class Translator(Protocol):
    """Answers `message` in the reader's language, its `%(name)s` filled from `variables`."""

    def __call__(self, message: str, /, **variables: Any) -> str: ...


def english(message: str, /, **variables: Any) -> str:
    """The message itself."""
    return message % variables if variables else message


class _Speaker:
    translator: Translator = staticmethod(english)


def speak_with(translator: Translator) -> None:
    """Let `translator` (the application's `gettext`) say every sentence from now on."""
    _Speaker.translator = staticmethod(translator)


def gettext(message: str, /, **variables: Any) -> str:
    """Translate `message` now; import it as `_`, so that the catalogue takes it in."""
    return _Speaker.translator(message, **variables)
