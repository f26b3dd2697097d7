"""What went wrong at the provider of a session, and what that means for the queue.

Every error leaves a driver as a :class:`ProviderError`: a sentence for people, a code for programs,
and the class that decides what becomes of the message that was being sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from ramal.api import AddressRefused, FailureClass, InvalidPayload, SendFailure, UpstreamError
from ramal.api import gettext as _


class ProviderError(UpstreamError):
    """The provider refused, or could not be asked.

    ``failure`` says what that means for a send; ``retry_after`` is in seconds; ``status`` is the
    HTTP status, where there was an answer; ``raw`` is the provider's own words.
    """

    def __init__(
        self,
        sentence: str,
        code: str,
        failure: FailureClass,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        raw: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.provider_code = code
        self.failure = failure
        self.http_status = status
        self.retry_after = retry_after
        self.raw = dict(raw or {})


class UnreachableError(ProviderError):
    """No connection came about: nothing was handed over."""


class NoAnswerError(ProviderError):
    """The request went out and no answer came: it may have been carried out."""


class UnreadableAnswerError(NoAnswerError):
    """The answer makes no sense: no JSON, nested too deeply, far too large, or nothing that was asked for."""


class HtmlAnswerError(ProviderError):
    """A web page where the provider's own answer belongs: another server, or a proxy, answered."""


class RedirectedError(ProviderError):
    """The address leads on to another one, which nobody entered: our key and the message stay here."""


class RefusedKeyError(ProviderError):
    """The provider does not accept our key."""


class SessionMissingError(ProviderError):
    """The provider knows no such session."""


class SessionNotReadyError(ProviderError):
    """The session is there, but not connected to WhatsApp."""


class UnsupportedError(ProviderError):
    """This driver, or this server, can't do that."""


def classify(error: Exception) -> SendFailure:
    """What an exception of a send means; in doubt UNKNOWN, so that nothing is sent twice."""
    if isinstance(error, ProviderError):
        return SendFailure(
            error.failure,
            error.message,
            code=error.provider_code,
            retry_after=error.retry_after,
            payload={"status": error.http_status, "error": error.raw} if error.raw else {},
        )
    if isinstance(error, InvalidPayload):
        return SendFailure(FailureClass.PERMANENT, error.message, code=error.code)
    if isinstance(error, FileNotFoundError):
        return SendFailure(FailureClass.PERMANENT, _("The file is no longer stored."), code="FILE_MISSING")
    if isinstance(error, AddressRefused | httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return SendFailure(FailureClass.ACCOUNT, str(error), code="ADDRESS_REFUSED")
    sentence = _("The provider's answer did not arrive; the message may have been sent.")
    return SendFailure(FailureClass.UNKNOWN, sentence, code="NO_ANSWER")
