"""The pages' forms, without a browser: what they do, what they say, and to whom."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from ramal.testing.factories import TestOrganization
from ramal_whatsapp_web import archive

from .pairing import Pairing

PASSWORD = "uma frase bem comprida"


class Desk:
    """Forms as a browser sends them: the CSRF value of the page with them."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def text(self, path: str, status: int = 200) -> str:
        answer = self.client.get(f"/p/whatsapp_web{path}", follow_redirects=True)
        assert answer.status_code == status, answer.text
        return str(answer.text)

    def send(self, path: str, form: dict[str, Any], *, page: str, follow: bool = True, **options: Any) -> Any:
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.text(page))
        assert token
        data = {**form, "csrf_token": token[1]}
        return self.client.post(f"/p/whatsapp_web{path}", data=data, follow_redirects=follow, **options)


@pytest.fixture
def pages(client: FlaskClient, login: Any, enabled: TestOrganization) -> Desk:
    return Desk(login(client, enabled.admin))


def test_a_number_is_added_by_its_form(pages: Desk, pairing: Pairing) -> None:
    form = {"name": "Loja", "driver": "simulator", "server_url": pairing.waha.url, "api_key": pairing.waha.api_key}
    assert "simulator" not in pages.text("/new").lower()
    assert "simulator" in pages.text("/new?driver=simulator")
    refused = pages.send("/new", form, page="/new")
    assert (refused.status_code, 'value="simulator" selected' in refused.text) == (422, True)
    assert "Say that you know the risk" in refused.text
    wrong = pages.send("/new", {**form, "server_url": "nowhere", "risk_accepted": "1"}, page="/new")
    assert (wrong.status_code, 'value="Loja"' in wrong.text) == (422, True)
    added = pages.send("/new", {**form, "proxy": "", "risk_accepted": "1"}, page="/new")
    assert "The server is starting the session" in added.text
    assert pairing.waha.api_key not in added.text
    (item,) = pairing.desk.get("/whatsapp_web/sessions").json["items"]
    pairing.id = item["id"]
    pairing.until("qrcode")
    here = f"/sessions/{pairing.id}"
    assert "data:image/png;base64," in pages.text(f"{here}/qr")
    assert "no-store" in pages.client.get(f"/p/whatsapp_web{here}/qr").headers["Cache-Control"]
    assert "with its area code" in pages.send(f"{here}/pairing-code", {"phone": "123456789"}, page=here).text
    coded = pages.send(f"{here}/pairing-code", {"phone": "(11) 90000-0001"}, page=here).text
    code = re.search(r'data-testid="pairing-code">([^<]+)<', coded)
    assert code
    pairing.waha.enter_code(code[1], "5511900000001")
    pairing.until("ready")
    assert "There is no QR code to read" in pages.text(f"{here}/qr")
    link = f"/channels/{item['channel_id']}"
    assert "+55 11 90000-0001" in pages.text(link)


def test_what_can_be_done_on_its_page(pages: Desk, pairing: Pairing) -> None:
    pairing.pair()
    here = f"/sessions/{pairing.id}"

    def act(verb: str, **form: str) -> str:
        answer = pages.send(f"{here}/{verb}", form, page=here)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    assert "Saved." in act("pace", messages_per_minute="9", first_day_per_minute="1", ramp_days="3", jitter_percent="5")
    assert pairing.item()["messages_per_minute"] == 1.0
    assert "alert-danger" in act("pace", messages_per_minute="none")
    assert "Saved." in act("proxy", proxy="http://ana:segredo@proxy.example.com:3128")
    assert "segredo" not in pages.text(here)
    assert "Go without a proxy" in pages.text(here)
    assert "Saved." in act("proxy", remove="1")
    assert "enter it again" in act("server", server_url="http://127.0.0.1:1", api_key="")
    assert "Saved." in act("server", server_url=pairing.waha.url, api_key="")
    assert "being restarted" in act("restart")
    pairing.until("ready")
    assert "being stopped" in act("stop")
    pairing.until("disconnected")
    assert "is stopped: start it" in act("restart")
    assert "is starting" in act("start")
    pairing.until("ready")
    assert "being unpaired" in act("logout")
    pairing.until("logged_out")
    assert "Connect again" in pages.text(here)
    asked = pages.send(f"{here}/start", {}, page=here, follow=False, headers={"HX-Request": "true"})
    assert (asked.status_code, asked.headers["HX-Redirect"]) == (204, f"/p/whatsapp_web{here}")


def test_a_session_is_taken_out_and_brought_back_by_forms(pages: Desk, pairing: Pairing) -> None:
    pairing.pair()
    here = f"/sessions/{pairing.id}"
    differ = pages.send(f"{here}/export", {"password": PASSWORD, "again": "x"}, page=here)
    assert "The two passwords differ" in differ.text
    live = pages.send(f"{here}/export", {"password": PASSWORD, "again": PASSWORD}, page=here)
    assert "The session is live here" in live.text
    pages.send(f"{here}/stop", {}, page=here)
    pairing.until("disconnected")
    given = pages.send(f"{here}/export", {"password": PASSWORD, "again": PASSWORD}, page=here)
    assert given.data.startswith(archive.MAGIC)
    assert "attachment" in given.headers["Content-Disposition"]
    assert "no-store" in given.headers["Cache-Control"]
    assert "It is not running on the other installation any more" in pages.text(here)
    assert "say so" in pages.send(f"{here}/start", {}, page=here).text
    bare = pages.send("/import", {"password": PASSWORD}, page="/import")
    assert (bare.status_code, "No file was sent" in bare.text) == (422, True)
    form = {"password": PASSWORD, "file": (io.BytesIO(given.data), "loja.ramal"), "name": "De volta"}
    back = pages.send("/import", form, page="/import", content_type="multipart/form-data")
    assert "De volta was imported and is connecting" in back.text
    number = pairing.row.me_number
    (item,) = [one for one in pairing.desk.get("/whatsapp_web/sessions").json["items"] if one["name"] == "De volta"]
    pairing.id = item["id"]
    assert pairing.until("ready")["number"] == number

    # The one that was taken along does not start beside it, whatever is ticked; its page says why, and goes on.
    beside = pages.send(f"{here}/start", {"ended_elsewhere": "1"}, page=here)
    assert (beside.status_code, beside.text.count("A copy of this session runs in this installation")) == (200, 1)
    assert 'data-testid="do-start"' in beside.text


def test_a_stop_that_the_server_can_not_be_told_locks_nobody_out(pages: Desk, pairing: Pairing) -> None:
    pairing.pair()
    here = f"/sessions/{pairing.id}"
    pairing.waha.go_down()
    stopped = pages.send(f"{here}/stop", {}, page=here)
    assert "does not know yet" not in stopped.text
    assert 'data-testid="do-start"' not in stopped.text
    pairing.until("disconnected")
    page = pages.text(here)
    assert "The server does not know yet that the session is to end" in page
    pairing.waha.come_up()
    assert "is starting" in pages.send(f"{here}/start", {}, page=here).text
    pairing.until("ready")
    assert "does not know yet" not in pages.text(here)


def test_who_ended_it_here_is_not_told_that_the_phone_did(pages: Desk, pairing: Pairing) -> None:
    pairing.pair()
    here = f"/sessions/{pairing.id}"
    pages.send(f"{here}/logout", {}, page=here)
    pairing.until("logged_out")
    page = pages.text(here)
    assert "You logged it out." in page
    assert "on the phone" not in page[page.index('id="wa-session"') : page.index('data-testid="history"')]


def test_viewers_see_no_buttons(client: FlaskClient, login: Any, enabled: TestOrganization, pairing: Pairing) -> None:
    pairing.pair()
    viewer = Desk(login(client, enabled.member("supervisor")))
    assert 'data-testid="new-number"' not in viewer.text("/")
    page = viewer.text(f"/sessions/{pairing.id}")
    assert "Messages come in and go out." in page
    for forbidden in ("do-stop", "do-restart", 'data-testid="export"', "server_url"):
        assert forbidden not in page
    viewer.text("/new", 403)
    viewer.text("/latency?channel=x&hours=9&step=z")
