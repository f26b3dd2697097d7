"""A line chart as plain numbers, for a template to draw as SVG: hours across, time taken upwards, by powers of ten."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.numbers import format_decimal

from ramal.api import current_locale
from ramal.api import gettext as _
from ramal_whatsapp_web.services.latency import Spread

WIDTH, HEIGHT = 720, 260
#: Room for the axes.
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 14, 30
_SECOND, _MINUTE, _HOUR = 1000.0, 60_000.0, 3_600_000.0


@dataclass(frozen=True, slots=True)
class Line:
    """A percentile: ``path`` is an SVG polyline's points; ``dots`` are (x, y)."""

    name: str
    points: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines and the axes' marks: (place, words)."""

    lines: tuple[Line, ...]
    times: tuple[tuple[float, datetime], ...]
    levels: tuple[tuple[float, str], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def drawn(hours: Sequence[tuple[datetime, Spread]], begin: datetime, end: datetime) -> Chart | None:
    """The chart; None where nothing took this step."""
    values = [value for _hour, spread in hours for value in (spread.p50, spread.p99) if value is not None]
    if not values:
        return None
    low = math.floor(math.log10(max(10.0, min(values))))
    high = max(low + 1, math.ceil(math.log10(max(10.0, *values))))
    levels = tuple((_up(10.0**power, low, high), took(10.0**power)) for power in range(low, high + 1))
    lines = tuple(_line(name, hours, begin, end, low, high) for name in ("p50", "p95", "p99"))
    return Chart(lines, tuple((_across(at, begin, end), at) for at in _marks(begin, end)), levels)


def decimal(value: float) -> str:
    """A number as the reader writes it, one decimal at most."""
    return format_decimal(value, "#,##0.#", locale=current_locale())


def took(milliseconds: float | None) -> str:
    """How long, in words: ``850 ms``, ``2.4 s``, ``3 min``, ``2 h``."""
    if milliseconds is None:
        return "–"
    if milliseconds < _SECOND:
        return _("%(count)s ms", count=f"{milliseconds:.0f}")
    if milliseconds < _MINUTE:
        return _("%(count)s s", count=_short(milliseconds / _SECOND))
    if milliseconds < _HOUR:
        return _("%(count)s min", count=_short(milliseconds / _MINUTE))
    return _("%(count)s h", count=_short(milliseconds / _HOUR))


def _short(value: float) -> str:
    return decimal(round(value, 1) if value < 10 else round(value))


def _line(
    name: str, hours: Sequence[tuple[datetime, Spread]], begin: datetime, end: datetime, low: int, high: int
) -> Line:
    half = timedelta(minutes=30)
    dots = tuple(
        (_across(hour + half, begin, end), _up(value, low, high))
        for hour, spread in hours
        if (value := getattr(spread, name)) is not None
    )
    return Line(name, " ".join(f"{x},{y}" for x, y in dots), dots)


def _across(at: datetime, begin: datetime, end: datetime) -> float:
    share = min(1.0, (at - begin) / (end - begin))
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _up(milliseconds: float, low: int, high: int) -> float:
    share = (math.log10(max(milliseconds, 10.0**low)) - low) / (high - low)
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def _marks(begin: datetime, end: datetime) -> list[datetime]:
    """About six full hours."""
    step = timedelta(hours=max(1, round((end - begin) / timedelta(hours=1) / 6)))
    found = [begin]
    while found[-1] + step < end:
        found.append(found[-1] + step)
    return found
