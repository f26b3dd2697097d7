"""The bell in a real browser: live in two tabs, by keyboard, clean in both themes; the page and the switches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ramal.database.session import transaction
from ramal.events.hub import Hub
from ramal.events.sequencer import sequence
from ramal.notifications.services import notify
from ramal.testing.factories import PASSWORD, Member
from ramal.testing.screens import faults
from ramal.testing.waiting import wait_for

pytestmark = pytest.mark.e2e

CODE = "CONVERSATION_ASSIGNED"
LOOKS = [(1280, "light"), (360, "dark")]


@pytest.fixture
def address(app: Flask, hub: Hub, port: int) -> str:
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def sit_down(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """``sit_down(member, width, theme)``: logged in, on the profile; a complaint in the console fails the test."""
    expect.set_options(timeout=60_000)
    problems: list[str] = []
    contexts: list[BrowserContext] = []

    def sit(member: Member, width: int = 1280, theme: Any = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, locale="en-US", has_touch=width < 500
        )
        contexts.append(context)
        context.set_default_timeout(60_000)
        context.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        context.on("weberror", lambda error: problems.append(str(error.error)))
        page = context.new_page()
        page.goto(f"{address}/login?next=/settings/profile")
        page.get_by_test_id("login-email").fill(member.email)
        page.get_by_test_id("login-password").fill(PASSWORD)
        page.get_by_test_id("login-submit").click()
        page.wait_for_url("**/settings/profile")
        return page

    yield sit
    for context in contexts:
        context.close()
    # What the browser says of a network that a test took away, and of a socket that closed amid a frame.
    expected = re.compile("ERR_INTERNET_DISCONNECTED|WebSocket connection to")
    assert [one for one in problems if not expected.search(one)] == []


@pytest.fixture
def tell(agent: Member) -> Callable[..., None]:
    """``tell("A title")``: the agent is told, and the sequencer ran."""

    def write(*titles: str, **more: Any) -> None:
        for title in titles:
            with transaction():
                notify(CODE, user_ids=[agent.id], title=title, **more)
        sequence()

    return write


@pytest.fixture
def unread(api: Callable[[Member], Any], agent: Member) -> Callable[[int], None]:
    """``unread(2)``: wait until the server knows that so many are left, then number the events."""

    def wait(number: int) -> None:
        wait_for(lambda: api(agent).get("/notifications").json["unread"] == number, timeout=30)
        sequence()

    return wait


def items(page: Page) -> Any:
    return page.locator("#bell-list").get_by_test_id("notification")


def test_the_bell_is_live_in_every_tab(sit_down, address, agent, tell, unread):
    first = sit_down(agent)
    second = first.context.new_page()
    second.goto(f"{address}/settings/notifications")
    for tab in (first, second):
        expect(tab.get_by_test_id("bell-count")).to_be_hidden()
    tell("One", "Two", url="/settings/notifications")
    for tab in (first, second):
        expect(tab.get_by_test_id("bell-count")).to_have_text("2")
        expect(tab).to_have_title(re.compile(r"^\(2\) "))
    expect(first.locator("#live-region")).to_have_text(re.compile("New notification: "))

    first.get_by_test_id("bell").click()
    expect(items(first)).to_have_count(2)
    tell("Three")
    expect(items(first)).to_have_count(3)
    expect(items(first).first).to_contain_text("Three")
    # A click opens what it is about, and reads it everywhere.
    items(first).nth(1).locator("a").click()
    first.wait_for_url("**/settings/notifications")
    unread(2)
    for tab in (first, second):
        expect(tab.get_by_test_id("bell-count")).to_have_text("2")
    # What leads nowhere is read where it stands.
    first.get_by_test_id("bell").click()
    items(first).first.locator("button").click()
    unread(1)
    for tab in (first, second):
        expect(tab.get_by_test_id("bell-count")).to_have_text("1")
    first.get_by_test_id("read-all").click()
    unread(0)
    for tab in (first, second):
        expect(tab.get_by_test_id("bell-count")).to_be_hidden()
        expect(tab).to_have_title(re.compile(r"^[^(]"))
    expect(first.locator("#bell-list .is-unread")).to_have_count(0)
    expect(first.get_by_test_id("read-all")).to_be_disabled()


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_the_menu_by_keyboard(sit_down, agent, tell, width, theme):
    page = sit_down(agent, width, theme)
    page.get_by_test_id("bell").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("no-notifications")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("bell")).to_be_focused()

    tell(*(f"Notification {number}" for number in range(12)))
    expect(page.get_by_test_id("bell-count")).to_have_text("12")
    page.keyboard.press("Enter")
    expect(items(page)).to_have_count(8)
    expect(page.get_by_test_id("read-all")).to_be_focused()
    assert faults(page) == []
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(items(page).first.locator("[data-notification]")).to_be_focused()
    page.get_by_test_id("older-notifications").focus()
    page.keyboard.press("Enter")
    expect(items(page)).to_have_count(12)
    expect(items(page).nth(8).locator("[data-notification]")).to_be_focused()
    expect(page.get_by_test_id("older-notifications")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("bell-count")).to_have_text("11")
    # The list came anew, and took nothing away: neither the older ones nor the place.
    expect(page.locator("#bell-list .is-unread")).to_have_count(11)
    tell("One more")
    expect(items(page).first).to_contain_text("One more")
    expect(page.locator("#bell-list [data-notification]:focus")).to_contain_text("Notification 3")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("bell")).to_be_focused()


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_the_whole_list_and_the_switches(sit_down, address, agent, tell, width, theme):
    page = sit_down(agent, width, theme)
    tell(*(f"Notification {number}" for number in range(33)))
    page.goto(f"{address}/notifications")
    rows = page.locator("#all-notifications").get_by_test_id("notification")
    expect(rows).to_have_count(30)
    assert faults(page) == []
    page.locator("#all-notifications").get_by_test_id("older-notifications").click()
    expect(rows).to_have_count(33)
    rows.first.locator("[data-notification]").click()
    expect(page.get_by_test_id("bell-count")).to_have_text("32")
    page.get_by_test_id("page-read-all").click()
    expect(page.locator("#all-notifications .is-unread")).to_have_count(0)
    page.locator("main nav").get_by_role("link", name="Unread").click()
    expect(page.locator("#all-notifications").get_by_test_id("no-notifications")).to_be_visible()
    assert faults(page) == []

    page.goto(f"{address}/settings/notifications")
    switch = page.get_by_role("switch", name=re.compile("A conversation is given to you"))
    expect(switch).to_be_checked()
    switch.focus()
    page.keyboard.press("Space")
    page.get_by_test_id("save-notifications").click()
    expect(page.get_by_text("Your choices were saved.")).to_be_visible()
    expect(switch).not_to_be_checked()
    assert faults(page) == []
    tell("Not wanted")
    page.goto(f"{address}/notifications")
    expect(page.get_by_test_id("bell-count")).to_be_hidden()


def test_in_the_inbox_what_is_opened_is_read(sit_down, address, agent, tell, make, conversation):
    make.message(conversation, "Bom dia!")
    page = sit_down(agent)
    page.goto(f"{address}/inbox")
    title = page.title()
    tell("Marina", subject=("conversation", conversation.id), url=f"/inbox/{conversation.id}")
    expect(page.get_by_test_id("bell-count")).to_have_text("1")
    # The inbox counts conversations there, not notifications.
    assert page.title() == title
    page.get_by_test_id("conversation-card").click()
    expect(page.get_by_test_id("bell-count")).to_be_hidden()
    # News about what is looked at is read as it comes.
    tell("Marina again", subject=("conversation", conversation.id))
    tell("Something else")
    expect(page.get_by_test_id("bell-count")).to_have_text("1")
    page.get_by_test_id("bell").click()
    expect(items(page)).to_have_count(3)
    expect(page.locator("#bell-list .is-unread")).to_have_count(1)


def test_what_was_missed_is_there_again(sit_down, address, agent, tell):
    page = sit_down(agent)
    expect(page.get_by_test_id("bell-count")).to_be_hidden()
    page.context.set_offline(True)
    tell("Missed")
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_for(lambda: page.get_by_test_id("bell-count").is_visible(), timeout=30)
