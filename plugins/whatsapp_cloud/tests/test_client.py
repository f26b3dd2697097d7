"""The channel against the simulator, over HTTP."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from ramal.api import (
    ChannelContext,
    FailureClass,
    HttpClient,
    MediaRef,
    Outbound,
    OutboundFile,
    Status,
    UpstreamError,
)
from ramal_whatsapp_cloud.channel import WhatsAppCloudChannel
from ramal_whatsapp_cloud.errors import GraphError, UnreadableAnswerError
from ramal_whatsapp_cloud.testing import GraphSimulator

from .helpers import CUSTOMER, context, outbound, reaction

channel = WhatsAppCloudChannel()
PICTURE = b"\xff\xd8\xff\xe0 a picture, said its author"


@pytest.fixture
def picture(tmp_path: Path) -> OutboundFile:
    path = tmp_path / "foto.jpg"
    path.write_bytes(PICTURE)
    digest = hashlib.sha256(PICTURE).hexdigest()
    return OutboundFile("foto.jpg", "image/jpeg", len(PICTURE), digest, str(path))


def failing(outgoing: Outbound, where: ChannelContext) -> Any:
    with pytest.raises(Exception) as raised:
        channel.send(outgoing, where)
    return channel.classify(raised.value)


def test_a_text_is_accepted_once_with_our_reference(
    graph_simulator: GraphSimulator, channel_context: ChannelContext
) -> None:
    result = channel.send(outbound(), channel_context)
    (row,) = graph_simulator.ledger()
    assert (result.provider_id, result.status) == (row["wamid"], Status.ACCEPTED)
    assert (row["to"], row["client_ref"]) == (CUSTOMER, outbound().client_ref)
    assert row["body"]["text"]["body"] == "Bom dia!"


def test_a_reaction_is_put_on_a_message_and_taken_back(
    graph_simulator: GraphSimulator, channel_context: ChannelContext
) -> None:
    target = graph_simulator.customer_writes(wa_id=CUSTOMER)
    channel.send_change(reaction(target, "👍"), channel_context)
    channel.send_change(reaction(target, None), channel_context)
    seen = [row["body"]["reaction"] for row in graph_simulator.ledger()]
    assert seen == [{"message_id": target, "emoji": "👍"}, {"message_id": target, "emoji": ""}]


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        ({"kind": "error", "code": 131026}, FailureClass.PERMANENT),
        ({"kind": "error", "code": 131056}, FailureClass.PAIR),
        ({"kind": "drop_after_accept"}, FailureClass.UNKNOWN),
    ],
)
def test_a_reaction_that_fails_is_classified(
    graph_simulator: GraphSimulator, channel_context: ChannelContext, failure: dict[str, Any], expected: FailureClass
) -> None:
    target = graph_simulator.customer_writes(wa_id=CUSTOMER)
    graph_simulator.configure(failures=[failure])
    with pytest.raises(Exception) as raised:
        channel.send_change(reaction(target), channel_context)
    assert channel.classify(raised.value).failure is expected


def test_a_reaction_to_a_message_that_nobody_wrote_is_refused(
    graph_simulator: GraphSimulator, channel_context: ChannelContext
) -> None:
    with pytest.raises(GraphError) as raised:
        channel.send_change(reaction("wamid.nobody"), channel_context)
    assert channel.classify(raised.value).failure is FailureClass.PERMANENT
    assert graph_simulator.ledger() == []


def test_the_provider_says_how_it_spells_the_number(
    graph_simulator: GraphSimulator, channel_context: ChannelContext
) -> None:
    graph_simulator.customer_writes(wa_id="551190000002")
    result = channel.send(outbound(address="5511990000002"), channel_context)
    assert result.address == "551190000002"
    assert [alias.value for alias in result.aliases] == ["551190000002"]


def test_a_person_without_a_phone_gets_it_too(graph_simulator: GraphSimulator, channel_context: ChannelContext) -> None:
    result = channel.send(outbound(address="BR.10000000000000000014"), channel_context)
    assert result.address == "BR.10000000000000000014"
    assert [alias.kind for alias in result.aliases] == ["bsuid"]


def test_a_picture_is_uploaded_first(
    graph_simulator: GraphSimulator, channel_context: ChannelContext, picture: OutboundFile
) -> None:
    channel.send(outbound(kind="image", body="Olha", files=(picture,)), channel_context)
    (row,) = graph_simulator.ledger()
    stored = graph_simulator.world.file(row["body"]["image"]["id"])
    assert stored is not None
    assert (stored.content, stored.mime_type) == (PICTURE, "image/jpeg")


def test_a_file_that_the_provider_lost_is_uploaded_once_more(
    graph_simulator: GraphSimulator, channel_context: ChannelContext, picture: OutboundFile
) -> None:
    message = outbound(kind="image", body=None, files=(picture,))
    graph_simulator.configure(failures=[{"kind": "error", "code": 131053, "count": 1}])
    channel.send(message, channel_context)
    assert len(graph_simulator.ledger()) == 1
    graph_simulator.configure(failures=[{"kind": "error", "code": 131053, "count": 2}])
    assert failing(message, channel_context).failure is FailureClass.PERMANENT
    assert len(graph_simulator.ledger()) == 1


def test_a_failed_upload_is_tried_again_later(
    graph_simulator: GraphSimulator, channel_context: ChannelContext, picture: OutboundFile
) -> None:
    message = outbound(kind="image", body=None, files=(picture,))
    graph_simulator.configure(failures=[{"kind": "drop_before_accept", "on": "media"}])
    assert failing(message, channel_context).failure is FailureClass.TRANSIENT
    gone = OutboundFile("foto.jpg", "image/jpeg", 5, "", "/nowhere/foto.jpg")
    lost = outbound(kind="image", body=None, files=(gone,))
    assert failing(lost, channel_context).code == "FILE_MISSING"
    assert graph_simulator.ledger() == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (131000, FailureClass.UNKNOWN),
        (130429, FailureClass.THROTTLE),
        (131056, FailureClass.PAIR),
        (131026, FailureClass.PERMANENT),
        (190, FailureClass.ACCOUNT),
        (2, FailureClass.TRANSIENT),
    ],
)
def test_a_refusal_is_classified(
    graph_simulator: GraphSimulator, channel_context: ChannelContext, code: int, expected: FailureClass
) -> None:
    graph_simulator.configure(failures=[{"kind": "error", "code": code}])
    failure = failing(outbound(), channel_context)
    assert (failure.failure, failure.code) == (expected, str(code))


def test_an_answer_that_never_came_is_unknown_and_stands_in_the_ledger(
    graph_simulator: GraphSimulator, channel_context: ChannelContext
) -> None:
    graph_simulator.configure(failures=[{"kind": "drop_after_accept", "count": 1}])
    assert failing(outbound(), channel_context).failure is FailureClass.UNKNOWN
    assert len(graph_simulator.ledger()) == 1


def test_nobody_at_home_is_transient(channel_context: ChannelContext) -> None:
    settings = {**channel_context.settings, "api_base_url": "http://127.0.0.1:9"}
    nowhere = context(settings, HttpClient(allow=("127.0.0.1:9",)))
    assert failing(outbound(), nowhere).failure is FailureClass.TRANSIENT


def test_an_address_inside_our_network_is_never_called(
    graph_simulator: GraphSimulator, channel_context: ChannelContext
) -> None:
    guarded = context(channel_context.settings, HttpClient())
    assert failing(outbound(), guarded).failure is FailureClass.ACCOUNT
    assert graph_simulator.ledger() == []


def test_a_wrong_token_is_the_accounts_problem(
    graph_simulator: GraphSimulator, channel_context: ChannelContext, http: HttpClient
) -> None:
    wrong = context(graph_simulator.settings(access_token="stale", api_version="v26.0"), http)
    failure = failing(outbound(), wrong)
    assert (failure.failure, failure.code) == (FailureClass.ACCOUNT, "190")
    with pytest.raises(GraphError, match="access token"):
        channel.connect(wrong)


def test_an_expired_version_is_refused(graph_simulator: GraphSimulator, http: HttpClient) -> None:
    old = context(graph_simulator.settings(api_version="v18.0"), http)
    assert failing(outbound(), old).code == "2635"


def test_connecting_reports_the_number(channel_context: ChannelContext) -> None:
    status = channel.connect(channel_context)
    assert status.state == "ready"
    assert status.detail == "+55 11 90000-0001 · Loja Fictícia · quality GREEN"


def test_a_read_receipt_with_typing(graph_simulator: GraphSimulator, channel_context: ChannelContext) -> None:
    wamid = graph_simulator.customer_writes(wa_id=CUSTOMER)
    channel.mark_read(wamid, True, channel_context)
    channel.mark_read(wamid, False, channel_context)
    assert [(read["wamid"], read["typing"]) for read in graph_simulator.world.reads] == [
        (wamid, True),
        (wamid, False),
    ]


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"{}", b'{"messages":[]}', b'{"messages":["x"]}'])
def test_a_yes_that_says_nothing_is_unknown(http: HttpClient, httpserver: HTTPServer, answer: bytes) -> None:
    httpserver.expect_request("/v26.0/1/messages").respond_with_data(answer)
    failure = failing(outbound(), elsewhere(httpserver))
    assert failure.failure is FailureClass.UNKNOWN


def test_a_file_without_an_address_is_an_error(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v26.0/77").respond_with_json({"id": "77"})
    with pytest.raises(UnreadableAnswerError):
        channel.fetch_media(MediaRef({"id": "77"}), elsewhere(httpserver))


def elsewhere(httpserver: HTTPServer) -> ChannelContext:
    settings = {
        "api_base_url": httpserver.url_for("").rstrip("/"),
        "api_version": "v26.0",
        "phone_number_id": "1",
        "access_token": "token",
    }
    return context(settings, HttpClient(allow=(f"{httpserver.host}:{httpserver.port}",)))


# --- files that customers sent ------------------------------------------------------------------------


@pytest.fixture
def media_id(graph_simulator: GraphSimulator) -> str:
    return graph_simulator.world.store(PICTURE, "image/jpeg")


def test_a_file_is_downloaded_with_what_the_provider_says_of_it(channel_context: ChannelContext, media_id: str) -> None:
    stream = channel.fetch_media(MediaRef({"id": media_id}), channel_context)
    assert b"".join(stream.chunks) == PICTURE
    assert (stream.mime_type, stream.size) == ("image/jpeg", len(PICTURE))


def test_a_stale_address_is_asked_for_again(
    graph_simulator: GraphSimulator, channel_context: ChannelContext, media_id: str
) -> None:
    stale = f"{graph_simulator.url}/downloads/gone"
    stream = channel.fetch_media(MediaRef({"id": media_id, "url": stale}), channel_context)
    assert b"".join(stream.chunks) == PICTURE


def test_an_address_that_stays_stale_is_an_error(
    graph_simulator: GraphSimulator, channel_context: ChannelContext, media_id: str
) -> None:
    stale = MediaRef({"url": f"{graph_simulator.url}/downloads/gone"})
    with pytest.raises(GraphError):
        b"".join(channel.fetch_media(stale, channel_context).chunks)
    graph_simulator.configure(media_url_ttl=0)
    with pytest.raises(GraphError):
        b"".join(channel.fetch_media(MediaRef({"id": media_id}), channel_context).chunks)


def test_a_download_that_breaks_is_an_error(
    graph_simulator: GraphSimulator, channel_context: ChannelContext, media_id: str
) -> None:
    graph_simulator.configure(failures=[{"kind": "http", "status": 502, "on": "download"}])
    with pytest.raises(GraphError, match="502"):
        b"".join(channel.fetch_media(MediaRef({"id": media_id}), channel_context).chunks)


def test_an_expired_id_is_an_error(channel_context: ChannelContext) -> None:
    with pytest.raises(GraphError, match="does not exist"):
        channel.fetch_media(MediaRef({"id": "1"}), channel_context)


@pytest.mark.parametrize(
    "url",
    [
        "https://attacker.example/x",
        "http://graph.facebook.com/x",
        "https://graph.facebook.com.attacker.example/x",
        "https://graph.facebook.com@attacker.example/x",
        "https://lookaside.fbsbx.com:8443/x",
        "ftp://graph.facebook.com/x",
        "//graph.facebook.com/x",
    ],
)
def test_the_token_goes_to_the_provider_only(channel_context: ChannelContext, url: str) -> None:
    with pytest.raises(UpstreamError):
        b"".join(channel.fetch_media(MediaRef({"url": url, "id": "1"}), channel_context).chunks)


@pytest.mark.parametrize("media_id", ["", "../me", "1/messages", "1?fields=x"])
def test_an_id_that_is_a_path_is_refused(channel_context: ChannelContext, media_id: str) -> None:
    with pytest.raises(UpstreamError):
        channel.fetch_media(MediaRef({"id": media_id}), channel_context)
