"""The author guide's channel, taken from the page and run."""

import configparser
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
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader
from markupsafe import escape

from ramal.api import (
    ChannelContext,
    ContactInfo,
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
from ramal.plugins.scaffold import write_plugin
from ramal.plugins.slots import SLOTS
from ramal.testing.plugin_contract.wheel import expected, missing_from_wheel

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "plugin-author-guide.md"
SECRET = "coo"


#: A block of the page that is a file: its first line is a comment with the name.
BLOCK = re.compile(r"```(?:python|ini|toml|jinja)\n(?:# (\S+)|\{# (\S+) #\})\n(.*?)```", re.DOTALL)


def write_files(folder: Path) -> Path:
    """The files of the page, in a folder."""
    for plain, template, code in BLOCK.findall(GUIDE.read_text()):
        path = folder / (plain or template)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
    (folder / "ramal_pigeon" / "__init__.py").touch()
    return folder


@pytest.fixture(scope="module")
def pigeon(tmp_path_factory: pytest.TempPathFactory):
    folder = write_files(tmp_path_factory.mktemp("guide"))
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


def test_its_wheel_carries_all_that_belongs_to_a_plugin(tmp_path):
    package = write_files(tmp_path) / "ramal_pigeon"
    for name in (
        "py.typed",
        "migrations/0001_rings.py",
        "static/pigeon.js",
        "translations/pt_BR/LC_MESSAGES/messages.mo",
    ):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).touch()
    assert missing_from_wheel(package, "ramal-pigeon") == []
    assert {"py.typed", "panel.html", "0001_rings.py", "pigeon.js", "messages.mo"} <= {
        path.name for path in expected(package)
    }
    setup = configparser.ConfigParser()
    setup.read(tmp_path / "setup.cfg")
    assert setup["options.entry_points"]["ramal.plugins"].strip() == "pigeon = ramal_pigeon.plugin:PigeonPlugin"


def test_its_setup_is_what_a_new_plugin_gets(tmp_path):
    """But for names and the README: what holds for one holds for the other."""
    written, guided = configparser.ConfigParser(), configparser.ConfigParser()
    write_plugin("pigeon", "channel", tmp_path / "new")
    written.read(tmp_path / "new" / "setup.cfg")
    guided.read(write_files(tmp_path / "guide") / "setup.cfg")
    for section in ("options", "options.packages.find", "options.package_data", "options.extras_require"):
        assert {key: sorted(value.split()) for key, value in guided[section].items()} == {
            key: sorted(value.split()) for key, value in written[section].items()
        }
    files = [folder / "pyproject.toml" for folder in (tmp_path / "new", tmp_path / "guide")]
    assert files[0].read_text() == files[1].read_text()


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


def test_its_panel_is_shown(pigeon, app, monkeypatch):
    panels = importlib.import_module("ramal_pigeon.panels")
    own = PrefixLoader({"pigeon": FileSystemLoader(Path(panels.__file__).parent / "templates" / "pigeon")})
    monkeypatch.setattr(app, "jinja_loader", ChoiceLoader([app.jinja_loader, own]))
    (fragment,) = panels.Panels().register_slots()
    assert fragment.slot in SLOTS
    with app.test_request_context(headers={"Accept-Language": "en"}):
        known = ContactInfo(uuid.uuid4(), "Marina <3", "+5511900000011")
        shown = escape(fragment.render(contact=known, conversation=None))
        assert "Letters to Marina &lt;3 fly to +5511900000011." in shown
        assert f'href="/p/pigeon/routes?contact={known.id}"' in shown
        assert "knows the way yet" in fragment.render(contact=ContactInfo(uuid.uuid4(), "Marina"), conversation=None)


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
