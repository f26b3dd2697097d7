"""Dates as Brazilian documents write them, without the machine's locale; the day it is in Brasília."""

from __future__ import annotations

from calendar import monthrange
from datetime import MAXYEAR, date, datetime, timedelta, timezone
from functools import lru_cache

from ramal_documents.errors import DocumentsError
from ramal_documents.spelling import number_words
from ramal_documents.words import gettext as _

MONTHS = (
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
)

# Banking days follow Brasília, which has had no summer time since 2019.
_BRASILIA = timezone(timedelta(hours=-3))


def today() -> date:
    """The date in Brasília."""
    return datetime.now(_BRASILIA).date()


def short(day: date) -> str:
    """`22/11/2026`."""
    return f"{day:%d/%m/}{day.year:04d}"


def long(day: date, city: str = "") -> str:
    """`22 de novembro de 2026`, or with the city before it; the first of a month is `1º`."""
    number = "1º" if day.day == 1 else str(day.day)
    written = f"{number} de {MONTHS[day.month - 1]} de {day.year}"
    return f"{city}, {written}" if city else written


def in_words(day: date) -> str:
    """`vinte e dois de novembro de dois mil e vinte e seis`."""
    number = "primeiro" if day.day == 1 else number_words(day.day)
    return f"{number} de {MONTHS[day.month - 1]} de {number_words(day.year)}"


def monthly(first: date, count: int) -> tuple[date, ...]:
    """`count` due dates a month apart; a 31st becomes the last day of a shorter month, and comes back after it.

    `DocumentsError` where they run past the year 9999.
    """
    if first.year + (first.month - 1 + count) // 12 >= MAXYEAR:
        raise DocumentsError("due_date", _("The last of these days is too far ahead."))
    months = [divmod(first.month - 1 + step, 12) for step in range(count)]
    return tuple(
        date(first.year + years, month + 1, min(first.day, monthrange(first.year + years, month + 1)[1]))
        for years, month in months
    )


def days_before(day: date, days: int) -> date:
    """So many days earlier, or the first day there is."""
    return date.fromordinal(max(1, day.toordinal() - days))


def banking_day(day: date) -> date:
    """The day itself, or the next one on which banks pay: what falls due on another may be paid then, at no cost.

    Weekends and the national holidays of FEBRABAN's calendar; a city's own holidays are not known here.
    """
    while day.weekday() >= _SATURDAY or (day.month, day.day) in _HOLIDAYS or day in _moving_holidays(day.year):
        day += timedelta(days=1)
    return day


_SATURDAY = 5
# (month, day); the 20th of November since 2024 (Lei 14.759/2023).
_HOLIDAYS = {(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (11, 20), (12, 25)}
# Days from Easter: Carnival's Monday and Tuesday, Good Friday, Corpus Christi.
_FROM_EASTER = (-48, -47, -2, 60)


@lru_cache(maxsize=16)
def _moving_holidays(year: int) -> frozenset[date]:
    return frozenset(_easter(year) + timedelta(days=days) for days in _FROM_EASTER)


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher)."""
    golden, (century, of_century) = year % 19, divmod(year, 100)
    skipped, rest = divmod(century, 4)
    moon_step = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - skipped - moon_step + 15) % 30
    weekday = (32 + 2 * rest + 2 * (of_century // 4) - epact - of_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
