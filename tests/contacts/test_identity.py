"""Phone spellings and provider ids, over all area codes of Brazil."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramal.contacts.identity import Alias, canonical, classify, display_phone, format_phone, parse_phone, variants

# Brazil's area codes (Anatel, Resolução 749/2022): not every pair of digits is one.
WRITTEN_AREA_CODES = """
11 12 13 14 15 16 17 18 19 21 22 24 27 28 31 32 33 34 35 37 38 41 42 43 44 45 46 47 48 49 51 53 54 55
61 62 63 64 65 66 67 68 69 71 73 74 75 77 79 81 82 83 84 85 86 87 88 89 91 92 93 94 95 96 97 98 99
"""
AREA_CODES = [int(code) for code in WRITTEN_AREA_CODES.split()]
area_codes = st.sampled_from(AREA_CODES)


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


old_mobiles = st.builds(lambda first, rest: f"{first}{rest}", st.sampled_from("6789"), digits(7))
landlines = st.builds(lambda first, rest: f"{first}{rest}", st.sampled_from("2345"), digits(7))
new_mobiles = st.builds(lambda first, rest: f"9{first}{rest}", st.sampled_from("12345"), digits(7))


@given(area_codes, old_mobiles)
def test_a_brazilian_mobile_is_one_person_with_and_without_its_ninth_digit(area: int, number: str) -> None:
    short, long = f"55{area}{number}", f"55{area}9{number}"
    assert variants("phone", short) == variants("phone", long) == (long, short)
    assert canonical("phone", f"+{short}") == canonical("phone", f"{long}@s.whatsapp.net") == long
    assert display_phone(short) == f"+{long}"


@given(area_codes, st.one_of(landlines, new_mobiles))
def test_landlines_and_mobiles_born_with_nine_digits_have_one_spelling(area: int, number: str) -> None:
    raw = f"55{area}{number}"
    assert variants("phone", raw) == (raw,)
    assert display_phone(raw) == f"+{raw}"


@given(st.from_regex(r"\+?[1-9][0-9]{6,14}", fullmatch=True))
def test_variants_are_a_class_of_equals(raw: str) -> None:
    found = variants("phone", raw)
    assert len(set(found)) == len(found)
    for spelling in found:
        assert variants("phone", spelling) == found
        assert canonical("phone", spelling) == found[0]


@given(st.sampled_from("123"), digits(9))
def test_an_argentine_mobile_is_one_person_with_and_without_its_nine(first: str, rest: str) -> None:
    number = first + rest
    assert variants("phone", f"54{number}") == variants("phone", f"549{number}") == (f"549{number}", f"54{number}")
    assert display_phone(f"54{number}") == f"+54{number}"


@given(st.sampled_from("23456789"), digits(9))
def test_a_mexican_mobile_is_one_person_with_and_without_its_one(first: str, rest: str) -> None:
    number = first + rest
    assert variants("phone", f"521{number}") == variants("phone", f"52{number}") == (f"52{number}", f"521{number}")
    assert display_phone(f"521{number}") == f"+52{number}"


# The eleven cases the rule was tried on when it was written down, and numbers that are nobody's.
@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("5511987654321", ("5511987654321", "551187654321")),
        ("551187654321", ("5511987654321", "551187654321")),
        ("551178654321", ("5511978654321", "551178654321")),
        ("554532782153", ("554532782153",)),
        ("5545932782153", ("5545932782153",)),
        ("5511912345678", ("5511912345678",)),
        ("551191234567", ("5511991234567", "551191234567")),
        ("5508001234567", ("5508001234567",)),
        ("14155550100", ("14155550100",)),
        ("351912345678", ("351912345678",)),
        ("5510987654321", ("5510987654321",)),
    ],
)
def test_known_numbers(raw: str, expected: tuple[str, ...]) -> None:
    assert variants("phone", raw) == expected


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        ("551187654321", "phone", "5511987654321"),
        ("+55 (11) 98765-4321", "phone", "5511987654321"),
        ("whatsapp:+5511987654321", "phone", "5511987654321"),
        ("551187654321@c.us", "phone", "5511987654321"),
        ("5511987654321:12@s.whatsapp.net", "phone", "5511987654321"),
        ("123456789012345@lid", "lid", "123456789012345"),
        ("120363025555555555@g.us", "group", "120363025555555555"),
        ("BR.9fK2a", "bsuid", "BR.9fK2a"),
        ("US.ENT.11815799212886844830", "parent_bsuid", "US.ENT.11815799212886844830"),
        ("BR." + "a" * 129, "other", "BR." + "a" * 129),
        ("br.9fK2a", "other", "br.9fK2a"),
        ("12345", "other", "12345"),
        ("1234567890123456", "other", "1234567890123456"),
        ("maria@example.com", "other", "maria@example.com"),
        ("", "other", ""),
    ],
)
def test_classify(raw: str, kind: str, value: str) -> None:
    assert classify(raw) == Alias(kind, value)


@given(st.text(max_size=40))
def test_no_inbound_id_is_ever_refused(raw: str) -> None:
    found = classify(raw)
    assert canonical(found.kind, found.value) == found.value
    assert found.value in variants(found.kind, found.value)


@given(st.from_regex(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}", fullmatch=True))
def test_a_business_scoped_id_is_never_shown_as_a_phone(raw: str) -> None:
    assert classify(raw).kind in ("bsuid", "parent_bsuid")
    assert display_phone(raw) is None


@given(st.from_regex(r"[0-9]{10,16}@lid", fullmatch=True))
def test_a_lid_is_never_shown_as_a_phone(raw: str) -> None:
    assert display_phone(raw) is None
    assert variants("lid", raw) == (raw.removesuffix("@lid"),)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("11 98765-4321", "+5511987654321"),
        ("(11) 8765-4321", "+5511987654321"),
        ("551187654321", "+5511987654321"),
        ("+55 11 8765 4321", "+5511987654321"),
        ("(45) 3278-2153", "+554532782153"),
        ("+1 415 555 2671", "+14155552671"),
        ("+351 912 345 678", "+351912345678"),
    ],
)
def test_typed_phones(typed: str, expected: str) -> None:
    assert parse_phone(typed) == expected


@pytest.mark.parametrize(
    "typed", ["", "maria", "123", "+", "11 98765-43210000", "00000000", "BR.abc", "1@lid", "+55 11"]
)
def test_what_is_typed_and_is_no_phone(typed: str) -> None:
    with pytest.raises(ValueError):
        parse_phone(typed)


@given(st.text(max_size=30))
def test_typed_text_gives_a_phone_or_a_value_error(typed: str) -> None:
    try:
        found = parse_phone(typed)
    except ValueError:
        return
    assert parse_phone(found) == found


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("+5511987654321", "+55 11 98765-4321"),
        ("+551131234567", "+55 11 3123-4567"),
        ("+351212345678", "+351212345678"),
        ("+55119876", "+55119876"),
        (None, ""),
    ],
)
def test_a_phone_is_written_as_people_read_it(phone: str | None, words: str) -> None:
    assert format_phone(phone) == words
