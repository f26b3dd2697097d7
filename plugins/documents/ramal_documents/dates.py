"""Dates as Brazilian documents write them, without the machine's locale; the day it is in Brasília."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta, timezone

from ramal_documents.spelling import number_words

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
    """`count` due dates a month apart; a 31st becomes the last day of a shorter month, and comes back after it."""
    months = [divmod(first.month - 1 + step, 12) for step in range(count)]
    return tuple(
        date(first.year + years, month + 1, min(first.day, monthrange(first.year + years, month + 1)[1]))
        for years, month in months
    )
