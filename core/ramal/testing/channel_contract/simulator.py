"""What the suite needs of a channel's simulator."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from ramal.channels.types import FailureClass, Status

#: One thing a provider reports, in whatever shape the simulator likes.
Item = Any


@dataclass(frozen=True, slots=True)
class SeenChange:
    """A reaction, edit or revocation as it reached the provider.

    ``target`` is the provider's id of the message it was about. ``words``: the emoji (None: taken back), or the
    new text; None for a revocation.
    """

    kind: Literal["reaction", "edit", "revoke"]
    target: str
    words: str | None = None


class ChannelSimulator:
    """One account at the provider. Each connected channel of the suite has one of its own.

    Override what your provider has. A method that answers None says "there is no such thing
    here", and the suite leaves out what needs it. ``person`` is one of a few short names;
    make whatever address you like of it. Times are UTC, whole seconds.
    """

    #: The channel's kind.
    kind: ClassVar[str]

    def settings(self) -> Mapping[str, Any]:
        """Settings that connect this account; different for each simulator."""
        raise NotImplementedError

    def connected(self, channel_id: uuid.UUID) -> None:
        """The account's channel is connected now: for providers that know it by an id of ours."""

    # --- deliveries -----------------------------------------------------------------------------

    def delivery(self, items: Sequence[Item]) -> bytes:
        """The body of one delivery that carries these items in this order."""
        raise NotImplementedError

    def headers(self, body: bytes) -> Mapping[str, str] | None:
        """The headers that sign a body (lower case); None for a channel that has no webhook."""
        return None

    def message(self, id: str, text: str, *, person: str, at: datetime, reply_to: str | None = None) -> Item:
        """A text from a person; ``id`` is the provider's id of it."""
        raise NotImplementedError

    def media(self, id: str, file: str, *, person: str, at: datetime) -> Item | None:
        """A message with a file; :meth:`put_file` decides what its download gives."""
        return None

    def put_file(self, file: str, content: bytes | None) -> None:
        """From now on the file has this content; None: its download fails."""

    def unknown(self, id: str, *, person: str, at: datetime) -> Item | None:
        """A message of a kind the channel has never heard of."""
        return None

    def status(self, provider_id: str, status: Status, *, at: datetime) -> Item | None:
        """A tick for a message of ours."""
        return None

    def echo(self, id: str, text: str, *, person: str, at: datetime) -> Item | None:
        """A message of ours, typed elsewhere."""
        return None

    def edit(self, key: str, target: str, text: str, *, person: str, at: datetime) -> Item | None:
        """A person changed a message."""
        return None

    def reaction(self, key: str, target: str, emoji: str | None, *, person: str, at: datetime) -> Item | None:
        """A person's emoji on a message, or None to take it back."""
        return None

    def revoke(self, key: str, target: str, *, person: str, at: datetime) -> Item | None:
        """A person deleted a message."""
        return None

    # --- sending --------------------------------------------------------------------------------

    def sent(self) -> Sequence[tuple[str, str | None]]:
        """(provider id, text) of every message the provider accepted, oldest first."""
        raise NotImplementedError

    def fail_next(self, failure: FailureClass) -> bool:
        """Make the next send fail so that the channel reports this; False if that can't be arranged.

        For UNKNOWN the provider accepts the message, and the answer is lost.
        """
        return False

    def changes(self) -> Sequence[SeenChange] | None:
        """Every reaction, edit and revocation of ours that the provider carried out, oldest first."""
        return None

    def fail_next_change(self, failure: FailureClass) -> bool:
        """Like :meth:`fail_next`, for the next reaction, edit or revocation."""
        return False

    def close(self) -> None:
        """The suite is done with this account."""
