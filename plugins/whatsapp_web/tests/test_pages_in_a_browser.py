"""The pages in a real browser: in both themes and on a phone, clean by axe, alive without a reload."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, expect

from ramal.api import transaction, utcnow
from ramal.events.hub import Hub
from ramal.events.sequencer import sequence
from ramal.testing.factories import Factory, TestOrganization
from ramal.testing.screens import faults
from ramal.web.socket.authority import still_valid
from ramal_whatsapp_web.models import MessageTimes, Session, SessionChange
from ramal_whatsapp_web.testing import NUMBER

from .pairing import Pairing

pytestmark = pytest.mark.e2e

CHROMIUM = os.environ.get("RAMAL_CHROMIUM") or "/usr/bin/chromium"
#: Where pictures of the pages go, to be looked at.
PICTURES = os.environ.get("RAMAL_PICTURES")


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    # One Playwright a process: other tests of the run may have started it.
    expect.set_options(timeout=60_000)
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
    yield browser
    browser.close()


@pytest.fixture
def live(app: Flask, served: str) -> Iterator[str]:
    """The application's address, its sockets, and somebody who puts its events in order."""
    hub = app.extensions["ramal.hub"] = Hub(app)
    hub.authority = still_valid
    stop = threading.Event()

    def put_in_order() -> None:
        with app.app_context():
            while not stop.wait(0.05):
                sequence()

    thread = threading.Thread(target=put_in_order)
    thread.start()
    yield served
    stop.set()
    thread.join()
    hub.close()


@pytest.fixture
def sit(chromium: Browser, live: str, enabled: TestOrganization) -> Iterator[Callable[..., Page]]:
    """``sit(theme="dark", width=360)``: the administrator in front of a browser."""
    opened = []

    def take(*, width: int = 1280, theme: Any = "light") -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, locale="pt-BR", base_url=live
        )
        opened.append(context)
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.goto("/login?next=/p/whatsapp_web/")
        page.fill("#email", enabled.admin.email)
        page.fill("#password", enabled.admin.password)
        page.get_by_test_id("login-submit").click()
        page.get_by_test_id("new-number").wait_for()
        return page

    yield take
    for context in opened:
        context.close()


def looked_at(page: Page, name: str) -> list[str]:
    """What axe and the width say of the page."""
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
    return [f"{name}: {found}" for found in faults(page)]


def figures(make: Factory, channel_id: uuid.UUID) -> None:
    """A day of messages, slower around noon."""
    now = utcnow().replace(minute=5, second=0, microsecond=0)
    messages = iter([make.message(direction="out").id for _ in range(66)])
    with transaction() as session:
        for hour in range(22):
            for number in range(3):
                queued = now - timedelta(hours=hour, minutes=number)
                sent = queued + timedelta(seconds=0.4 + abs(11 - hour) * 0.3 * (number + 1))
                session.add(
                    MessageTimes(
                        channel_id=channel_id,
                        message_id=next(messages),
                        queued_at=queued,
                        sent_at=sent,
                        delivered_at=sent + timedelta(seconds=2 * (number + 1)),
                    )
                )


def in_state(pairing: Pairing, state: str, reason: str | None, **values: Any) -> None:
    pairing.set(state=state, reason=reason, **values)


def test_every_page_is_clean_in_both_themes_and_on_a_phone(
    pairing: Pairing, sit: Callable[..., Page], make: Factory
) -> None:
    item = pairing.pair()
    figures(make, uuid.UUID(item["channel_id"]))
    with transaction() as session:
        session.add(
            SessionChange(session_id=uuid.UUID(pairing.id), state="failed", reason="conflict", source="supervisor")
        )
    whole = f"/p/whatsapp_web/sessions/{pairing.id}"
    wrong: list[str] = []
    for theme, width in (("light", 1280), ("dark", 1280), ("light", 360)):
        page = sit(theme=theme, width=width)
        for name, path in (("numbers", ""), ("new", "new"), ("import", "import"), ("latency", "latency")):
            page.goto(f"/p/whatsapp_web/{path}")
            wrong += looked_at(page, f"wa-{name}-{theme}-{width}")
        states: dict[str, dict[str, Any]] = {
            "ready": {"reason": None, "wanted": True, "next_at": None, "alarm_at": utcnow()},
            "disconnected": {
                "reason": "unreachable", "attempts": 4, "alarm_at": None, "next_at": utcnow() + timedelta(seconds=90)
            },
            "banned": {"reason": None, "wanted": False, "next_at": None},
            "logged_out": {"reason": "logged_out", "exported_at": utcnow()},
        }  # fmt: skip
        for state, values in states.items():
            in_state(pairing, state, values.pop("reason"), **values)
            page.goto(whole)
            for more in page.locator(".wa-more summary").all():
                more.click()
            wrong += looked_at(page, f"wa-{state}-{theme}-{width}")
        in_state(pairing, "ready", None, wanted=True, exported_at=None)
    assert wrong == []


def test_pairing_by_keyboard_without_a_reload(pairing: Pairing, sit: Callable[..., Page]) -> None:
    page = sit(width=360)
    pairing.add("Loja")
    pairing.until("qrcode")
    expect(page.get_by_test_id("number")).to_have_attribute("data-state", "qrcode")
    page.get_by_role("link", name="Loja").focus()  # from now on the list is left alone
    page.keyboard.press("Enter")
    page.wait_for_url("**/sessions/*")
    expect(page.get_by_test_id("qr-picture")).to_be_visible()
    first = page.get_by_test_id("qr-picture").get_attribute("src")
    assert looked_at(page, "wa-qrcode-light-360") == []

    # Another code takes its place by itself.
    with pairing.waha.world.lock:
        pairing.waha.session(pairing.name)._show_code(2)
    pairing.until(lambda: page.get_by_test_id("qr-picture").get_attribute("src") != first)

    # A wrong number, the right one, and the code on the phone.
    page.locator(".wa-code summary").press("Enter")
    page.get_by_label("Número do celular").fill("123456789")
    page.get_by_test_id("ask-code").press("Enter")
    expect(page.get_by_text("Escreva o número com DDD").last).to_be_visible()
    page.get_by_label("Número do celular").fill("(11) 90000-0001")
    page.get_by_test_id("ask-code").press("Enter")
    code = page.get_by_test_id("pairing-code")
    expect(code).to_be_visible()
    assert looked_at(page, "wa-code-light-360") == []
    pairing.waha.enter_code(code.inner_text(), NUMBER)
    pairing.until("ready")
    expect(page.get_by_test_id("state")).to_have_text("Conectado")
    # Whoever was in what went away is put back at the page's title.
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_test_id("history").locator("li").first).to_contain_text("Conectado")
    pairing.set(Session.id.is_not(None), wanted=True)


def test_the_list_follows(pairing: Pairing, sit: Callable[..., Page]) -> None:
    page = sit()
    expect(page.get_by_text("Nenhum número conectado ainda")).to_be_visible()
    pairing.add("Loja")
    expect(page.get_by_test_id("number")).to_have_attribute("data-state", "connecting")
    pairing.until("qrcode")
    expect(page.get_by_test_id("number")).to_have_attribute("data-state", "qrcode")
