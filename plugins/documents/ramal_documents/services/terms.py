"""Interest, fine, discounts: as JSON in our rows, as values in the library.

A charge's discounts end on a day; an account's, which every charge starts out with, some days before the due date.
Money and percentages are text in JSON, so that no float ever holds one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ramal_documents import dates
from ramal_documents.boleto import Discount, Fine, Interest

_DAYS = ("refuse_after", "protest_after", "report_after")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What else a boleto says about paying early or late; days count from the due date."""

    interest: Interest | None = None
    fine: Fine | None = None
    discounts: tuple[Discount, ...] = ()
    rebate: Decimal = Decimal(0)
    refuse_after: int | None = None
    protest_after: int | None = None
    report_after: int | None = None

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        found: dict[str, Any] = plain(
            {
                "interest": vars(self.interest) if self.interest else None,
                "fine": vars(self.fine) if self.fine else None,
                "discounts": [vars(discount) for discount in self.discounts],
                "rebate": self.rebate,
                **{name: getattr(self, name) for name in _DAYS},
            }
        )
        return found


def of_charge(stored: Mapping[str, Any]) -> Terms:
    """From a charge's JSON."""
    return Terms(
        interest=_interest(stored.get("interest")),
        fine=_fine(stored.get("fine")),
        discounts=tuple(
            Discount(
                until=_day(each["until"]), amount=_number(each.get("amount")), percent=_number(each.get("percent"))
            )
            for each in stored.get("discounts") or ()
        ),
        rebate=_number(stored.get("rebate")) or Decimal(0),
        **{name: stored.get(name) for name in _DAYS},
    )


def for_charge(given: Mapping[str, Any], defaults: Mapping[str, Any], due_date: date) -> Terms:
    """What was given, and the account's defaults where nothing was; a null says "none of it"."""
    chosen = {**_of_account(defaults, due_date), **given}
    return of_charge(
        {name: chosen[name] for name in ("interest", "fine", "discounts", "rebate", *_DAYS) if name in chosen}
    )


def plain(value: Any) -> Any:
    """JSON of nested values: decimals and dates as text, nulls inside a term left out."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(inner) for inner in value]
    if isinstance(value, (Decimal, date)):
        return str(value)
    return value


def _of_account(defaults: Mapping[str, Any], due_date: date) -> dict[str, Any]:
    discounts = [
        {**each, "until": dates.days_before(due_date, each.get("days_before") or 0)}
        for each in defaults.get("discounts") or ()
    ]
    return {**defaults, "discounts": discounts}


def _interest(value: Mapping[str, Any] | None) -> Interest | None:
    return Interest(monthly=_number(value.get("monthly")), daily=_number(value.get("daily"))) if value else None


def _fine(value: Mapping[str, Any] | None) -> Fine | None:
    return Fine(percent=_number(value.get("percent")), amount=_number(value.get("amount"))) if value else None


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)
