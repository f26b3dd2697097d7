"""marshmallow's sentences in the reader's language: it writes them in English only."""

from __future__ import annotations

import re

from ramal.i18n import gettext, lazy_gettext

#: Listed so that they reach the catalogues; looked up by their English text.
_SENTENCES = (
    lazy_gettext("Missing data for required field."),
    lazy_gettext("Field may not be null."),
    lazy_gettext("Unknown field."),
    lazy_gettext("Invalid value."),
    lazy_gettext("Invalid input type."),
    lazy_gettext("Not a valid string."),
    lazy_gettext("Not a valid UUID."),
    lazy_gettext("Not a valid integer."),
    lazy_gettext("Not a valid number."),
    lazy_gettext("Not a valid boolean."),
    lazy_gettext("Not a valid list."),
    lazy_gettext("Not a valid mapping type."),
    lazy_gettext("Not a valid datetime."),
    lazy_gettext("Not a valid date."),
    lazy_gettext("Not a valid URL."),
    lazy_gettext("Not a valid email address."),
    lazy_gettext("String does not match expected pattern."),
    lazy_gettext("Invalid JSON body."),
    lazy_gettext("Special numeric values (nan or infinity) are not permitted."),
)

#: Sentences with values in them: (what marshmallow writes, our message id).
_PATTERNS = (
    (r"Must be greater than (?P<min>.+)\.", lazy_gettext("Must be greater than %(min)s.")),
    (
        r"Must be greater than (?P<min>.+) and less than or equal to (?P<max>.+)\.",
        lazy_gettext("Must be greater than %(min)s, and %(max)s at most."),
    ),
    (r"Shorter than minimum length (?P<min>\d+)\.", lazy_gettext("Shorter than minimum length %(min)s.")),
    (r"Longer than maximum length (?P<max>\d+)\.", lazy_gettext("Longer than maximum length %(max)s.")),
    (r"Length must be (?P<equal>\d+)\.", lazy_gettext("Length must be %(equal)s.")),
    (
        r"Length must be between (?P<min>\d+) and (?P<max>\d+)\.",
        lazy_gettext("Length must be between %(min)s and %(max)s."),
    ),
    (r"Must be one of: (?P<choices>.*)\.", lazy_gettext("Must be one of: %(choices)s.")),
    (r"Must be greater than or equal to (?P<min>.+)\.", lazy_gettext("Must be greater than or equal to %(min)s.")),
    (r"Must be less than or equal to (?P<max>.+)\.", lazy_gettext("Must be less than or equal to %(max)s.")),
    (
        r"Must be greater than or equal to (?P<min>.+) and less than or equal to (?P<max>.+)\.",
        lazy_gettext("Must be from %(min)s to %(max)s."),
    ),
)
_MATCHERS = tuple((re.compile(pattern, re.DOTALL), message) for pattern, message in reversed(_PATTERNS))


def translated(sentence: str) -> str:
    """The sentence in the reader's language; as it is where we don't know it."""
    for pattern, message in _MATCHERS:
        found = pattern.fullmatch(sentence)
        if found:
            return str(message) % found.groupdict()
    return gettext(sentence)
