"""The API's readers and the settings in a real browser: nothing breaks the policy, axe finds nothing."""

import pytest
from playwright.sync_api import Browser, Page, expect

from ramal.testing.factories import Factory, Member
from ramal.testing.screens import faults

pytestmark = pytest.mark.e2e

SETTINGS = ("", "/profile", "/notifications", "/team", "/team/new", "/organization", "/tokens", "/audit")


@pytest.fixture
def address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def opened(browser: Browser, width: int, theme: str) -> tuple[Page, list[str]]:
    """A page, and what its console complains of."""
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=theme, locale="pt-BR")  # type: ignore[arg-type]
    page.set_default_timeout(60_000)
    problems: list[str] = []
    page.on("console", lambda line: problems.append(f"{page.url}: {line.text}") if line.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    return page, problems


def test_the_api_is_read_and_tried(browser: Browser, address: str) -> None:
    page, problems = opened(browser, 1280, "dark")
    page.goto(f"{address}/api/docs")
    page.get_by_text("/api/v1/auth/token", exact=True).first.wait_for()
    page.goto(f"{address}/api/redoc")
    page.get_by_role("heading", name="Ramal").first.wait_for()
    page.get_by_text("/api/v1/health", exact=True).first.wait_for()
    assert not problems
    page.close()


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_the_settings_are_clean(
    browser: Browser, address: str, admin: Member, make: Factory, width: int, theme: str
) -> None:
    page, problems = opened(browser, width, theme)
    page.goto(f"{address}/login?next=/settings")
    page.fill("#email", admin.email)
    page.fill("#password", admin.password)
    page.get_by_test_id("login-submit").click()
    page.wait_for_url("**/settings")
    found = []
    for path in SETTINGS:
        page.goto(f"{address}/settings{path}")
        found += [f"{path}: {problem}" for problem in faults(page)]
    assert not found, "\n".join(found)
    assert not problems
    # The console tells a 404 as an error of its own: looked at last.
    page.goto(f"{address}/settings/nothing")
    page.get_by_role("navigation", name="Principal").get_by_role("link", name="Configurações").wait_for()
    assert not faults(page)
    page.close()


def test_a_member_is_switched_off_in_place(browser: Browser, address: str, admin: Member, agent: Member) -> None:
    page, problems = opened(browser, 1280, "light")
    page.goto(f"{address}/login?next=/settings/team")
    page.fill("#email", admin.email)
    page.fill("#password", admin.password)
    page.get_by_test_id("login-submit").click()
    row = page.get_by_test_id(f"member-{agent.email}")
    row.get_by_role("button", name="Desativar").click()
    page.locator("#confirm-dialog button.btn-primary").click()
    row.get_by_text("Desativado").wait_for()
    assert page.url.endswith("/settings/team")
    page.get_by_text(f"As alterações de {agent.name} foram salvas").wait_for()
    assert not problems
    page.close()


def test_a_fragment_works_from_the_moment_it_is_there(browser: Browser, address: str) -> None:
    """A form that comes by a request is pressed before anything else can happen."""
    page, problems = opened(browser, 1280, "light")
    page.route(
        "**/late", lambda route: route.fulfill(body='<form hx-get="/pressed"><button id="late">x</button></form>')
    )
    page.route("**/pressed", lambda route: route.fulfill(body="pressed"))
    page.goto(f"{address}/login")
    page.evaluate("""() => {
      document.body.insertAdjacentHTML("beforeend", '<div id="box" hx-get="/late" hx-trigger="go"></div>');
      const box = document.getElementById("box");
      htmx.process(box);
      new MutationObserver(() => document.getElementById("late")?.click()).observe(box, { childList: true });
      htmx.trigger(box, "go");
    }""")
    expect(page.locator("#box")).to_have_text("pressed")
    assert page.url == f"{address}/login"
    assert not problems
    page.close()
