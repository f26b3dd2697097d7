"""The inbox in a real browser, with what plugins put into it: by keyboard, by touch, in both themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from ramal.channels.types import FailureClass
from ramal.database.base import new_id, utcnow
from ramal.database.session import db
from ramal.events.hub import Hub
from ramal.events.sequencer import sequence
from ramal.inbox import services
from ramal.inbox.models import Message
from ramal.pipeline.outbound import Sender
from ramal.testing import channels as echo
from ramal.testing.factories import PASSWORD, Member
from ramal.testing.screens import faults
from ramal.testing.waiting import wait_for

pytestmark = pytest.mark.e2e

LOOKS = [(1280, "light"), (360, "dark")]


@pytest.fixture
def address(desk_app: Flask, hub: Hub, port: int) -> str:
    """The application on a port, with a hub of this test's own."""
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def sit_down(browser: Browser, address: str, agent: Member) -> Iterator[Callable[..., Page]]:
    """``sit_down(width, theme)``: the agent in front of the inbox; a complaint in the console fails the test."""
    expect.set_options(timeout=60_000)
    problems: list[str] = []
    contexts = []

    def note(line: Any) -> None:
        # Chromium reports a refused request as an error, too; what the agent is told of it is the test's business.
        if line.type == "error" and "409" not in line.text:
            problems.append(line.text)

    def sit(width: int, theme: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, locale="en-US", has_touch=width < 500
        )
        contexts.append(context)
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{address}/login")
        page.get_by_test_id("login-email").fill(agent.email)
        page.get_by_test_id("login-password").fill(PASSWORD)
        page.get_by_test_id("login-submit").click()
        page.wait_for_url(lambda url: "/login" not in url)
        page.goto(f"{address}/inbox")
        page.get_by_test_id("tab-all").click()
        return page

    yield sit
    for context in contexts:
        context.close()
    assert problems == []


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_a_plugins_filter_by_keyboard(sit_down, open_conversation, make, api, agent, width, theme):
    vip = make.label("VIP")
    for name in ("Ana", "Bia", "Caio"):
        conversation = open_conversation(name)
        if name != "Caio":
            api(agent).put(f"/conversations/{conversation.id}/labels", {"label_ids": [str(vip.id)]})
    page = sit_down(width, theme)
    cards = page.get_by_test_id("conversation-card")
    expect(cards).to_have_count(3)

    page.get_by_test_id("filter-menu").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("filter-status")).to_be_focused()
    # The arrow keys belong to the field, not to the menu.
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("filter-status")).to_have_value("pending")
    page.keyboard.press("ArrowUp")
    field = page.locator("[name='filter.desk.label']")
    expect(field).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(field).to_be_focused()
    page.keyboard.type("VIP")
    expect(cards).to_have_count(2)
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("filter-menu")).to_be_focused()
    chip = page.get_by_test_id("active-filter")
    expect(chip).to_have_text("Label: VIP")
    expect(page.get_by_test_id("count-all")).to_have_text("2")
    assert faults(page) == []

    chip.click()
    expect(cards).to_have_count(3)
    expect(chip).to_have_count(0)
    expect(field).to_have_value("")
    expect(page.get_by_test_id("count-all")).to_have_text("3")


def test_what_arrives_under_a_filter_is_placed_by_the_plugin(sit_down, open_conversation, make, api, agent):
    vip = make.label("VIP")
    ana, bia = open_conversation("Ana"), open_conversation("Bia")
    api(agent).put(f"/conversations/{ana.id}/labels", {"label_ids": [str(vip.id)]})
    page = sit_down(1280, "light")
    page.get_by_test_id("filter-menu").click()
    page.locator("[name='filter.desk.label']").fill("VIP")
    page.keyboard.press("Escape")
    cards = page.get_by_test_id("conversation-card")
    expect(cards).to_have_count(1)

    services.take(bia.id, agent.id)
    services.set_labels(bia.id, [vip.id])
    services.set_labels(ana.id, [])
    sequence()
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("Bia")


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_what_plugins_offer_to_do_with_a_message(sit_down, open_conversation, width, theme):
    open_conversation("Ana", body="Tem pão?")
    page = sit_down(width, theme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "message.actions" in request.url else None)
    page.get_by_test_id("conversation-card").click()
    bubble = page.get_by_test_id("message").filter(has_text="Tem pão?")
    bubble.focus()
    button = bubble.get_by_test_id("message-menu")
    expect(button).to_be_visible()
    # The conversation itself says that it can be replied to; its messages may be here before it.
    expect(bubble.get_by_test_id("reply-button")).to_be_visible()
    assert asked == []
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    choice = page.get_by_role("button", name="Copy to Ana: Tem pão?")
    expect(choice).to_be_visible()
    # What the channel can do comes first.
    expect(page.get_by_test_id("quick-reaction").first).to_be_focused()
    page.keyboard.press("End")
    expect(choice).to_be_focused()
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(choice).not_to_be_visible()
    expect(button).to_be_focused()
    # Asked anew each time: what is offered may have changed.
    page.keyboard.press("Enter")
    expect(choice).to_be_visible()
    page.keyboard.press("End")
    expect(choice).to_be_focused()
    page.keyboard.press("Enter")
    expect(choice).not_to_be_visible()
    assert len(asked) == 2
    sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert sideways == 0


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_the_thread_tells_what_became_of_the_conversation(sit_down, open_conversation, agent, width, theme):
    open_conversation("Ana", body="Tem pão?")
    page = sit_down(width, theme)
    page.get_by_test_id("conversation-card").click()
    with page.expect_response(lambda answer: answer.url.endswith("/take")):
        page.get_by_test_id("take-button").click()
    sequence()
    line = page.locator("[data-testid='message'][data-kind='system']")
    expect(line).to_contain_text(f"{agent.name} took this conversation")
    with page.expect_response(lambda answer: answer.url.endswith("/resolve")):
        page.get_by_test_id("resolve-button").click()
    sequence()
    expect(line).to_have_count(2)
    expect(line.last).to_contain_text(f"Resolved by {agent.name}")
    assert faults(page) == []


def test_a_phone_folds_assigning_and_labels_into_one_menu(sit_down, open_conversation, make, api, agent):
    make.label("VIP")
    conversation = open_conversation("Ana Maria dos Santos", body="Tem pão?")
    page = sit_down(360, "light")
    page.get_by_test_id("conversation-card").click()
    title = page.get_by_test_id("conversation-title")
    expect(title).to_be_visible()
    assert page.locator(".header-actions > button:visible").count() == 3, "take, resolve, more"
    assert title.evaluate("name => name.clientWidth") > 120
    more = page.get_by_test_id("more-menu")
    more.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("assign-menu")).to_be_focused()
    page.keyboard.press("ArrowDown")
    labels = page.get_by_test_id("label-menu")
    expect(labels).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("label-choice")).to_be_focused()
    with page.expect_response(lambda answer: answer.request.method in ("PUT", "PATCH") and answer.ok):
        page.keyboard.press("Space")
    expect(labels).to_contain_text("(1)")
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(labels).to_be_focused()
    # A choice in the inner menu ends both, and leads back to the button.
    page.get_by_test_id("assign-menu").click()
    with page.expect_response(lambda answer: answer.url.endswith("/take")):
        page.get_by_test_id("assign-me").click()
    expect(page.locator("[data-menu]:popover-open")).to_have_count(0)
    expect(more).to_be_focused()
    expect(page.get_by_test_id("take-button")).to_have_count(0)
    shown = api(agent).get(f"/conversations/{conversation.id}").json
    assert shown["assignee"]["name"] == agent.name
    assert [label["name"] for label in shown["labels"]] == ["VIP"]
    # Turned to a wider screen, each has its own button again.
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator(".header-actions > [data-testid='label-menu']")).to_be_visible()


def test_several_files_leave_as_several_messages(sit_down, open_conversation, messages_of, agent, tmp_path):
    conversation = open_conversation("Ana", assignee_id=agent.id)
    files = []
    for number, color in enumerate(("red", "green", "blue")):
        files.append(tmp_path / f"{number}.png")
        Image.new("RGB", (40, 30), color).save(files[-1])
    page = sit_down(1280, "light")
    page.get_by_test_id("conversation-card").click()
    page.get_by_test_id("attach-input").set_input_files(files)
    expect(page.locator("[data-testid='upload'][data-state='ready']")).to_have_count(3)
    page.get_by_test_id("composer-input").fill("as fotos")
    page.get_by_test_id("composer-input").press("Enter")
    ours = page.locator("[data-testid='message'][data-direction='out']")
    expect(ours).to_have_count(3)
    expect(ours.first).to_contain_text("as fotos")

    sent = wait_for(lambda: [found] if len(found := messages_of(conversation)) == 4 else None, "all three")[0][1:]
    assert [(message.kind, message.body) for message in sent] == [
        ("image", "as fotos"),
        ("image", None),
        ("image", None),
    ]
    assert len({message.client_id for message in sent}) == 3
    shown = page.evaluate("[...document.querySelectorAll('[data-direction=out]')].map((row) => row.dataset.clientId)")
    assert shown == [str(message.client_id) for message in sent]
    assert db.session.execute(db.select(Message).where(Message.kind == "text", Message.direction == "out")).all() == []


@pytest.fixture
def talk(open_conversation, make, agent) -> Message:
    """What the agent wrote to Ana just now, and she to them."""
    conversation = open_conversation("Ana", body="Tem pão?", assignee_id=agent.id)
    columns = {"direction": "out", "status": "delivered", "author_id": agent.id, "provider_id": f"out-{new_id()}"}
    return make.message(conversation, "Temos sm", sent_at=utcnow(), **columns)


def carry_out() -> None:
    """The worker sends what waits, and the page hears of it."""
    sequence()
    sender = Sender(threads=1)
    while sender.run_once():
        pass
    sender.close()
    sequence()


def answered(page: Page) -> Any:
    """``with answered(page):`` the server has taken the change that is made inside."""
    return page.expect_response(
        lambda answer: "/api/v1/messages/" in answer.url and answer.request.method in ("PUT", "PATCH", "DELETE")
    )


def choose(page: Page, bubble: Any, testid: str) -> None:
    """By keyboard: the bubble's menu, then an entry."""
    bubble.focus()
    bubble.get_by_test_id("message-menu").press("Enter")
    page.get_by_test_id(testid).press("Enter")


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_reacting_by_keyboard(sit_down, talk, agent, width, theme):
    page = sit_down(width, theme)
    page.get_by_test_id("conversation-card").click()
    bubble = page.get_by_test_id("message").filter(has_text="Tem pão?")
    bubble.focus()
    menu = bubble.get_by_test_id("message-menu")
    menu.press("Enter")
    quick = page.get_by_test_id("quick-reaction")
    expect(quick.first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(quick.nth(1)).to_be_focused()
    assert faults(page) == []
    with answered(page):
        page.keyboard.press("Enter")

    expect(bubble.get_by_test_id("pending-reaction")).to_be_visible()
    expect(menu).to_be_focused()
    assert faults(page) == []
    # It is still on its way after a reload.
    page.reload()
    expect(bubble.get_by_test_id("pending-reaction")).to_be_visible()
    carry_out()
    expect(bubble.get_by_test_id("pending-reaction")).to_have_count(0)
    own = bubble.get_by_test_id("own-reaction")
    expect(own).to_have_accessible_name(f"❤️ by {agent.name}. Take the reaction back")
    assert faults(page) == []

    # Another one from the picker takes its place; a click on it takes it back.
    choose(page, bubble, "more-reactions")
    with answered(page):
        page.get_by_role("button", name="🎉").click()
    carry_out()
    expect(own).to_contain_text("🎉")
    expect(own).to_have_count(1)
    with answered(page):
        own.click()
    expect(bubble.get_by_test_id("pending-reaction")).to_be_visible()
    carry_out()
    expect(bubble.locator(".reaction")).to_have_count(0)
    assert [change.emoji for change in echo.provider("default").changes if change.own is False][-3:] == [
        "❤️",
        "🎉",
        None,
    ]


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_editing_keeps_the_draft(sit_down, talk, desk_plugin, width, theme):
    page = sit_down(width, theme)
    page.get_by_test_id("conversation-card").click()
    bubble = page.locator(f"[data-message-id='{talk.id}']")
    field, strip = page.get_by_test_id("composer-input"), page.get_by_test_id("edit-strip")
    field.fill("um rascunho")
    choose(page, bubble, "edit-message")
    expect(field).to_be_focused()
    expect(field).to_have_value("Temos sm")
    expect(strip).to_contain_text("Temos sm")
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(strip).to_have_count(0)
    expect(field).to_have_value("um rascunho")

    # A refusal loses neither the new words nor the draft.
    choose(page, bubble, "edit-message")
    expect(field).to_be_focused()
    field.fill("Temos sim!")
    desk_plugin.objects_to["send"] = "Sem exclamações."
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("toast")).to_contain_text("Sem exclamações.")
    expect(field).to_have_value("Temos sim!")
    expect(bubble).to_contain_text("Temos sm")
    desk_plugin.objects_to.clear()
    with answered(page):
        page.get_by_test_id("send-button").click()
    expect(strip).to_have_count(0)
    expect(field).to_have_value("um rascunho")
    expect(bubble.get_by_test_id("pending-change")).to_be_visible()
    expect(bubble).to_contain_text("Temos sim!")
    assert faults(page) == []
    carry_out()
    expect(bubble.get_by_test_id("pending-change")).to_have_count(0)
    expect(bubble).to_contain_text("edited")
    expect(bubble).to_contain_text("Temos sim!")

    # From an empty field the last message of one's own is at hand; in one with words the arrow moves among them.
    field.press("ArrowUp")
    expect(strip).to_have_count(0)
    field.fill("")
    field.press("ArrowUp")
    expect(field).to_have_value("Temos sim!")
    page.get_by_test_id("cancel-edit").click()
    expect(field).to_have_value("")


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_deleting_for_everyone_asks_first_and_tells_what_became_of_it(sit_down, talk, width, theme):
    page = sit_down(width, theme)
    page.get_by_test_id("conversation-card").click()
    bubble = page.locator(f"[data-message-id='{talk.id}']")
    dialog = page.locator("#confirm-dialog")
    choose(page, bubble, "revoke-message")
    expect(dialog).to_be_visible()
    assert faults(page) == []
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).not_to_be_visible()
    expect(bubble.get_by_test_id("pending-change")).to_have_count(0)

    def delete() -> None:
        choose(page, bubble, "revoke-message")
        with answered(page):
            dialog.get_by_role("button", name="Continue").click()
        expect(bubble.get_by_test_id("pending-change")).to_be_visible()
        assert faults(page) == []

    delete()
    echo.provider("default").fail_change(FailureClass.PERMANENT, "Tarde demais.")
    carry_out()
    expect(page.locator("[data-testid='message'][data-kind='system']")).to_contain_text(
        "A message could not be deleted: Tarde demais."
    )
    expect(bubble.get_by_test_id("pending-change")).to_have_count(0)
    expect(bubble).to_contain_text("Temos sm")
    delete()
    carry_out()
    expect(bubble).to_contain_text("This message was deleted")
    sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert sideways == 0
