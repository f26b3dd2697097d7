"""The board in a real browser: by mouse, by keyboard, by menu and by finger; with somebody else at it, too."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, Playwright, Route, expect
from werkzeug.serving import make_server

from ramal.database.session import transaction
from ramal.events.hub import Hub
from ramal.events.sequencer import sequence
from ramal.testing.client import JsonClient
from ramal.testing.screens import faults
from ramal.web.socket.authority import still_valid
from ramal_crm.models import Deal
from ramal_crm.services import deals, pipelines
from ramal_crm.services.deals.board import FIRST, PAGE

pytestmark = pytest.mark.e2e

CHROMIUM = os.environ.get("RAMAL_CHROMIUM") or "/usr/bin/chromium"
#: Where pictures of the pages go, to be looked at.
PICTURES = os.environ.get("RAMAL_PICTURES")


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    expect.set_options(timeout=60_000)
    # One Playwright a process: other tests of the run may have started it.
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
    yield browser
    browser.close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application with its sockets, and somebody who puts its events in order."""
    hub = app.extensions["ramal.hub"] = Hub(app)
    hub.authority = still_valid
    server = make_server("127.0.0.1", 0, app, threaded=True)
    stop = threading.Event()

    def put_in_order() -> None:
        with app.app_context():
            while not stop.wait(0.05):
                sequence()

    threads = [threading.Thread(target=server.serve_forever), threading.Thread(target=put_in_order)]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{server.port}"
    stop.set()
    server.shutdown()
    for thread in threads:
        thread.join()
    server.server_close()
    hub.close()


@dataclass
class Seat:
    """One person in front of the board."""

    page: Page
    base: str
    problems: list[str] = field(default_factory=list)

    def card(self, title: str) -> Locator:
        return self.page.get_by_test_id("deal-card").filter(has_text=title)

    def column(self, name: str) -> Locator:
        return self.page.get_by_test_id("column").filter(has=self.page.get_by_role("heading", name=name))

    def titles(self, name: str) -> list[str]:
        return self.column(name).locator("[data-title]").all_inner_texts()

    def drag(self, title: str, to: Locator, *, shown: Locator | None = None, release: bool = True) -> None:
        """As a hand does: press, move in steps, see where the card would fall, let go."""
        mouse, start = self.page.mouse, middle(self.card(title))
        mouse.move(*start)
        mouse.down()
        mouse.move(start[0] + 12, start[1] + 12, steps=4)
        self.page.locator("body.is-dragging-deal").wait_for()
        mouse.move(*middle(to), steps=12)
        mouse.move(*(place + 2 for place in middle(to)), steps=3)
        expect(shown or to.locator(".is-ghost")).to_have_count(1)
        if release:
            mouse.up()


def middle(target: Locator) -> tuple[float, float]:
    target.wait_for()
    box = target.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + min(box["height"] / 2, 90)


@pytest.fixture
def seat(chromium: Browser, address: str) -> Iterator[Callable[..., Seat]]:
    opened = []

    def take(
        member: Any,
        *,
        width: int = 1280,
        theme: Any = "light",
        touch: bool = False,
        slow: int = 1,
        held: Callable[[Route], None] | None = None,
    ) -> Seat:
        """``slow``: how many times slower the browser's processor is; ``held`` gets the request for the script."""
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, locale="pt-BR", has_touch=touch
        )
        opened.append(context)
        context.set_default_timeout(60_000)
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slow})
        taken = Seat(page, address)
        page.on("console", lambda line: taken.problems.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: taken.problems.append(str(error)))
        if held is not None:
            page.route("**/assets/board.*.js", held)
        page.goto(f"{address}/login?next=/p/crm/board")
        page.fill("#email", member.email)
        page.fill("#password", member.password)
        page.get_by_test_id("login-submit").click()
        page.get_by_test_id("board").wait_for()
        if held is None:
            page.locator("[data-board][data-ready]").wait_for()
        return taken

    yield take
    for context in opened:
        context.close()


@pytest.fixture
def stages(desk: JsonClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.get("/crm/pipelines").json["items"][0]["stages"]
    return found


@pytest.fixture
def deal(desk: JsonClient, stages: list[dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Open a deal."""

    def made(title: str, stage: int = 0, amount: str = "100.00") -> dict[str, Any]:
        answer = desk.post("/crm/deals", {"title": title, "stage_id": stages[stage]["id"], "amount": amount})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json
        return found

    return made


def looked_at(page: Page, name: str) -> list[str]:
    """What axe and the width say of the page."""
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
    return [f"{name}: {found}" for found in faults(page)]


def complaints(seat: Seat) -> list[str]:
    """The line to the socket is cut when a page is left; a conflict is an answer like others."""
    return [problem for problem in seat.problems if "/ws" not in problem and "409" not in problem]


def test_a_card_is_dragged_to_another_column(
    seat: Callable[..., Seat], admin: Any, desk: JsonClient, stages: list[dict[str, Any]], deal: Any
) -> None:
    made = deal("Bolo", amount="80.50")
    deal("Torta")
    board = seat(admin)
    expect(board.column("Novo contato").get_by_test_id("total")).to_have_text("R$ 180,50")
    board.drag("Bolo", board.column("Proposta enviada").get_by_role("list"))
    expect(board.column("Proposta enviada").get_by_test_id("total")).to_have_text("R$ 80,50")
    expect(board.column("Novo contato").get_by_test_id("count")).to_contain_text("1")
    expect(board.card("Bolo")).to_have_attribute("data-version", "2")
    assert board.titles("Proposta enviada") == ["Bolo"]
    assert desk.get(f"/crm/deals/{made['id']}").json["stage_id"] == stages[2]["id"]
    board.page.reload()
    assert board.titles("Proposta enviada") == ["Bolo"]
    assert not complaints(board)


def test_cards_are_put_in_order_by_mouse(seat: Callable[..., Seat], admin: Any, deal: Any) -> None:
    for title in ("três", "dois", "um"):
        deal(title)
    board = seat(admin)
    assert board.titles("Novo contato") == ["um", "dois", "três"]
    ghost = board.column("Novo contato").locator(".is-ghost:not(:first-child)")
    board.drag("um", board.card("três"), shown=ghost)
    expect(board.card("um")).to_have_attribute("data-version", "2")
    order = board.titles("Novo contato")
    assert order.index("um") > 0
    board.page.reload()
    assert board.titles("Novo contato") == order


def test_a_deal_is_won_and_lost_by_dragging(seat: Callable[..., Seat], admin: Any, desk: JsonClient, deal: Any) -> None:
    won, lost = deal("Bolo"), deal("Torta")
    board = seat(admin)
    board.drag("Bolo", board.page.get_by_test_id("zone-win"))
    board.page.get_by_text("“Bolo” was won.").or_(board.page.get_by_text("“Bolo” foi ganho.")).wait_for()
    expect(board.column("Novo contato").get_by_test_id("count")).to_contain_text("1")
    board.drag("Torta", board.page.get_by_test_id("zone-lose"))
    dialog = board.page.get_by_test_id("lost-dialog")
    dialog.get_by_role("combobox").select_option(label="Preço")
    dialog.get_by_role("textbox").fill("caro demais")
    # The card leaves before the server has said yes.
    with board.page.expect_response("**/lose"):
        dialog.get_by_test_id("lose").click()
    expect(board.card("Torta")).to_have_count(0)
    expect(board.column("Novo contato").get_by_test_id("total")).to_have_text("R$ 0,00")
    assert desk.get(f"/crm/deals/{won['id']}").json["state"] == "won"
    found = desk.get(f"/crm/deals/{lost['id']}").json
    assert (found["state"], found["loss_note"]) == ("lost", "caro demais")
    assert not complaints(board)


@pytest.mark.parametrize("slow", [1, 12])
def test_a_card_is_moved_by_keyboard(
    seat: Callable[..., Seat], admin: Any, desk: JsonClient, stages: list[dict[str, Any]], deal: Any, slow: int
) -> None:
    made = deal("Bolo")
    deal("Torta")
    deal("Pudim", stage=1)
    board = seat(admin, slow=slow)
    page, said = board.page, board.page.locator("#live-region")
    board.card("Torta").focus()
    page.keyboard.press("ArrowDown")
    expect(board.card("Bolo")).to_be_focused()
    page.keyboard.press("Space")
    expect(said).to_contain_text("Bolo")
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("Qualificação, 2")
    page.keyboard.press("ArrowUp")
    expect(said).to_contain_text("Qualificação, 1")
    page.keyboard.press("Escape")
    assert board.titles("Novo contato") == ["Torta", "Bolo"]
    expect(board.card("Bolo")).to_be_focused()
    assert desk.get(f"/crm/deals/{made['id']}").json["version"] == 1
    for key in ("Space", "ArrowRight", "ArrowUp", "Space"):
        page.keyboard.press(key)
    expect(board.card("Bolo")).to_have_attribute("data-version", "2")
    assert board.titles("Qualificação") == ["Bolo", "Pudim"]
    expect(board.card("Bolo")).to_be_focused()
    assert desk.get(f"/crm/deals/{made['id']}").json["stage_id"] == stages[1]["id"]
    page.keyboard.press("Enter")
    page.get_by_test_id("deal-amount").wait_for()
    assert not complaints(board)


@pytest.mark.parametrize("slow", [1, 12])
def test_the_menu_moves_for_everybody(
    seat: Callable[..., Seat], admin: Any, desk: JsonClient, deal: Any, slow: int
) -> None:
    made = deal("Bolo")
    board = seat(admin, slow=slow)
    board.card("Bolo").get_by_test_id("deal-menu").click()
    assert not looked_at(board.page, "move-dialog")
    board.page.get_by_test_id("move-dialog").get_by_role("button", name="Fechamento").click()
    expect(board.card("Bolo")).to_have_attribute("data-version", "2")
    assert board.titles("Fechamento") == ["Bolo"]
    board.card("Bolo").get_by_test_id("deal-menu").click()
    # The card leaves before the server has said yes.
    with board.page.expect_response("**/win"):
        board.page.get_by_test_id("move-dialog").locator("[data-move-to=win]").click()
    expect(board.card("Bolo")).to_have_count(0)
    expect(board.column("Fechamento").get_by_test_id("count")).to_contain_text("0")
    assert desk.get(f"/crm/deals/{made['id']}").json["state"] == "won"


def test_the_focus_goes_on_when_its_card_is_won_or_lost(seat: Callable[..., Seat], admin: Any, deal: Any) -> None:
    for title in ("Bolo", "Torta", "Pudim"):
        deal(title)
    board = seat(admin)
    keyboard = board.page.keyboard

    def ask(title: str, goal: str) -> None:
        board.card(title).get_by_test_id("deal-menu").focus()
        keyboard.press("Enter")
        board.page.get_by_test_id("move-dialog").locator(f"[data-move-to={goal}]").focus()
        keyboard.press("Enter")

    ask("Torta", "win")
    expect(board.card("Bolo")).to_be_focused()
    ask("Bolo", "lose")
    board.page.get_by_test_id("lose").focus()
    keyboard.press("Enter")
    expect(board.card("Pudim")).to_be_focused()
    ask("Pudim", "win")
    expect(board.column("Novo contato").locator("[data-column]")).to_be_focused()
    expect(board.card("Pudim")).to_have_count(0)
    assert not looked_at(board.page, "empty-column")


def test_nothing_is_offered_before_it_works(seat: Callable[..., Seat], admin: Any, deal: Any) -> None:
    deal("Bolo")
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    board = seat(admin, held=hold)
    expect(board.card("Bolo")).to_be_visible()
    expect(board.card("Bolo").get_by_test_id("deal-menu")).to_be_hidden()
    waiting[0].continue_()
    board.card("Bolo").get_by_test_id("deal-menu").click()
    expect(board.page.get_by_test_id("move-dialog")).to_be_visible()


def test_a_press_and_an_open_dialog_outlast_what_others_do(
    seat: Callable[..., Seat], admin: Any, clerk: JsonClient, stages: list[dict[str, Any]], deal: Any
) -> None:
    made = deal("Bolo")
    board = seat(admin)
    mouse, dialog = board.page.mouse, board.page.get_by_test_id("move-dialog")
    mouse.move(*middle(board.card("Bolo").get_by_test_id("deal-menu")))
    mouse.down()
    clerk.post(f"/crm/deals/{made['id']}/move", {"stage_id": stages[2]["id"], "version": 1})
    board.page.get_by_test_id("toast").filter(has_text="Bia Agente").wait_for()
    mouse.up()
    expect(dialog).to_be_visible()
    expect(board.column("Proposta enviada").get_by_test_id("deal-card")).to_have_count(1)
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Fechamento").click()
    expect(board.card("Bolo")).to_have_attribute("data-version", "3")
    assert board.titles("Fechamento") == ["Bolo"]
    expect(board.card("Bolo")).to_be_focused()
    assert not complaints(board)


def test_the_focus_stays_where_it_is_when_others_change_the_card(
    seat: Callable[..., Seat], admin: Any, clerk: JsonClient, stages: list[dict[str, Any]], deal: Any
) -> None:
    made = deal("Bolo")
    board = seat(admin)
    menu = board.card("Bolo").get_by_test_id("deal-menu")
    menu.focus()
    clerk.patch(f"/crm/deals/{made['id']}", {"title": "Bolo de fubá"})
    expect(board.card("Bolo")).to_contain_text("Bolo de fubá")
    expect(menu).to_be_focused()
    board.card("Bolo").focus()
    clerk.post(f"/crm/deals/{made['id']}/move", {"stage_id": stages[3]["id"], "version": 2})
    expect(board.column("Negociação").get_by_test_id("deal-card")).to_have_count(1)
    expect(board.card("Bolo")).to_be_focused()


def test_a_card_in_hand_outlasts_many_changes(seat: Callable[..., Seat], admin: Any, deal: Any) -> None:
    deal("Bolo")
    board = seat(admin)
    board.card("Bolo").focus()
    board.page.keyboard.press("Space")
    board.page.keyboard.press("ArrowRight")
    # More than are looked at one by one: the whole board is asked for again, once the card is put down.
    with transaction():
        for number in range(12):
            deals.create_deal({"title": f"n {number}"})
    board.page.get_by_test_id("toast").filter(has_text="n 11").wait_for()
    expect(board.page.locator(".is-picked")).to_have_count(1)
    board.page.keyboard.press("Space")
    expect(board.card("Bolo")).to_have_attribute("data-version", "2")
    expect(board.column("Novo contato").get_by_test_id("count")).to_contain_text("12")
    expect(board.card("n 11")).to_have_count(1)
    assert board.titles("Qualificação") == ["Bolo"]
    expect(board.card("Bolo")).to_be_focused()


def test_what_somebody_else_does_shows_by_itself(
    seat: Callable[..., Seat], admin: Any, clerk: JsonClient, stages: list[dict[str, Any]], deal: Any
) -> None:
    made = deal("Bolo")
    board = seat(admin)
    board.page.wait_for_function("performance.getEntriesByType('resource').length > 0")
    moved = clerk.post(f"/crm/deals/{made['id']}/move", {"stage_id": stages[3]["id"], "version": 1})
    assert moved.status_code == 200
    board.page.get_by_test_id("toast").filter(has_text="Bia Agente").wait_for()
    expect(board.column("Negociação").get_by_test_id("deal-card")).to_have_count(1)
    expect(board.column("Negociação").get_by_test_id("total")).to_have_text("R$ 100,00")
    expect(board.column("Novo contato").get_by_test_id("total")).to_have_text("R$ 0,00")
    opened = clerk.post("/crm/deals", {"title": "Torta", "amount": "7"}).json
    expect(board.card("Torta")).to_have_count(1)
    clerk.post(f"/crm/deals/{opened['id']}/win", {})
    expect(board.card("Torta")).to_have_count(0)
    assert not complaints(board)


def test_of_two_who_move_one_card_the_second_is_told_gently(
    seat: Callable[..., Seat], admin: Any, agent: Any, desk: JsonClient, stages: list[dict[str, Any]], deal: Any
) -> None:
    made = deal("Bolo")
    first, second = seat(agent), seat(admin)
    # The second has the card in hand while the first moves it.
    second.drag("Bolo", second.column("Qualificação").get_by_role("list"), release=False)
    first.drag("Bolo", first.column("Fechamento").get_by_role("list"))
    expect(first.card("Bolo")).to_have_attribute("data-version", "2")
    second.page.mouse.up()
    expect(second.column("Fechamento").get_by_test_id("deal-card")).to_have_count(1)
    toast = second.page.get_by_test_id("toast").filter(has_text="Fechamento").first
    expect(toast).to_contain_text("Bia Agente")
    expect(second.column("Qualificação").get_by_test_id("count")).to_contain_text("0")
    assert desk.get(f"/crm/deals/{made['id']}").json["stage_id"] == stages[4]["id"]
    assert first.titles("Fechamento") == second.titles("Fechamento") == ["Bolo"]
    assert not complaints(first) + complaints(second)


def test_a_change_that_is_no_move_is_no_conflict(
    seat: Callable[..., Seat], admin: Any, clerk: JsonClient, deal: Any
) -> None:
    made = deal("Bolo")
    board = seat(admin)
    board.drag("Bolo", board.column("Qualificação").get_by_role("list"), release=False)
    assert clerk.patch(f"/crm/deals/{made['id']}", {"title": "Bolo de fubá"}).status_code == 200
    board.page.mouse.up()
    expect(board.column("Qualificação").get_by_test_id("deal-card")).to_contain_text("Bolo de fubá")
    found = clerk.get(f"/crm/deals/{made['id']}").json
    assert (found["title"], found["version"]) == ("Bolo de fubá", 3)


def test_a_move_that_fails_goes_back(seat: Callable[..., Seat], admin: Any, deal: Any) -> None:
    deal("Bolo")
    board = seat(admin)

    def refuse(route: Route) -> None:
        route.fulfill(status=500, json={"error": {"message": "Deu errado.", "details": {}}})

    board.page.route("**/api/v1/crm/deals/*/move", refuse)
    board.drag("Bolo", board.column("Qualificação").get_by_role("list"))
    board.page.get_by_text("Deu errado.").wait_for()
    assert board.titles("Novo contato") == ["Bolo"]
    expect(board.column("Novo contato").get_by_test_id("total")).to_have_text("R$ 100,00")
    expect(board.column("Qualificação").get_by_test_id("total")).to_have_text("R$ 0,00")


def test_many_cards_come_by_and_by(seat: Callable[..., Seat], admin: Any, desk: JsonClient, deal: Any) -> None:
    stage = pipelines.stages_of(pipelines.default_pipeline().id)[0]
    with transaction() as session:
        facts = {"pipeline_id": stage.pipeline_id, "stage_id": stage.id, "amount": Decimal(1)}
        session.add_all(Deal(title=f"n {number}", rank=number, **facts) for number in range(FIRST + PAGE + 3))
    board = seat(admin)
    expect(board.column("Novo contato").get_by_test_id("deal-card")).to_have_count(FIRST)
    board.page.get_by_test_id("more").click()
    expect(board.column("Novo contato").get_by_test_id("deal-card")).to_have_count(FIRST + PAGE)
    expect(board.card(f"n {FIRST}")).to_be_focused()
    # Near the end the rest comes by itself.
    board.column("Novo contato").get_by_role("list").evaluate("list => { list.scrollTop = list.scrollHeight; }")
    expect(board.column("Novo contato").get_by_test_id("deal-card")).to_have_count(FIRST + PAGE + 3)
    expect(board.page.get_by_test_id("more")).to_have_count(0)


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")])
def test_the_pages_are_clean(
    seat: Callable[..., Seat], admin: Any, desk: JsonClient, deal: Any, make: Any, width: int, theme: str
) -> None:
    product = desk.post("/crm/products", {"name": "Cesta de café da manhã", "code": "C1", "price": "149.90"}).json
    body = {
        "title": "Cestas de Natal para toda a equipe",
        "conversation_id": str(make.conversation().id),
        "tags": ["natal"],
        "items": [{"product_id": product["id"], "quantity": "12", "discount": "10"}],
    }
    made = desk.post("/crm/deals", body).json
    deal("Bolo", stage=1)
    board = seat(admin, width=width, theme=theme)
    found = looked_at(board.page, f"board-{width}-{theme}")
    stage = desk.get("/crm/pipelines").json["items"][0]["stages"][0]["id"]
    for name, path in {
        "deals": "deals",
        "deal": f"deals/{made['id']}",
        "deal-new": "deals/new",
        "pipelines": "pipelines",
        "stage-archive": f"stages/{stage}/archive",
        "products": "products",
    }.items():
        board.page.goto(f"{board.base}/p/crm/{path}")
        found += looked_at(board.page, f"{name}-{width}-{theme}")
    assert not found, "\n".join(found)
    assert not complaints(board)


def test_a_finger_takes_a_card_up_after_a_moment(seat: Callable[..., Seat], admin: Any, deal: Any) -> None:
    deal("Bolo")
    board = seat(admin, touch=True)
    finger = board.page.context.new_cdp_session(board.page)

    def touch(kind: str, place: tuple[float, float] | None = None) -> None:
        points = [{"x": place[0], "y": place[1]}] if place else []
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    start, goal = middle(board.card("Bolo")), middle(board.column("Qualificação").get_by_role("list"))
    touch("touchStart", start)
    # Taken up once it rests: Sortable marks it so.
    board.page.locator(".deal-card.is-chosen").first.wait_for()
    for step in range(1, 11):
        part = step / 10
        touch("touchMove", (start[0] + (goal[0] - start[0]) * part, start[1] + (goal[1] - start[1]) * part))
    touch("touchMove", (goal[0] + 3, goal[1] + 3))
    touch("touchEnd")
    expect(board.column("Qualificação").get_by_test_id("deal-card")).to_have_count(1)
    expect(board.card("Bolo")).to_have_attribute("data-version", "2")
    assert not complaints(board)
