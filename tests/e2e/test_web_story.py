"""The story of a number by QR code: added, paired from the picture on the screen, chatted with, lost and found again.

And its second part: taken to another installation in an archive, where it stays connected.
"""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from ramal.testing.installation import Installation, Team, own_installation
from ramal.testing.waiting import wait_for
from ramal_whatsapp_web.testing import WahaSimulator

from .conftest import Seat, TakeSeat

pytestmark = pytest.mark.e2e

NUMBER = "5511900000001"
#: Seconds for which the provider is dead.
OUTAGE = 60.0
#: What the browser says of a form that comes back.
REFUSED = re.compile("422")
CUSTOMER = {"number": "5511987650002", "name": "Marina Exemplo"}
#: The provider's knobs: a tick is quick, codes live long enough for a slow machine.
QUICK = {"start_delay": 0.2, "ack_delay": 0.1, "retry_delay": 0.2}


@pytest.fixture
def waha(installation: Installation, tmp_path: Path) -> Iterator[WahaSimulator]:
    port = installation.spare_ports.pop()
    with WahaSimulator(port=port, data_dir=tmp_path / "waha", **QUICK) as simulator:
        yield simulator
    installation.spare_ports.append(port)


def test_a_number_by_qr_code(team: Team, waha: WahaSimulator, seat: TakeSeat) -> None:
    ana, bruno = seat("Ana"), seat("Bruno")
    team.enable("whatsapp_web")
    ana.log_in(team.admin)
    page = add_number(ana, waha)

    # The picture on the screen is a QR code; the phone reads it there.
    value = read_picture(page.get_by_test_id("qr-picture"))
    assert value == waha.qr_value(session_of(waha))
    expect(page.get_by_test_id("qr-countdown")).to_contain_text(" s")
    look(page, "qr")
    waha.scan(value, NUMBER, "Padaria Central")
    expect(page.get_by_test_id("state")).to_have_text("Conectado")
    expect(page.get_by_test_id("session")).to_contain_text("+55 11 90000-0001")
    look(page, "ready")
    full_pace(page)

    # The inbox: a customer writes, with a photo and a voice note; the agent answers with both, too.
    bruno.log_in(team.agents[0])
    inbox = bruno.visit("/inbox")
    inbox.get_by_test_id("tab-all").click()
    waha.person_writes(body="Oi, vocês fazem bolo?", **CUSTOMER)
    card(inbox, "Oi, vocês fazem bolo?").click()
    inbox.get_by_test_id("take-button").click()
    waha.person_writes(kind="image", body="Assim", **CUSTOMER)
    expect(bubble(inbox, "Assim").locator("img")).to_be_visible()
    waha.person_writes(kind="voice", **CUSTOMER)
    expect(inbox.get_by_test_id("audio-player")).to_be_visible()
    answer(inbox, "Fazemos sim!")
    expect(bubble(inbox, "Fazemos sim!")).to_have_attribute("data-status", "read")
    send_picture(inbox, "Este aqui")
    record_voice(inbox)
    wait_for(lambda: [row["kind"] for row in ours(waha)] == ["text", "image", "voice"], timeout=60)
    change_messages(inbox, waha)

    # The provider dies for a minute; people go on writing. Its page says so, and nothing gets lost in the inbox.
    waha.go_down()
    over = time.monotonic() + OUTAGE
    expect(page.get_by_test_id("state")).to_have_text("Desconectado", timeout=90_000)
    look(page, "down")
    missed = [f"Recado {number}" for number in range(1, 7)]
    for body in missed:
        waha.person_writes(body=body, **CUSTOMER)
    answer(inbox, "Um momento", sent=False)
    wait_for(lambda: time.monotonic() > over, timeout=2 * OUTAGE)
    waha.come_up()
    expect(page.get_by_test_id("state")).to_have_text("Conectado", timeout=90_000)
    notes = inbox.get_by_test_id("message").filter(has_text="Recado")
    expect(notes).to_have_count(len(missed), timeout=90_000)
    assert all(wanted in text for wanted, text in zip(missed, notes.all_inner_texts(), strict=True))
    expect(bubble(inbox, "Um momento")).to_have_attribute("data-status", "read", timeout=90_000)
    sent = [row["text"] for row in waha.ledger("sendText")]
    assert sent == ["Fazemos sim!", "Um momento"]
    expect(page.get_by_test_id("notices")).to_contain_text("foram buscadas no histórico")
    look(page, "filled")
    look(ana.visit("/p/whatsapp_web/latency"), "latency")
    look(ana.visit("/p/whatsapp_web/"), "numbers")


def test_a_number_moves_to_another_installation(
    team: Team, waha: WahaSimulator, seat: TakeSeat, tmp_path: Path, ramal_server: Any, ramal_template_builder: Any
) -> None:
    ana = seat("Ana", accept_downloads=True)
    team.enable("whatsapp_web")
    ana.log_in(team.admin)
    page = add_number(ana, waha)
    waha.scan(read_picture(page.get_by_test_id("qr-picture")), NUMBER, "Padaria Central")
    expect(page.get_by_test_id("state")).to_have_text("Conectado")

    page.get_by_test_id("do-stop").click()
    page.locator("#confirm-dialog button[value=yes]").click()
    expect(page.get_by_test_id("state")).to_have_text("Desconectado")
    page.reload()
    page.get_by_test_id("export").locator("summary").click()
    password = "uma frase que só nós sabemos"
    page.locator("#password").fill(password)
    page.locator("#again").fill(password)
    with page.expect_download() as download:
        page.get_by_test_id("do-export").click()
    file = tmp_path / "loja.ramal"
    download.value.save_as(file)
    assert NUMBER.encode() not in file.read_bytes()

    with own_installation(tmp_path / "there") as (there, _services):
        there.start()
        port = there.spare_ports.pop()
        with WahaSimulator(port=port, data_dir=tmp_path / "other", network=waha.network, **QUICK) as other:
            house = there.team("Filial")
            house.enable("whatsapp_web")
            carla = seat("Carla", base=there.url)
            carla.log_in(house.admin)
            form = carla.visit("/p/whatsapp_web/import")
            form.locator("#file").set_input_files(file)
            form.locator("#password").fill(password)
            form.locator("details summary").last.click()
            form.locator("#server_url").fill(other.url)
            form.locator("#api_key").fill(other.api_key)
            form.get_by_test_id("do-import").click()
            expect(form.get_by_test_id("state")).to_have_text("Conectado")
            expect(form.get_by_test_id("history")).not_to_contain_text("QR code")
            inbox = carla.visit("/inbox")
            inbox.get_by_test_id("tab-all").click()
            other.person_writes(body="Vocês mudaram?", **CUSTOMER)
            expect(card(inbox, "Vocês mudaram?")).to_be_visible()


def add_number(seat: Seat, waha: WahaSimulator) -> Page:
    """Fill the form in; without the risk accepted it goes nowhere."""
    page = seat.visit("/p/whatsapp_web/new?driver=simulator")
    page.locator("#name").fill("WhatsApp da loja")
    expect(page.locator("#driver")).to_have_value("simulator")
    page.locator("#server_url").fill(waha.url)
    page.locator("#api_key").fill(waha.api_key)
    with seat.watch.allowing(REFUSED):
        page.get_by_test_id("add-number").click()
        expect(page.get_by_test_id("form-errors")).to_be_visible()
    page.get_by_test_id("risk").check()
    page.locator("#api_key").fill(waha.api_key)
    page.get_by_test_id("add-number").click()
    page.wait_for_url("**/p/whatsapp_web/sessions/*")
    expect(page.get_by_test_id("qr-picture")).to_be_visible()
    return page


def record_voice(inbox: Page) -> None:
    """Record a voice message, throw it away, record another one, and send it."""
    inbox.get_by_test_id("voice-start").click()
    inbox.get_by_test_id("voice-cancel").click()
    expect(inbox.get_by_test_id("upload")).to_have_count(0)
    inbox.get_by_test_id("voice-start").click()
    expect(inbox.get_by_test_id("voice-time")).to_have_text("0:01")
    look(inbox, "recording")
    inbox.get_by_test_id("voice-stop").click()
    expect(inbox.get_by_test_id("upload")).to_have_attribute("data-state", "ready")
    inbox.get_by_test_id("send-button").click()
    expect(inbox.get_by_test_id("audio-player")).to_have_count(2)


def change_messages(inbox: Page, waha: WahaSimulator) -> None:
    """React to what the customer wrote, edit the answer, delete the picture for everyone."""
    choose(inbox, bubble(inbox, "Oi, vocês fazem bolo?"), "quick-reaction")
    choose(inbox, bubble(inbox, "Fazemos sim!"), "edit-message")
    inbox.get_by_test_id("composer-input").fill("Fazemos, sim!")
    inbox.get_by_test_id("send-button").click()
    expect(bubble(inbox, "Fazemos, sim!")).to_be_visible()
    choose(inbox, bubble(inbox, "Este aqui"), "revoke-message")
    inbox.locator("#confirm-dialog button[value=yes]").click()
    wait_for(lambda: [row["revoked"] for row in ours(waha)] == [False, True, False], timeout=60)
    theirs = next(row for row in waha.screen(CUSTOMER["number"]) if row["author"] == "me")
    assert list(theirs["reactions"]) == [NUMBER]
    assert [row["text"] for row in ours(waha)][0] == "Fazemos, sim!"
    expect(bubble(inbox, "Este aqui")).to_have_count(0)


def choose(inbox: Page, message: Locator, action: str) -> None:
    """An entry of a message's menu."""
    message.hover()
    message.get_by_test_id("message-menu").click()
    message.get_by_test_id(action).first.click()


def ours(waha: WahaSimulator) -> list[dict[str, Any]]:
    """What of us is on the customer's screen."""
    return [row for row in waha.screen(CUSTOMER["number"]) if row["author"] == NUMBER]


def read_picture(picture: Locator) -> str:
    """What a phone's camera reads from the screen."""
    expect(picture).to_be_visible()
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.screenshot())))
    return str(found.text)


def session_of(waha: WahaSimulator) -> str:
    """The one session at the provider."""
    (name,) = waha.world.sessions
    return str(name)


def full_pace(page: Page) -> None:
    """Tests are in a hurry: no ramp."""
    pace = page.get_by_test_id("pace")
    pace.locator("summary").click()
    pace.locator("#messages_per_minute").fill("600")
    pace.locator("#ramp_days").fill("0")
    pace.get_by_test_id("save-pace").click()
    expect(page.get_by_text("Salvo")).to_be_visible()


def picture() -> bytes:
    """A small picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), "#c97b4a").save(buffer, "PNG")
    return buffer.getvalue()


def look(page: Page, name: str) -> None:
    """Keep a picture of the page where somebody asked for them."""
    if folder := os.environ.get("RAMAL_PICTURES"):
        page.screenshot(path=f"{folder}/web-{name}.png", full_page=True)


def card(page: Page, text: str) -> Locator:
    """A row of the list."""
    return page.get_by_test_id("conversation-card").filter(has_text=text)


def bubble(page: Page, text: str) -> Locator:
    """A message of the open thread."""
    return page.get_by_test_id("message").filter(has_text=text).last


def answer(page: Page, text: str, *, sent: bool = True) -> None:
    """Write in the composer and press Enter."""
    page.get_by_test_id("composer-input").fill(text)
    page.get_by_test_id("composer-input").press("Enter")
    expect(bubble(page, text)).to_be_visible()
    if not sent:
        expect(bubble(page, text)).to_have_attribute("data-status", "queued")


def send_picture(page: Page, text: str) -> None:
    """A picture with words."""
    page.get_by_test_id("composer-input").fill(text)
    page.get_by_test_id("attach-input").set_input_files(
        {"name": "bolo.png", "mimeType": "image/png", "buffer": picture()}
    )
    page.get_by_test_id("send-button").click()
    expect(bubble(page, text)).to_be_visible()
