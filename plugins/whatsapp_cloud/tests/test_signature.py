"""Only the provider, or who holds one of the app's secrets, gets a webhook in."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from ramal.api import SignatureInvalid, SignatureMissing
from ramal_whatsapp_cloud.signature import answer_handshake, verify_signature

from .helpers import request

BODY = '{"texto":"café ☕ — ação"}'.encode()


def header(secret: str, body: bytes = BODY) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}"}


def test_any_of_several_secrets_is_enough() -> None:
    verify_signature(request(BODY, header("new")), ["old", "new"])
    verify_signature(request(BODY, header("old")), ["old", "new"])


def test_a_missing_signature_is_told_from_a_wrong_one() -> None:
    with pytest.raises(SignatureMissing):
        verify_signature(request(BODY), ["secret"])
    with pytest.raises(SignatureInvalid):
        verify_signature(request(BODY, header("other")), ["secret"])


@pytest.mark.parametrize("value", ["sha256=", "sha1=abc", "nonsense", "sha256=é", "SHA256=00"])
def test_nonsense_is_invalid(value: str) -> None:
    with pytest.raises(SignatureInvalid):
        verify_signature(request(BODY, {"x-hub-signature-256": value}), ["secret"])


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(SignatureInvalid):
        verify_signature(request(BODY, header("")), ["", ""])
    with pytest.raises(SignatureInvalid):
        verify_signature(request(BODY, header("")), [])


def test_the_bytes_count_not_the_json() -> None:
    with pytest.raises(SignatureInvalid):
        verify_signature(request(BODY + b"\n", header("secret")), ["secret"])


def test_the_handshake_echoes_the_challenge() -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "token", "hub.challenge": "1158201444"}
    answer = answer_handshake(request(query=query), "token")
    assert (answer.status, answer.body) == (200, "1158201444")
    assert answer.content_type.startswith("text/plain")


@pytest.mark.parametrize(
    ("mode", "given", "ours"),
    [("subscribe", "guess", "token"), ("unsubscribe", "token", "token"), ("subscribe", "", "")],
)
def test_the_handshake_refuses_everyone_else(mode: str, given: str, ours: str) -> None:
    query = {"hub.mode": mode, "hub.verify_token": given, "hub.challenge": "1"}
    answer = answer_handshake(request(query=query), ours)
    assert (answer.status, answer.body) == (403, "Forbidden")
