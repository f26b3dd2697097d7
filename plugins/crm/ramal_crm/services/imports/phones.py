"""A cell with a phone number, as people in Brazil write them.

What leaves a doubt is refused in words, unless whoever imports has said how it is to be understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ramal.api import gettext as _
from ramal.api import parse_phone, tables

_APART = re.compile(r"[/;,|\n]|\s(?:e|ou|or|and)\s")
_NO_DIGIT = re.compile(r"[^0-9]")
_LETTER = re.compile(r"[^\W\d_]")
#: 0 before the area code, or 0 and the two digits of a carrier, is how long-distance calls are dialled.
_DIALLED = re.compile(r"0(?:[1-9][1-9])?(?=[1-9][1-9][2-9]\d{7,8}$)")
#: A mobile that needs no second look: area code, 9, and a number whose eight-digit form is a mobile's, too.
_PLAIN_MOBILE = re.compile(r"[1-9][1-9]9[6-9]\d{7}")
_MOBILE_WITHOUT_NINE = re.compile(r"[1-9][1-9][6-9]\d{7}")
_WITH_COUNTRY = re.compile(r"55([1-9][1-9]\d{8,9})")
_WITHOUT_AREA = re.compile(r"9?\d{8}")
#: Digits that a number of its own has, at least; fewer are an area code, or the end of another number.
_WHOLE = 7
_MOST = 15


def read_phone(text: str, options: Mapping[str, Any]) -> str:
    """E.164 with "+". CellError with the rules ``two_phones``, ``area_code``, ``ninth_digit``, ``not_a_phone``.

    ``options``: ``area_code`` for numbers without one, ``ninth_digit`` "add" and ``two_phones`` "first".
    """
    one = _one_of(text, take_first=options.get("two_phones") == "first")
    if _LETTER.search(one):
        # An extension, a name, a number in powers of ten.
        raise _no_phone(text)
    digits = _NO_DIGIT.sub("", one)
    with_country = _WITH_COUNTRY.fullmatch(digits)
    if one.lstrip("( ").startswith("+") and not with_country:
        return _parsed(text, one)
    national = with_country[1] if with_country else _DIALLED.sub("", digits)
    if _WITHOUT_AREA.fullmatch(national):
        if not options.get("area_code"):
            raise tables.CellError("area_code", _("“%(text)s” has no area code (DDD).", text=text))
        national = f"{options['area_code']}{national}"
    if _PLAIN_MOBILE.fullmatch(national):
        return f"+55{national}"
    if _MOBILE_WITHOUT_NINE.fullmatch(national) and options.get("ninth_digit") != "add":
        sentence = _("“%(text)s” is a mobile number without its ninth digit.", text=text)
        raise tables.CellError("ninth_digit", sentence)
    return _parsed(text, national)


def _one_of(text: str, *, take_first: bool) -> str:
    parts = [part.strip() for part in _APART.split(text) if part.strip()]
    whole = [part for part in parts if len(_NO_DIGIT.sub("", part)) >= _WHOLE]
    if len(whole) > 1 or len(_NO_DIGIT.sub("", text)) > _MOST:
        if take_first and whole and len(_NO_DIGIT.sub("", whole[0])) <= _MOST:
            return whole[0]
        raise tables.CellError("two_phones", _("“%(text)s” has more than one phone number.", text=text))
    # "11/98765-4321": the bar stands after an area code.
    return text.replace("/", " ") if whole != parts and len(parts) > 1 else text


def _parsed(text: str, number: str) -> str:
    try:
        return parse_phone(number)
    except ValueError:
        raise _no_phone(text) from None


def _no_phone(text: str) -> tables.CellError:
    return tables.CellError("not_a_phone", _("“%(text)s” is not a phone number.", text=text))
