"""Words in the reader's language: Flask-Babel where there is a request, the default elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from flask import current_app, has_app_context
from flask_babel import force_locale
from flask_babel import gettext as _babel_gettext
from flask_babel import ngettext as _babel_ngettext
from flask_babel.speaklater import LazyString

LOCALES = ("pt_BR", "en")
DEFAULT_LOCALE = "pt_BR"


def gettext(message: str, /, **variables: Any) -> str:
    """Translate ``message``; ``%(name)s`` placeholders are filled from ``variables``."""
    if not _translates():
        return message % variables if variables else message
    return str(_babel_gettext(message, **variables))


class LazyText(LazyString):  # type: ignore[misc]
    """A text that is translated each time it is shown. It knows what it is made of, so it can be kept."""

    def __init__(self, message: str, **variables: Any) -> None:
        super().__init__(gettext, message, **variables)
        self.message, self.variables = message, variables


def lazy_gettext(message: str, **variables: Any) -> LazyText:
    """A text that is translated each time it is shown; in English where there is no application."""
    return LazyText(message, **variables)


def kept_text(text: str | LazyText) -> dict[str, Any]:
    """A text as JSON, for readers of any language: a lazy one is kept as what it is made of, another as it is."""
    if not isinstance(text, LazyText):
        return {"text": str(text)}
    variables = {
        name: kept_text(value) if isinstance(value, LazyText) else value for name, value in text.variables.items()
    }
    return {"message": text.message, "variables": variables}


def spoken_text(kept: Mapping[str, Any]) -> str:
    """What :func:`kept_text` kept, in the language in use."""
    if "message" not in kept:
        return str(kept["text"])
    variables = {
        name: spoken_text(value) if isinstance(value, Mapping) else value for name, value in kept["variables"].items()
    }
    message: str = kept["message"]
    return gettext(message, **variables)


def ngettext(singular: str, plural: str, number: int, **variables: Any) -> str:
    """Translate by number; ``%(num)s`` is the number."""
    if not _translates():
        return (singular if number == 1 else plural) % {"num": number, **variables}
    return str(_babel_ngettext(singular, plural, number, **variables))


@contextlib.contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Use this language inside: that of whoever asked for work which a job does later."""
    if locale not in LOCALES or not _translates():
        yield
        return
    with force_locale(locale):
        yield


def _translates() -> bool:
    """Whether there is an application with catalogues; the one that runs migrations has none."""
    return has_app_context() and "babel" in current_app.extensions
