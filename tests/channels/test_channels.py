"""Connecting, changing, testing and disconnecting channels; what is shown, and to whom."""

import threading
import time
import uuid

import pytest
from structlog.testing import capture_logs

from ramal.channels.context import context_for
from ramal.channels.models import ConnectedChannel
from ramal.channels.types import ChannelStatus
from ramal.database.session import db
from ramal.errors import NotFound
from ramal.testing import channels as echo

BODY = {"kind": "echo", "name": "Vendas", "settings": {"secret": "s3cret", "provider": "p", "account": "A1"}}


@pytest.fixture
def caller(api, admin):
    return api(admin)


@pytest.fixture
def channel(caller):
    answer = caller.post("/channels", BODY)
    assert answer.status_code == 201, answer.json
    return answer.json


def stored(channel) -> ConnectedChannel:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(ConnectedChannel, uuid.UUID(channel["id"]))


def test_connecting_gives_the_address_to_register_and_keeps_the_secret_to_itself(caller, channel):
    assert channel["webhook_url"] == f"http://localhost/webhooks/echo/{channel['id']}"
    assert channel["shared_webhook_url"] == "http://localhost/webhooks/echo"
    assert channel["status"] == "ready"
    assert channel["settings"] == {"provider": "p", "account": "A1", "rate": None}
    assert channel["secrets"] == {"secret": True}
    assert "s3cret" not in caller.get(f"/channels/{channel['id']}").text
    row = stored(channel)
    assert "s3cret" not in row.secrets
    assert context_for(row).settings["secret"] == "s3cret"
    audit = caller.get("/audit").text
    assert "channel.connected" in audit
    assert "s3cret" not in audit


def test_a_channel_whose_app_is_switched_off_says_so(caller, channel):
    assert channel["plugin_enabled"] is True
    assert caller.post(f"/plugins/{channel['plugin']}/disable").status_code == 200
    assert caller.get(f"/channels/{channel['id']}").json["plugin_enabled"] is False


def test_what_does_not_fit_is_named_by_field(caller):
    answer = caller.post("/channels", {**BODY, "settings": {"rate": "fast"}})
    assert answer.status_code == 422
    assert {"secret", "rate"} <= {key.rsplit(".", 1)[-1] for key in answer.json["error"]["details"]}
    assert caller.post("/channels", {**BODY, "kind": "pigeon"}).status_code == 422


def test_one_account_is_connected_once(caller, channel):
    assert caller.post("/channels", BODY).status_code == 409


def test_changing_keeps_the_secret_and_ends_the_need_for_attention(caller, channel):
    row = stored(channel)
    row.status, row.status_detail = "needs_attention", "the token expired"
    db.session.commit()
    changes = {"name": "Suporte", "reopen_policy": "hours", "reopen_hours": 4, "settings": {"provider": "q"}}
    answer = caller.patch(f"/channels/{channel['id']}", changes)

    assert answer.status_code == 200
    shown = answer.json
    assert (shown["name"], shown["reopen_policy"], shown["status"]) == ("Suporte", "hours", "ready")
    settings = context_for(stored(channel)).settings
    assert (settings["secret"], settings["provider"], settings["account"]) == ("s3cret", "q", "A1")


def test_disconnecting_ends_it_and_frees_the_account(caller, channel):
    assert caller.delete(f"/channels/{channel['id']}").status_code == 204
    assert caller.get(f"/channels/{channel['id']}").status_code == 404
    assert caller.get("/channels").json["items"] == []
    assert stored(channel).secrets is None
    assert caller.post("/channels", BODY).status_code == 201


def test_the_provider_is_told_once_it_is_over(caller, channel, monkeypatch):
    heard = []

    def disconnect(_self, context):
        # By then it is durable; the secrets that are gone from the row are still at hand.
        heard.append((stored(channel).deleted_at is not None, context.settings["secret"]))

    monkeypatch.setattr(echo.EchoChannel, "disconnect", disconnect)
    assert caller.delete(f"/channels/{channel['id']}").status_code == 204
    assert heard == [(True, "s3cret")]


@pytest.mark.parametrize("error", [RuntimeError("no answer"), NotFound("gone"), ValueError()])
def test_a_provider_that_fails_holds_nothing_up(caller, channel, monkeypatch, error):
    def disconnect(_self, _context):
        raise error

    monkeypatch.setattr(echo.EchoChannel, "disconnect", disconnect)
    with capture_logs() as lines:
        assert caller.delete(f"/channels/{channel['id']}").status_code == 204
    assert stored(channel).deleted_at is not None
    (line,) = [line for line in lines if line["event"] == "channel.not_disconnected"]
    assert (line["channel"], line["log_level"]) == (channel["id"], "warning")


def test_a_provider_that_hangs_is_not_waited_for_long(caller, channel, monkeypatch):
    monkeypatch.setattr("ramal.channels.services._PARTING", 0.2)
    monkeypatch.setattr(echo.EchoChannel, "disconnect", lambda _self, _context: threading.Event().wait(30))
    begun = time.monotonic()
    assert caller.delete(f"/channels/{channel['id']}").status_code == 204
    assert time.monotonic() - begun < 10
    assert stored(channel).deleted_at is not None


@pytest.mark.parametrize("lost", [{"secrets": "unreadable"}, {"kind": "gone"}, {"plugin": "gone"}])
def test_a_channel_whose_plugin_or_key_is_gone_can_be_disconnected(caller, channel, lost):
    row = stored(channel)
    for name, value in lost.items():
        setattr(row, name, value)
    db.session.commit()
    echo.provider("p").disconnected = False
    assert caller.delete(f"/channels/{channel['id']}").status_code == 204
    assert stored(channel).deleted_at is not None
    assert not echo.provider("p").disconnected


def test_testing_tells_what_the_provider_says(caller, channel, monkeypatch):
    echo.provider("p").state = ChannelStatus("ready", "Padaria, quality green")
    assert caller.post(f"/channels/{channel['id']}/test").json == {"state": "ready", "detail": "Padaria, quality green"}

    def broken(_self, _context):
        raise echo.ScriptedFailure(echo.FailureClass.ACCOUNT, "the token expired")

    monkeypatch.setattr(echo.EchoChannel, "connect", broken)
    answer = caller.post(f"/channels/{channel['id']}/test")
    assert answer.json == {"state": "failed", "detail": "the token expired"}


def test_is_it_receiving(caller, channel, app):
    from ramal.pipeline.inbound import drain_once

    assert caller.get(f"/channels/{channel['id']}").json["last_delivery_at"] is None
    notice = {"type": "notice", "key": "n1", "title": "quality fell"}
    for body in (echo.delivery(notice), b"{"):
        headers = {"X-Echo-Signature": echo.sign(body, "s3cret")}
        assert app.test_client().post(channel["webhook_url"], data=body, headers=headers).status_code == 200
    drain_once()

    shown = caller.get(f"/channels/{channel['id']}").json
    assert shown["last_delivery_at"] is not None
    assert shown["last_error"] == "This is not a delivery of the echo channel."
    assert [line["title"] for line in caller.get(f"/channels/{channel['id']}/notices").json["items"]] == [
        "quality fell"
    ]


def test_the_kinds_say_what_they_need(caller):
    kinds = {kind["kind"]: kind for kind in caller.get("/channel-kinds").json["items"]}
    fields = {field["name"]: field for field in kinds["echo"]["fields"]}
    assert (fields["secret"]["kind"], fields["secret"]["required"]) == ("secret", True)
    assert fields["account"]["label"] == "Account"


def test_only_those_who_may(api, agent, channel, other_organization):
    path = f"/channels/{channel['id']}"
    assert api(agent).get(path).status_code == 200
    assert api(agent).post("/channels", BODY).status_code == 403
    assert api(agent).delete(path).status_code == 403
    stranger = api(other_organization.admin)
    for answer in (
        stranger.get(path),
        stranger.patch(path, {"name": "x"}),
        stranger.delete(path),
        stranger.post(f"{path}/test"),
        stranger.get(f"{path}/notices"),
    ):
        assert answer.status_code == 404
