"""Making BR Codes: the text that is copied and pasted, and drawn as a QR code.

Source: Banco Central, "Manual de padrões para iniciação do Pix".
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from ramal_documents.pix import keys
from ramal_documents.pix.errors import PixError
from ramal_documents.pix.keys import KeyType
from ramal_documents.pix.tlv import item, sealed
from ramal_documents.words import gettext as _

GUI = "br.gov.bcb.pix"
NO_TXID = "***"
LONGEST_NAME, LONGEST_CITY, LONGEST_URL = 25, 15, 77
LARGEST = Decimal("9999999999.99")  # thirteen characters

_TXID = re.compile(r"[A-Za-z0-9]{1,25}")
_URL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,}(?::[0-9]+)?/[!-~]+")
# Letters that do not come apart into a letter and an accent.
_LETTERS = str.maketrans({"º": "o", "ª": "a", "ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "Æ": "AE", "–": "-", "’": "'"})


def static_code(
    key: str,
    *,
    name: str,
    city: str,
    amount: Decimal | None = None,
    txid: str = NO_TXID,
    info: str = "",
    key_type: KeyType | None = None,
    postal_code: str = "",
) -> str:
    """A code that pays `amount` (or what the payer decides) to a key; it may be used again and again.

    `txid` (at most 25 letters and digits) comes back with the payment where the bank reports it; `info` is shown to
    the payer. `PixError` names what does not fit.
    """
    account = item("00", GUI) + item("01", keys.normalised(key, key_type)) + item("02", plain("info", info))
    if len(account) > 99:
        left = 99 - (len(account) - len(info))
        raise PixError("info", _("With this key the information has room for %(left)s characters.", left=left))
    return _code("", account, name, city, amount, _txid(txid), postal_code)


def dynamic_code(
    url: str,
    *,
    name: str,
    city: str,
    amount: Decimal | None = None,
    single_use: bool = True,
    recurrence_url: str = "",
    postal_code: str = "",
) -> str:
    """A code whose charge the bank keeps at `url`; `recurrence_url` adds an offer of Pix Automático.

    Without a `url` it has the offer alone. Both are as the bank gave them, with or without `https://`.
    """
    if not url and not recurrence_url:
        raise PixError("url", _("The address of the charge is missing."))
    location = item("25", _location("url", url)) if url else ""
    recurrence = ""
    if recurrence_url:
        recurrence = item("80", item("00", GUI) + item("25", _location("recurrence_url", recurrence_url)))
    initiation = item("01", "12" if single_use and url else "")
    return _code(initiation, item("00", GUI) + location, name, city, amount, NO_TXID, postal_code, recurrence)


def plain(field: str, text: str) -> str:
    """Without accents; `PixError` names characters that no bank's reader takes."""
    apart = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    others = "".join(sorted({character for character in bare if not " " <= character <= "~"}))
    if others:
        raise PixError(field, _("PIX has no room for the characters %(others)s.", others=others))
    return " ".join(bare.split())


def _code(
    initiation: str,
    account: str,
    name: str,
    city: str,
    amount: Decimal | None,
    txid: str,
    postal_code: str,
    recurrence: str = "",
) -> str:
    return sealed(
        item("00", "01")
        + initiation
        + item("26", account)
        + item("52", "0000")
        + item("53", "986")
        + item("54", _amount(amount))
        + item("58", "BR")
        + item("59", _limited("name", name, LONGEST_NAME))
        + item("60", _limited("city", city, LONGEST_CITY))
        + item("61", _postal_code(postal_code))
        + item("62", item("05", txid))
        + recurrence
    )


def _amount(amount: Decimal | None) -> str:
    if amount is None:
        return ""
    if not _is_money(amount) or not 0 < amount <= LARGEST:
        sentence = _(
            "The amount is a Decimal of whole cents above 0, at most 9999999999.99; "
            "leave it out where the payer decides it."
        )
        raise PixError("amount", sentence)
    return f"{amount:.2f}"


def _is_money(amount: object) -> bool:
    return isinstance(amount, Decimal) and amount.is_finite() and amount * 100 == (amount * 100).to_integral_value()


def _limited(field: str, text: str, longest: int) -> str:
    bare = plain(field, text)
    what = {"name": _("name"), "city": _("city")}[field]
    if not bare:
        raise PixError(field, _("The %(what)s is missing.", what=what))
    if len(bare) > longest:
        values = {"what": what, "text": bare, "longest": longest}
        raise PixError(field, _("The %(what)s “%(text)s” is too long: %(longest)s characters fit.", **values))
    return bare


def _postal_code(text: str) -> str:
    digits = text.replace("-", "").replace(".", "").strip()
    if digits and not re.fullmatch(r"[0-9]{8}", digits):
        raise PixError("postal_code", _("A CEP has eight digits, not “%(text)s”.", text=text))
    return digits


def _txid(txid: str) -> str:
    if txid != NO_TXID and not _TXID.fullmatch(txid):
        sentence = _("The txid “%(txid)s” has 1 to 25 letters without accents and digits.", txid=txid)
        raise PixError("txid", sentence)
    return txid


def _location(field: str, url: str) -> str:
    location = url.strip().removeprefix("https://")
    if len(location) > LONGEST_URL or not _URL.fullmatch(location):
        sentence = _("“%(url)s” is not the address of a charge of at most 77 characters.", url=url)
        raise PixError(field, sentence)
    return location
