"""What went wrong at the Graph API, and what that means for the queue.

The table is Meta's "Error codes" page read for one question: may this message be sent again?
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from ramal.api import AddressRefused, FailureClass, InvalidPayload, SendFailure, UpstreamError
from ramal.api import gettext as _

TRANSIENT = FailureClass.TRANSIENT
THROTTLE = FailureClass.THROTTLE
PAIR = FailureClass.PAIR
PERMANENT = FailureClass.PERMANENT
ACCOUNT = FailureClass.ACCOUNT
UNKNOWN = FailureClass.UNKNOWN

#: "Spam rate limit": the number is restricted for hours; asking each minute makes it worse.
SPAM_PAUSE_SECONDS = 3600.0

_CODES: Mapping[FailureClass, tuple[int, ...]] = {
    TRANSIENT: (1, 2, 131016, 131057, 133004),
    # "Something went wrong" is also the answer to messages that did go out.
    UNKNOWN: (131000,),
    THROTTLE: (4, 80007, 130429, 131048, 131064, 133016),
    PAIR: (131056,),
    ACCOUNT: (0, 3, 10, 190, 368, 130497, 131005, 131031, 131037, 131042, 131045, 133010),
}
_CLASS_BY_CODE = {code: kind for kind, codes in _CODES.items() for code in codes}
_SPAM = frozenset({131048, 131064})
#: The file could not be taken from where we put it: uploading it again may help, once.
MEDIA_CODES = frozenset({131052, 131053})


class GraphError(UpstreamError):
    """An error answer of the Graph API; its message is the provider's sentence.

    ``graph_code`` is None when the answer was not in the Graph API's shape; ``retry_after`` is in
    seconds; ``raw`` is the whole error object.
    """

    def __init__(
        self,
        http_status: int,
        graph_code: int | None,
        sentence: str,
        *,
        retry_after: float | None = None,
        raw: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.http_status = http_status
        self.graph_code = graph_code
        self.retry_after = retry_after
        self.raw = dict(raw or {})

    @classmethod
    def of(cls, response: httpx2.Response) -> GraphError:
        """Read an error answer; a page of a proxy in between has no code."""
        error = _error_object(response)
        data = error.get("error_data")
        details = data.get("details") if isinstance(data, dict) else None
        return cls(
            response.status_code,
            _integer(error.get("code")),
            str(details or error.get("message") or f"HTTP {response.status_code}"),
            retry_after=_seconds(response.headers.get("retry-after")),
            raw=error,
        )


class UploadError(Exception):
    """A file could not be uploaded: the message itself was never sent."""


class UnreadableAnswerError(UpstreamError):
    """The provider said yes without saying to what."""


def classify(error: Exception) -> SendFailure:
    """What an exception of a send means; in doubt UNKNOWN, so that nothing is sent twice."""
    if isinstance(error, UploadError):
        return _upload_failure(error)
    if isinstance(error, GraphError):
        return _graph_failure(error)
    if isinstance(error, InvalidPayload):
        return SendFailure(PERMANENT, error.message, code=error.code)
    if isinstance(error, AddressRefused | httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return SendFailure(ACCOUNT, str(error), code="ADDRESS_REFUSED")
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return SendFailure(TRANSIENT, _("WhatsApp could not be reached."), code="CONNECT")
    return SendFailure(
        UNKNOWN, _("WhatsApp's answer did not arrive; the message may have been sent."), code="NO_ANSWER"
    )


def _upload_failure(error: UploadError) -> SendFailure:
    cause = error.__cause__
    if isinstance(cause, FileNotFoundError):
        return SendFailure(PERMANENT, _("The file is no longer stored."), code="FILE_MISSING")
    inner = classify(cause) if isinstance(cause, Exception) else SendFailure(TRANSIENT, str(error))
    if inner.failure is not UNKNOWN:
        return inner
    return SendFailure(TRANSIENT, _("The file could not be uploaded to WhatsApp."), code=inner.code)


def _graph_failure(error: GraphError) -> SendFailure:
    retry_after = error.retry_after
    if error.graph_code in _SPAM:
        retry_after = retry_after or SPAM_PAUSE_SECONDS
    return SendFailure(
        _failure_class(error),
        error.message,
        code=None if error.graph_code is None else str(error.graph_code),
        retry_after=retry_after,
        payload={"status": error.http_status, "error": dict(error.raw)},
    )


def _failure_class(error: GraphError) -> FailureClass:
    if error.graph_code is None:
        return _class_without_code(error.http_status)
    if error.graph_code in _CLASS_BY_CODE:
        return _CLASS_BY_CODE[error.graph_code]
    if 200 <= error.graph_code <= 299:
        return ACCOUNT
    return TRANSIENT if error.http_status >= 500 else PERMANENT


def _class_without_code(status: int) -> FailureClass:
    """An answer that is not the Graph API's own: a proxy may have cut a send that went through."""
    if status == 429:
        return THROTTLE
    if status == 503:
        return TRANSIENT
    if status in {401, 403}:
        return ACCOUNT
    return UNKNOWN if status >= 500 else PERMANENT


def _error_object(response: httpx2.Response) -> dict[str, Any]:
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {}


def _integer(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _seconds(header: str | None) -> float | None:
    """``Retry-After`` in seconds; its date form is not used by the Graph API."""
    try:
        return max(0.0, min(float(header or ""), 86400.0))
    except ValueError:
        return None
