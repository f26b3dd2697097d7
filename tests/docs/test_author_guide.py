"""The author guide's channel, taken from the page and run."""

import hashlib
import hmac
import importlib
import json
import re
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ramal.api import (
    ChannelContext,
    Delivery,
    FailureClass,
    HttpClient,
    InvalidPayload,
    Outbound,
    SignatureInvalid,
    SignatureMissing,
    WebhookRequest,
)
from ramal.database.base import metadata
from ramal.plugins.slots import SLOTS

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "plugin-author-guide.md"
SECRET = "coo"


@pytest.fixture(scope="module")
def pigeon(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("guide")
    (folder / "ramal_pigeon").mkdir()
    (folder / "ramal_pigeon" / "__init__.py").touch()
    for name, code in re.findall(r"```python\n# (\S+)\n(.*?)```", GUIDE.read_text(), re.DOTALL):
        (folder / name).write_text(code)
    sys.path.insert(0, str(folder))
    tables = set(metadata.tables)
    yield importlib.import_module("ramal_pigeon.plugin")
    sys.path.remove(str(folder))
    for key in set(metadata.tables) - tables:
        metadata.remove(metadata.tables[key])
    for name in [name for name in sys.modules if name.startswith("ramal_pigeon")]:
        del sys.modules[name]


@pytest.fixture
def context(httpserver):
    http = HttpClient(allow=(f"{httpserver.host}:{httpserver.port}",))
    settings = {"api_url": httpserver.url_for("").rstrip("/"), "secret": SECRET}
    yield ChannelContext(uuid.uuid4(), uuid.uuid4(), "Loft", settings, http)
    http.close()


@pytest.fixture
def channel(pigeon):
    (channel,) = pigeon.PigeonPlugin().register_channels()
    return channel


def test_the_manifest_is_valid(pigeon):
    from ramal.plugins.manifest import check_manifest

    assert check_manifest(pigeon.PigeonPlugin.manifest).name == "pigeon"


def test_it_verifies(channel, context):
    body = b'{"items": []}'
    good = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    channel.verify(WebhookRequest("POST", {"x-pigeon-signature": good}, {}, body), context)
    with pytest.raises(SignatureMissing):
        channel.verify(WebhookRequest("POST", {}, {}, body), context)
    with pytest.raises(SignatureInvalid):
        channel.verify(WebhookRequest("POST", {"x-pigeon-signature": good}, {}, body + b" "), context)


def test_it_reads_a_batch(channel, context):
    items = [
        {"type": "letter", "id": "l1", "from": "5511900000011", "name": "Marina", "text": "Oi", "time": 1771243200},
        {"type": "tick", "id": "p1", "status": "delivered", "time": 1771243201, "ref": "r1"},
    ]
    delivery = Delivery(uuid.uuid4(), json.dumps({"items": items}).encode(), datetime.now(UTC))
    message, tick = channel.parse(delivery, context)
    assert (message.provider_id, message.body) == ("l1", "Oi")
    assert (tick.provider_id, tick.client_ref) == ("p1", "r1")


def test_it_sends_and_slows_down(channel, context, httpserver):
    letter = Outbound(uuid.uuid4(), "ref", "5511900000011", (), "text", body="Oi")
    httpserver.expect_oneshot_request(
        "/letters", json={"to": "5511900000011", "text": "Oi", "ref": "ref"}
    ).respond_with_json({"id": "p1"})
    assert channel.send(letter, context).provider_id == "p1"
    httpserver.expect_oneshot_request("/letters").respond_with_data("", status=429)
    with pytest.raises(Exception) as caught:
        channel.send(letter, context)
    assert channel.classify(caught.value).failure is FailureClass.THROTTLE
    assert channel.classify(TimeoutError()).failure is FailureClass.UNKNOWN


def test_its_hook_vetoes(pigeon):
    from types import SimpleNamespace

    assert pigeon.PigeonPlugin().before_send(SimpleNamespace(body="a cat")).reason
    assert pigeon.PigeonPlugin().before_send(SimpleNamespace(body="a dog")) is None


@pytest.fixture
def screens(pigeon):
    return importlib.import_module("ramal_pigeon.screens")


def test_its_filter_answers_with_a_select_of_its_own_table(screens):
    plugin = screens.Screens()
    assert list(plugin.filter_conversations({"other": ("x",)})) == []
    (found,) = plugin.filter_conversations({"ring": ("blue",)})
    assert "FROM plugin_pigeon.ring" in str(found.contacts)
    with pytest.raises(InvalidPayload):
        list(plugin.filter_conversations({"ring": ("pink",)}))


def test_its_fragments_go_where_the_guide_says(screens):
    from types import SimpleNamespace

    fragments = {fragment.slot: fragment.render for fragment in screens.Screens().register_slots()}
    assert set(fragments) <= SLOTS
    assert 'name="filter.pigeon.ring"' in fragments["inbox.filters"]()
    shown = {
        direction: fragments["inbox.message.actions"](
            conversation=None, contact=None, message=SimpleNamespace(direction=direction, id="m1")
        )
        for direction in ("in", "out")
    }
    assert "/p/pigeon/routes/m1" in shown["in"]
    assert shown["out"] == ""


def test_the_guide_names_every_slot_of_the_inbox():
    named = set(re.findall(r"^\| `([a-z.]+)` \|", GUIDE.read_text(), re.MULTILINE))
    assert {slot for slot in SLOTS if slot.startswith("inbox.")} <= named <= SLOTS


def test_it_tells_members(pigeon, organization, agent, make, api):
    from ramal.notifications.types import Kind, registry

    telling = importlib.import_module("ramal_pigeon.telling")
    (kind,) = telling.Telling().register_notifications()
    registry().kinds[kind.code] = Kind(kind)
    conversation = make.conversation()
    try:
        assert telling.tell_lost("Coo", conversation.id, agent.id) == 1
        assert telling.tell_lost("Coo", conversation.id, agent.id) == 0
        (found,) = api(agent).get("/notifications").json["items"]
        assert (found["title"], found["body"]) == ("Coo is lost", "Look after the loft.")
        assert found["url"] == f"/inbox/{conversation.id}"
    finally:
        del registry().kinds[kind.code]
