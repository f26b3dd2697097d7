"""What types and states are called."""

from __future__ import annotations

from ramal.api import gettext as _

_HOUR = 60


def type_title(type_: str) -> str:
    """A type of activity."""
    return {
        "task": _("Task"),
        "call": _("Call"),
        "meeting": _("Meeting"),
        "message": _("Message"),
        "email": _("E-mail"),
        "visit": _("Visit"),
    }[type_]


def reminder_title(minutes: int) -> str:
    """How long before it is due."""
    if minutes < _HOUR:
        return _("%(minutes)s minutes before", minutes=minutes) if minutes else _("When it is due")
    return _("An hour before") if minutes == _HOUR else _("The day before")


def lead_title(state: str) -> str:
    """A lead's state."""
    return {"open": _("Undecided"), "qualified": _("Qualified"), "discarded": _("Discarded")}[state]


def state_titles() -> dict[str, str]:
    """A deal's states."""
    return {"open": _("In progress"), "won": _("Won"), "lost": _("Lost")}
