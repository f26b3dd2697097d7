"""Why a file was not taken."""

from __future__ import annotations

from ramal.errors import InvalidPayload


class FileRefused(InvalidPayload):
    """The file can't be taken; the message says why in a sentence."""

    def __init__(self, message: str) -> None:
        super().__init__(message, {"file": [message]})


class FileTooLarge(FileRefused):
    """More bytes than the limit."""

    status = 413
