"""Whether a message can be reacted to, edited or deleted for everyone. The channel declares, we obey."""

from __future__ import annotations

from datetime import timedelta

from ramal.channels.types import MEDIA_KINDS, Capabilities
from ramal.database.base import utcnow
from ramal.i18n import gettext as _
from ramal.i18n import ngettext
from ramal.inbox.models import Message

#: A message without an id of the provider's that may still get one.
_ON_ITS_WAY = ("queued", "sending", "accepted")
_HOUR = 3600
_OURS_ONLY = ("edit", "revoke")


def refusal(kind: str, message: Message, able: Capabilities) -> str | None:
    """Why this change (``reaction``, ``edit``, ``revoke``) of a message is not possible now; None if it is."""
    if message.kind in ("note", "system"):
        return _("Only messages from or to the customer can be changed.")
    if message.revoked_at is not None:
        return _("This message was deleted.")
    reason = _incapable(kind, able) or _out_of_reach(message)
    return reason or (_not_ours(kind, message, able) if kind in _OURS_ONLY else None)


def _incapable(kind: str, able: Capabilities) -> str | None:
    if kind == "reaction":
        return None if able.reactions else _("This channel can't react to messages.")
    if kind == "edit":
        return None if able.edit else _("This channel can't edit messages.")
    return None if able.revoke else _("This channel can't delete messages for everyone.")


def _out_of_reach(message: Message) -> str | None:
    if message.status == "failed":
        return _("This message was not sent, so there is nothing to change.")
    if message.provider_id is not None or message.status in _ON_ITS_WAY:
        return None
    return _("It is not known whether this message arrived, so it can't be changed.")


def _not_ours(kind: str, message: Message, able: Capabilities) -> str | None:
    if message.direction != "out":
        return _("Only messages of our own can be edited or deleted.")
    if kind == "edit" and not _has_words(message):
        return _("Only texts and the captions of files can be edited.")
    limit = able.edit_seconds if kind == "edit" else able.revoke_seconds
    if limit is None or utcnow() <= message.sent_at + timedelta(seconds=limit):
        return None
    if kind == "edit":
        return _("Messages of this channel can be edited for %(time)s after they were sent.", time=_duration(limit))
    return _(
        "Messages of this channel can be deleted for everyone for %(time)s after they were sent.",
        time=_duration(limit),
    )


def _has_words(message: Message) -> bool:
    return message.kind == "text" or (message.kind in MEDIA_KINDS and bool(message.body))


def _duration(seconds: int) -> str:
    if seconds >= 2 * _HOUR:
        return ngettext("%(num)s hour", "%(num)s hours", round(seconds / _HOUR))
    return ngettext("%(num)s minute", "%(num)s minutes", max(1, round(seconds / 60)))
