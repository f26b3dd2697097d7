"""Who is who: phone numbers, business-scoped ids and LIDs as providers write them.

Pure functions, no database. A phone has spellings that mean the same line (Brazil's 9th digit,
Argentina's 9, Mexico's 1): :func:`canonical` names the line, :func:`variants` lists its spellings,
and nothing ever *forces* a digit on a number the rule does not know (landlines, toll-free). What a
provider wrote stays the address to send to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Kinds that :func:`classify` gives.
PHONE, BSUID, PARENT_BSUID, LID, GROUP, OTHER = "phone", "bsuid", "parent_bsuid", "lid", "group", "other"


@dataclass(frozen=True, slots=True)
class Alias:
    """One name by which a provider knows a person: ``kind`` such as phone, bsuid, lid, visitor."""

    kind: str
    value: str


# Brazil: area code, perhaps the 9th digit, eight digits. The guard [6-9] leaves landlines and the
# mobile ranges 9 1xxx to 9 5xxx alone: those were born with nine digits and have no other spelling.
_BRAZIL = re.compile(r"55([1-9][1-9])(9?)([6-9]\d{7})")
# Argentina: WhatsApp writes 54 9 + ten digits, people and other providers leave the 9 out.
_ARGENTINA = re.compile(r"54(9?)([1-3]\d{9})")
# Mexico: until 2019 mobiles were dialled with a 1 after the country code; ids still carry it.
_MEXICO = re.compile(r"52(1?)([2-9]\d{9})")

_BSUID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_PARENT_BSUID = re.compile(r"[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}")
_JID = re.compile(r"(?P<user>[^@:]+)(?::\d+)?@(?P<server>[a-z.]+)")
_JID_KINDS = {"c.us": PHONE, "s.whatsapp.net": PHONE, "lid": LID, "g.us": GROUP}
_PHONE_LOOK = re.compile(r"(?:whatsapp:|tel:)?\s*\+?[\d\s().\-/]+")
_BRAZILIAN_PARTS = re.compile(r"\+55(\d{2})(\d{4,5})(\d{4})")
_MIN_DIGITS, _MAX_DIGITS = 7, 15


def classify(raw: str) -> Alias:
    """What kind of id this is, by its looks, in canonical form. An unknown one is ``other``, never refused.

    A bare row of digits is read as a phone: only the suffix ``@lid`` tells a LID.
    """
    text = raw.strip()
    jid = _JID.fullmatch(text)
    if jid and jid["server"] in _JID_KINDS:
        kind = _JID_KINDS[jid["server"]]
        return Alias(kind, canonical(kind, jid["user"]))
    for kind, pattern in ((PARENT_BSUID, _PARENT_BSUID), (BSUID, _BSUID)):
        if pattern.fullmatch(text):
            return Alias(kind, text)
    if _PHONE_LOOK.fullmatch(text) and _MIN_DIGITS <= len(_digits(text)) <= _MAX_DIGITS:
        return Alias(PHONE, canonical(PHONE, text))
    return Alias(OTHER, text)


def canonical(kind: str, raw: str) -> str:
    """The one value that stands for all spellings of this id; what aliases are unique by.

    Phones become digits with country code (Brazil with the 9th digit where the rule applies,
    Argentina with the 9, Mexico without the 1); LIDs lose their suffix; other kinds stay as they are.
    """
    return variants(kind, raw)[0]


def variants(kind: str, raw: str) -> tuple[str, ...]:
    """Every spelling that means the same person, the canonical one first: for ``value IN (…)``."""
    text = raw.strip()
    if kind == LID:
        return (text.split("@", 1)[0].split(":", 1)[0],)
    if kind != PHONE:
        return (text,)
    digits = _digits(text.split("@", 1)[0].split(":", 1)[0] if "@" in text else text)
    return _phone_variants(digits) if digits else (text,)


def display_phone(raw: str) -> str | None:
    """E.164 with ``+`` for people to read, or None when this is no phone (a BSUID, a LID, a group).

    Numbers without other spellings are shown as the provider wrote them, valid or not.
    """
    found = classify(raw)
    if found.kind != PHONE:
        return None
    digits = _digits(raw.split("@", 1)[0].split(":", 1)[0] if "@" in raw else raw)
    # Without its 9 an Argentine number may be a landline: show what was written.
    return f"+{digits if _ARGENTINA.fullmatch(digits) else found.value}"


def format_phone(phone: str | None) -> str:
    """``+55 11 98765-4321`` for a Brazilian phone in E.164, any other as it is; empty for none."""
    found = _BRAZILIAN_PARTS.fullmatch(phone or "")
    return f"+55 {found[1]} {found[2]}-{found[3]}" if found else phone or ""


def parse_phone(text: str, region: str = "BR") -> str:
    """A phone typed by a person, as E.164 with ``+``. ``region`` is where a number without ``+`` is from.

    Raises ValueError when it is no phone. For typed input only: an inbound id is never refused.
    """
    import phonenumbers

    typed = text.strip()
    if not _PHONE_LOOK.fullmatch(typed):
        raise ValueError("not a phone number")
    # 55 + area code + number without "+" is how Brazilian systems copy numbers around.
    if region == "BR" and _BRAZIL.fullmatch(_digits(typed)):
        typed = f"+{_digits(typed)}"
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException as error:
        raise ValueError(str(error)) from None
    digits = canonical(PHONE, f"{number.country_code}{phonenumbers.national_significant_number(number)}")
    if not _is_dialable(digits):
        raise ValueError("not a phone number")
    return f"+{digits}"


def _is_dialable(digits: str) -> bool:
    import phonenumbers

    # phonenumbers' table lags behind some Brazilian ranges; the rule above knows them.
    if _BRAZIL.fullmatch(digits):
        return True
    return phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}"))


def _phone_variants(digits: str) -> tuple[str, ...]:
    if match := _BRAZIL.fullmatch(digits):
        area, _nine, number = match.groups()
        return (f"55{area}9{number}", f"55{area}{number}")
    if match := _ARGENTINA.fullmatch(digits):
        return (f"549{match[2]}", f"54{match[2]}")
    if match := _MEXICO.fullmatch(digits):
        return (f"52{match[2]}", f"521{match[2]}")
    return (digits,)


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)
