"""PIX keys: CPF, CNPJ, telephone, e-mail, random (EVP), each checked and brought to the form the DICT keeps.

Source: Banco Central, "Manual operacional do DICT" and pix-api 2.9.0 (CNPJ with letters).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from ramal_documents import ids
from ramal_documents.errors import DocumentsError
from ramal_documents.pix.errors import PixError
from ramal_documents.words import gettext as _

KeyType = Literal["cpf", "cnpj", "phone", "email", "evp"]

_EVP = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_EMAIL = re.compile(r"[a-z0-9.!#$&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z]{2,}")
_PHONE = re.compile(r"[1-9][1-9](?:9[0-9]{8}|[2-8][0-9]{7})")  # area code, then a mobile or a landline
_PHONE_MARKS = re.compile(r"[\s().\-]")
LONGEST = 77


def normalised(text: str, type: KeyType | None = None) -> str:
    """The key as the DICT keeps it; without a `type` it is told from the form.

    Eleven bare digits may be a CPF or a telephone, so they need the type: paying the wrong one can't be undone.
    """
    return _NORMALISERS[type or type_of(text)](text.strip())


def type_of(text: str) -> KeyType:
    """Which kind of key this looks like; `PixError` when it looks like none, or like two."""
    key = text.strip()
    if "@" in key:
        return "email"
    if _EVP.fullmatch(key.lower()):
        return "evp"
    if re.fullmatch(r"[0-9]{11}", key):
        raise PixError("key", _("“%(key)s” may be a CPF or a telephone: say which.", key=key))
    if key.startswith(("+", "(")) or re.fullmatch(r"[0-9]{10}", _PHONE_MARKS.sub("", key)):
        return "phone"
    kind = ids.kind(key)
    if kind:
        return "cpf" if kind == "CPF" else "cnpj"
    sentence = _("“%(key)s” is no PIX key: not a CPF, a CNPJ, a telephone, an e-mail address or a random key.", key=key)
    raise PixError("key", sentence)


def _cpf(key: str) -> str:
    return _checked(ids.check_cpf, key)


def _cnpj(key: str) -> str:
    return _checked(ids.check_cnpj, key)


def _checked(check: Callable[[str, str], str], key: str) -> str:
    try:
        return check(key, "key")
    except DocumentsError as error:
        raise PixError("key", error.sentence) from error


def _phone(key: str) -> str:
    """`+55DDNNNNNNNNN`."""
    number = _PHONE_MARKS.sub("", key)
    national = number.removeprefix("+55") if number.startswith("+") else number
    if len(national) > 11:
        national = national.removeprefix("55")
    if not _PHONE.fullmatch(national):
        raise PixError("key", _("“%(key)s” is not a Brazilian telephone with its area code.", key=key))
    return f"+55{national}"


def _email(key: str) -> str:
    address = key.lower()
    if len(address) > LONGEST or not _EMAIL.fullmatch(address):
        raise PixError("key", _("“%(key)s” is not an e-mail address of at most 77 characters.", key=key))
    return address


def _evp(key: str) -> str:
    if not _EVP.fullmatch(key.lower()):
        raise PixError("key", _("“%(key)s” is not a random key (8-4-4-4-12 digits and letters a to f).", key=key))
    return key.lower()


_NORMALISERS: dict[KeyType, Callable[[str], str]] = {
    "cpf": _cpf,
    "cnpj": _cnpj,
    "phone": _phone,
    "email": _email,
    "evp": _evp,
}
