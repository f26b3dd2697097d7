"""One question for every error: may this message be sent again?"""

from __future__ import annotations

import json

import httpx2
import pytest

from ramal.api import AddressRefused, FailureClass, InvalidPayload, UpstreamError
from ramal_whatsapp_cloud.errors import GraphError, UnreadableAnswerError, UploadError, classify

TABLE = {
    FailureClass.TRANSIENT: (1, 2, 131016, 131057, 133004),
    FailureClass.UNKNOWN: (131000,),
    FailureClass.THROTTLE: (4, 80007, 130429, 133016, 131048, 131064),
    FailureClass.PAIR: (131056,),
    FailureClass.PERMANENT: (
        *(131049, 130472, 131050, 131047, 131026, 131021, 131030, 131051, 131062, 131052, 131053),
        *(100, 131008, 131009, 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132068, 132069),
    ),
    FailureClass.ACCOUNT: (*(0, 3, 10, 190, 200, 299, 131005, 368, 131031, 130497, 131042, 131045, 131037, 133010),),
}


def response(status: int, error: object = None, headers: dict[str, str] | None = None) -> httpx2.Response:
    content = b"<html>Bad gateway</html>" if error is None else json.dumps({"error": error}).encode()
    return httpx2.Response(status, content=content, headers=headers)


def graph_error(code: int, status: int = 400) -> GraphError:
    error = {"code": code, "message": f"(#{code}) Words", "error_data": {"details": "More words"}}
    return GraphError.of(response(status, error))


@pytest.mark.parametrize(("expected", "code"), [(kind, code) for kind, codes in TABLE.items() for code in codes])
def test_every_code_has_its_class(expected: FailureClass, code: int) -> None:
    failure = classify(graph_error(code))
    assert failure.failure is expected
    assert (failure.code, failure.message) == (str(code), "More words")


def test_an_unknown_code_follows_the_http_status() -> None:
    assert classify(graph_error(999999, 400)).failure is FailureClass.PERMANENT
    assert classify(graph_error(999999, 500)).failure is FailureClass.TRANSIENT


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, FailureClass.PERMANENT),
        (401, FailureClass.ACCOUNT),
        (403, FailureClass.ACCOUNT),
        (429, FailureClass.THROTTLE),
        (500, FailureClass.UNKNOWN),
        (502, FailureClass.UNKNOWN),
        (503, FailureClass.TRANSIENT),
        (504, FailureClass.UNKNOWN),
    ],
)
def test_an_answer_of_a_proxy(status: int, expected: FailureClass) -> None:
    failure = classify(GraphError.of(response(status)))
    assert (failure.failure, failure.code) == (expected, None)


@pytest.mark.parametrize("error", ["text", [], {"code": "x"}, {"error_data": "x"}, {"code": None}])
def test_a_strange_error_object_is_read(error: object) -> None:
    assert classify(GraphError.of(response(400, error))).failure is FailureClass.PERMANENT


def test_waiting_times() -> None:
    assert classify(GraphError.of(response(429, {"code": 4}, {"Retry-After": "7"}))).retry_after == 7
    assert classify(GraphError.of(response(429, {"code": 4}, {"Retry-After": "soon"}))).retry_after is None
    assert classify(graph_error(131048)).retry_after == 3600


@pytest.mark.parametrize("error", [httpx2.ConnectError("x"), httpx2.ConnectTimeout("x"), httpx2.PoolTimeout("x")])
def test_what_never_left_may_be_tried_again(error: Exception) -> None:
    assert classify(error).failure is FailureClass.TRANSIENT


@pytest.mark.parametrize(
    "error",
    [
        httpx2.ReadTimeout("x"),
        httpx2.WriteTimeout("x"),
        httpx2.ReadError("x"),
        httpx2.WriteError("x"),
        httpx2.RemoteProtocolError("x"),
        UnreadableAnswerError("x"),
        RuntimeError("x"),
        UpstreamError("The answer is too large."),
    ],
)
def test_what_may_have_left_is_unknown(error: Exception) -> None:
    assert classify(error).failure is FailureClass.UNKNOWN


def test_what_we_refused_ourselves() -> None:
    assert classify(InvalidPayload("Too long.")).failure is FailureClass.PERMANENT
    assert classify(AddressRefused("Private address.")).failure is FailureClass.ACCOUNT
    assert classify(httpx2.InvalidURL("x")).failure is FailureClass.ACCOUNT


def upload_error(cause: Exception) -> UploadError:
    error = UploadError("x")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (httpx2.ReadTimeout("x"), FailureClass.TRANSIENT),
        (graph_error(131000), FailureClass.TRANSIENT),
        (graph_error(190), FailureClass.ACCOUNT),
        (graph_error(131053), FailureClass.PERMANENT),
        (FileNotFoundError("x"), FailureClass.PERMANENT),
        (PermissionError("x"), FailureClass.TRANSIENT),
    ],
)
def test_a_failed_upload_sent_nothing(cause: Exception, expected: FailureClass) -> None:
    assert classify(upload_error(cause)).failure is expected
