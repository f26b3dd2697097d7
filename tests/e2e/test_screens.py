"""Every screen: clean by axe in both themes and languages, silent in the console, usable by keyboard and at 360 px."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ramal.testing.installation import Team
from ramal.testing.remote import RemoteApi
from ramal.testing.screens import faults
from ramal.testing.waiting import wait_for
from ramal_whatsapp_cloud.testing import GraphSimulator

from .conftest import DESK, PHONE, Seat, TakeSeat
from .test_story import CUSTOMER, answer, bubble, card

pytestmark = pytest.mark.e2e

#: Pages an administrator sees; the inbox comes with a conversation open.
SCREENS = (
    "/notifications",
    "/settings",
    "/settings/profile",
    "/settings/notifications",
    "/settings/team",
    "/settings/team/new",
    "/settings/channels",
    "/settings/channels/new",
    "/settings/channels/new/webchat",
    "/settings/channels/new/whatsapp_cloud",
    "/settings/organization",
    "/settings/tokens",
    "/settings/audit",
    "/settings/apps",
    "/settings/dead-letters",
    "/settings/unprocessed",
)
LOOKS = [(theme, locale) for theme in ("light", "dark") for locale in ("pt_BR", "en")]


@pytest.fixture
def conversation(team: Team, number: dict[str, Any], graph: GraphSimulator) -> str:
    """A conversation with an answer and a picture in it."""
    graph.customer_writes(body="Bom dia!", **CUSTOMER)
    graph.customer_writes(kind="image", caption="Chegou assim", **CUSTOMER)
    assert graph.wait_idle()
    team.installation.wait_quiet()
    (found,) = team.conversations(number["id"])
    return str(found["id"])


@pytest.mark.parametrize(("theme", "locale"), LOOKS)
def test_every_screen_is_clean(
    team: Team, chat: dict[str, Any], conversation: str, seat: TakeSeat, theme: str, locale: str
) -> None:
    ana = seat("Ana", color_scheme=theme, locale=locale.replace("_", "-"))
    ana.visit("/login")
    _check(ana, "/login", locale)
    _look(team.api, theme, locale)
    ana.log_in(team.admin)
    problems = {}
    for path in (*SCREENS, f"/settings/channels/{chat['id']}"):
        ana.visit(path)
        problems[path] = _check(ana, path, locale)
    ana.visit(f"/inbox/{conversation}")
    expect(bubble(ana.page, "Chegou assim")).to_be_visible()
    problems["/inbox"] = _check(ana, "/inbox", locale)
    assert {path: found for path, found in problems.items() if found} == {}


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_is_cut_off(team: Team, chat: dict[str, Any], conversation: str, seat: TakeSeat, size: Any) -> None:
    """No screen needs scrolling sideways."""
    ana = seat("Ana", viewport=size)
    ana.log_in(team.admin)
    wide = {}
    for path in (*SCREENS, f"/settings/channels/{chat['id']}", "/inbox", f"/inbox/{conversation}"):
        page = ana.visit(path)
        extra = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if extra > 0:
            wide[path] = extra
    assert wide == {}


def test_an_agent_works_on_a_phone(team: Team, conversation: str, graph: GraphSimulator, seat: TakeSeat) -> None:
    """List, thread and back on 360 px, by touch."""
    bruno = seat("Bruno", viewport=PHONE, has_touch=True, is_mobile=True)
    bruno.log_in(team.agents[0])
    bruno.visit("/inbox")
    bruno.page.get_by_test_id("tab-all").tap()
    card(bruno.page, CUSTOMER["name"]).tap()
    answer(bruno.page, "Vou ver já")
    expect(bubble(bruno.page, "Vou ver já")).to_have_attribute("data-status", "read")
    bruno.page.get_by_test_id("back-button").tap()
    expect(card(bruno.page, "Vou ver já")).to_be_visible()


def test_an_agent_works_without_a_mouse(team: Team, conversation: str, seat: TakeSeat) -> None:
    """Log in, find the conversation, take it, answer, write a note: with the keyboard alone."""
    bruno = seat("Bruno")
    page = bruno.visit("/login")
    expect(page.get_by_test_id("login-email")).to_be_focused()
    page.keyboard.type(team.agents[0].email)
    page.keyboard.press("Tab")
    page.keyboard.type(team.agents[0].password)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/inbox"))
    _tab_to(page, "tab-mine")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("tab-unassigned")).to_be_focused()
    expect(card(page, CUSTOMER["name"])).to_be_visible()
    _tab_to(page, "conversation-card")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("conversation-title")).to_have_text(CUSTOMER["name"])
    _tab_to(page, "take-button")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("take-button")).to_have_count(0)
    _tab_to(page, "composer-input")
    page.keyboard.type("Só com o teclado")
    page.keyboard.press("Enter")
    expect(bubble(page, "Só com o teclado")).to_have_attribute("data-status", "read")


def test_a_new_house_says_what_comes_first(team: Team, seat: TakeSeat) -> None:
    """With no channel nothing can arrive: who may connect one is led there, others are told whom to ask."""
    ana, bruno = seat("Ana", viewport=PHONE), seat("Bruno")
    ana.log_in(team.admin)
    ana.visit("/inbox").get_by_test_id("connect-first").click()
    expect(ana.page.get_by_test_id("kind-webchat")).to_contain_text("uma linha de código")
    bruno.log_in(team.agents[0])
    expect(bruno.visit("/inbox").get_by_text("Peça a um administrador")).to_be_visible()
    expect(bruno.page.get_by_test_id("connect-first")).to_have_count(0)


def test_what_matters_is_in_sight(team: Team, conversation: str, seat: TakeSeat) -> None:
    """The customer's name beside the open details; on a phone the current section; the first mistake of a form."""
    ana, phone = seat("Ana"), seat("Ana's phone", viewport=PHONE)
    ana.log_in(team.admin)
    title = ana.visit(f"/inbox/{conversation}").get_by_test_id("conversation-title")
    expect(title).to_have_text(CUSTOMER["name"])
    assert title.evaluate("name => name.scrollWidth <= name.clientWidth")
    phone.log_in(team.admin)
    expect(phone.visit("/settings/audit").get_by_test_id("settings-audit")).to_be_in_viewport(ratio=1)
    expect(phone.visit("/settings").get_by_test_id("settings-audit")).to_be_hidden()
    page = phone.visit("/settings/channels/new/whatsapp_cloud")
    page.get_by_label("Nome", exact=True).fill("Suporte")
    page.locator("[name=phone_number_id]").fill("100000000000009")
    with phone.watch.allowing(re.compile("422")):
        page.get_by_test_id("save-channel").click()
        expect(page.locator("[name=access_token]")).to_be_focused()


def test_a_channel_says_that_its_app_is_switched_off(team: Team, chat: dict[str, Any], seat: TakeSeat) -> None:
    """Switching off asks first, and the channel does not go on looking ready."""
    ana = seat("Ana")
    ana.log_in(team.admin)
    page = ana.visit("/settings/apps")
    page.get_by_test_id("switch-webchat").click()
    page.locator("#confirm-dialog button.btn-primary").click()
    expect(page.get_by_test_id("switch-webchat")).to_have_attribute("aria-checked", "false")
    expect(ana.visit("/settings/channels").get_by_text("Aplicativo desligado")).to_be_visible()
    expect(ana.visit(f"/settings/channels/{chat['id']}").get_by_text("nada chega e nada é enviado")).to_be_visible()


def test_the_checks_themselves_find_something(seat: TakeSeat) -> None:
    """A page with faults of every kind does not pass: else the other tests would prove nothing."""
    somebody = seat("somebody")
    page = somebody.visit("/login")
    page.evaluate("document.body.append(document.createElement('img'))")
    page.evaluate("document.body.append(Object.assign(document.createElement('style'), {textContent: 'p{}'}))")
    page.evaluate("console.error('a fault')")
    assert [found for found in _check(somebody, "/login", "pt_BR") if "image-alt" in found]
    wait_for(lambda: page.title() and len(somebody.watch.complaints) >= 2, "the complaints")
    told = " ".join(somebody.watch.complaints)
    assert "policy: style-src" in told
    assert "a fault" in told
    somebody.watch.complaints.clear()


def _tab_to(page: Page, testid: str, most: int = 60) -> None:
    """Press Tab until the focus is there."""
    for _ in range(most):
        if page.evaluate("document.activeElement?.dataset?.testid") == testid:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{testid} can't be reached with Tab")


def _look(api: RemoteApi, theme: str, locale: str) -> None:
    api.patch("/me", {"theme": theme, "locale": locale})


def _check(seat: Seat, path: str, locale: str) -> list[str]:
    """What axe finds wrong on the page, and a language that is not the one asked for."""
    page = seat.page
    found = [] if "/login" not in page.url or path == "/login" else [f"{path} asks for a login"]
    title = page.locator("html").get_attribute("lang")
    if title != locale.replace("_", "-"):
        found.append(f"lang is {title}")
    return [*found, *faults(page)]
