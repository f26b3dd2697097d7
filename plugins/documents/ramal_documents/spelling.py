"""Numbers in words, and ordinals: Portuguese as Brazilian official acts write it.

No comma between the groups, and "e" only before a last group below one hundred or a round hundred: "mil quinhentos
e dezoito", "mil e cem".
"""

from __future__ import annotations

from ramal_documents.errors import DocumentsError
from ramal_documents.words import gettext as _

LARGEST = 10**15 - 1

_UNITS = [
    "zero",
    "um",
    "dois",
    "três",
    "quatro",
    "cinco",
    "seis",
    "sete",
    "oito",
    "nove",
    "dez",
    "onze",
    "doze",
    "treze",
    "catorze",
    "quinze",
    "dezesseis",
    "dezessete",
    "dezoito",
    "dezenove",
]
_TENS = [".", ".", "vinte", "trinta", "quarenta", "cinquenta", "sessenta", "setenta", "oitenta", "noventa"]
_HUNDREDS = [
    ".",
    "cento",
    "duzentos",
    "trezentos",
    "quatrocentos",
    "quinhentos",
    "seiscentos",
    "setecentos",
    "oitocentos",
    "novecentos",
]
_SCALES = (("", ""), ("mil", "mil"), ("milhão", "milhões"), ("bilhão", "bilhões"), ("trilhão", "trilhões"))
_FEMININE = {"um": "uma", "dois": "duas"}

_ORDINAL_UNITS = [".", "primeiro", "segundo", "terceiro", "quarto", "quinto", "sexto", "sétimo", "oitavo", "nono"]
_ORDINAL_TENS = [
    ".",
    "décimo",
    "vigésimo",
    "trigésimo",
    "quadragésimo",
    "quinquagésimo",
    "sexagésimo",
    "septuagésimo",
    "octogésimo",
    "nonagésimo",
]
_ORDINAL_HUNDREDS = [
    ".",
    "centésimo",
    "ducentésimo",
    "trecentésimo",
    "quadringentésimo",
    "quingentésimo",
    "sexcentésimo",
    "septingentésimo",
    "octingentésimo",
    "noningentésimo",
]


def number_words(number: int, *, feminine: bool = False) -> str:
    """`21` → "vinte e um", feminine "vinte e uma"; from 0 to below 10¹⁵."""
    if not 0 <= number <= LARGEST:
        raise DocumentsError("number", _("%(number)s can't be written in words here.", number=number))
    if number < 1000:
        return _group(number, feminine=feminine)
    groups = _groups(number)
    written = [_scaled(value, power, feminine=feminine) for value, power in groups]
    last = groups[-1][0]
    joiner = " e " if len(written) > 1 and (last < 100 or last % 100 == 0) else " "
    return " ".join(written[:-1]) + joiner + written[-1] if len(written) > 1 else written[0]


def ordinal(number: int, *, feminine: bool = False) -> str:
    """`21` → "vigésimo primeiro"; from 1 to 999. A clause is feminine: `ordinal(n, feminine=True).upper()`."""
    if not 1 <= number <= 999:
        raise DocumentsError("number", _("%(number)s has no ordinal here.", number=number))
    hundreds, rest = divmod(number, 100)
    tens, units = divmod(rest, 10)
    chosen = ((_ORDINAL_HUNDREDS, hundreds), (_ORDINAL_TENS, tens), (_ORDINAL_UNITS, units))
    words = [names[index] for names, index in chosen if index]
    return " ".join(word[:-1] + "a" if feminine else word for word in words)


def _groups(number: int) -> list[tuple[int, int]]:
    """(value below 1000, power of 1000) of each group that is not zero, the highest first."""
    found, power = [], 0
    while number:
        number, value = divmod(number, 1000)
        if value:
            found.append((value, power))
        power += 1
    return found[::-1]


def _scaled(value: int, power: int, *, feminine: bool) -> str:
    """A group with the name of its power; "mil" stands without "um", and millions are masculine."""
    if power == 0:
        return _group(value, feminine=feminine)
    if power == 1:
        return "mil" if value == 1 else f"{_group(value, feminine=feminine)} mil"
    return f"{_group(value)} {_SCALES[power][value > 1]}"


def _group(value: int, *, feminine: bool = False) -> str:
    if value == 100:
        return "cem"
    hundreds, rest = divmod(value, 100)
    parts = [_gendered(_HUNDREDS[hundreds], feminine)] if hundreds else []
    if rest >= 20:
        tens, rest = divmod(rest, 10)
        parts.append(_TENS[tens])
    if rest or not parts:
        parts.append(_gendered(_UNITS[rest], feminine))
    return " e ".join(parts)


def _gendered(word: str, feminine: bool) -> str:
    if not feminine:
        return word
    return _FEMININE.get(word, word[:-2] + "as" if word.endswith("entos") else word)
