"""The script that sites embed, and the page to try the chat on."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from ramal.channels.services import connect_channel
from ramal_webchat import views

SCRIPT = "/p/webchat/widget.js"


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the frontend's build goes; empty, as before the first build."""
    monkeypatch.setattr(views, "DIST", tmp_path)
    return tmp_path


def build(dist: Path, name: str, code: str) -> None:
    """What a build leaves: a file named by its content, and the manifest that names it."""
    (dist / name).write_text(code)
    (dist / "manifest.json").write_text(json.dumps({"widget.js": name}))


def test_any_site_may_load_the_script(client: FlaskClient, dist: Path) -> None:
    build(dist, "widget.AAAA.js", "start()")
    answer = client.get(SCRIPT, headers={"Origin": "https://loja.example", "Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.text) == (200, "start()")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_new_build_is_served_under_the_same_address(client: FlaskClient, dist: Path) -> None:
    build(dist, "widget.AAAA.js", "old()")
    first = client.get(SCRIPT)
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    unchanged = client.get(SCRIPT, headers={"If-None-Match": first.headers["ETag"]})
    assert unchanged.status_code == 304
    build(dist, "widget.BBBB.js", "new()")
    assert client.get(SCRIPT, headers={"If-None-Match": first.headers["ETag"]}).text == "new()"


def test_before_the_first_build_the_script_is_missing_in_words(client: FlaskClient, dist: Path) -> None:
    answer = client.get(SCRIPT)
    assert answer.status_code == 404
    assert "not built" in answer.text


def test_the_try_page_shows_the_chat_of_its_channel(client: FlaskClient, channel: Any) -> None:
    answer = client.get(f"/p/webchat/try/{channel.id}")
    assert answer.status_code == 200
    assert f'data-channel="{channel.id}"' in answer.text
    assert f'src="{SCRIPT}"' in answer.text
    assert "<title>Loja · Ramal</title>" in answer.text


def test_the_try_page_carries_the_title_that_visitors_see(client: FlaskClient, channel: Any) -> None:
    named = connect_channel("webchat", "Loja", {"title": "Fale <conosco>"})
    assert "Fale &lt;conosco&gt;" in client.get(f"/p/webchat/try/{named.id}").text


def test_there_is_no_try_page_of_a_channel_that_is_not(client: FlaskClient, channel: Any) -> None:
    assert client.get(f"/p/webchat/try/{uuid.uuid4()}").status_code == 404


def test_the_setup_leads_to_the_script_and_to_the_try_page(client: FlaskClient, channel: Any) -> None:
    from ramal.channels.context import context_for
    from ramal_webchat.channel import WebChatChannel

    embed, try_out = WebChatChannel().setup_steps(context_for(channel), "unused")
    assert embed.copy is not None
    assert try_out.url is not None
    assert f'src="http://localhost{SCRIPT}" data-channel="{channel.id}"' in embed.copy
    assert client.get(try_out.url.removeprefix("http://localhost")).status_code == 200
