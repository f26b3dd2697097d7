"""Debian's Chromium, one installation, and people in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ramal.testing.installation import Installation, Person, Team
from ramal_whatsapp_cloud.testing import GraphSimulator

from .network import Cable
from .site import Site
from .watching import Watch

#: Milliseconds until a test gives up; a busy machine may need most of them.
PATIENCE = 60_000
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 720}


@pytest.fixture(autouse=True)
def _patience() -> None:
    expect.set_options(timeout=PATIENCE)


@dataclass
class Seat:
    """One person in front of one browser."""

    page: Page
    context: BrowserContext
    watch: Watch
    base: str

    def visit(self, path: str) -> Page:
        """Go to a page of the installation."""
        self.page.goto(self.base + path)
        return self.page

    def log_in(self, person: Person) -> None:
        """By the login page, as everybody does."""
        self.visit("/login")
        self.page.get_by_test_id("login-email").fill(person.email)
        self.page.get_by_test_id("login-password").fill(person.password)
        self.page.get_by_test_id("login-submit").click()
        self.page.wait_for_url(lambda url: "/login" not in url)


TakeSeat = Callable[..., Seat]


@pytest.fixture
def seat(browser: Browser, installation: Installation) -> Iterator[TakeSeat]:
    """``seat("Bruno", base=cable.url)``: a browser context that is watched; complaints fail the test."""
    taken: list[Seat] = []

    def take(name: str, *, base: str = "", **options: Any) -> Seat:
        context = browser.new_context(**{"viewport": DESK, "locale": "pt-BR", **options})
        context.set_default_timeout(PATIENCE)
        watch = Watch(name)
        watch.over(context)
        made = Seat(context.new_page(), context, watch, base or installation.url)
        taken.append(made)
        return made

    yield take
    complaints = {one.watch.name: one.watch.complaints for one in taken if one.watch.complaints}
    for one in taken:
        one.context.close()
    assert complaints == {}


@pytest.fixture
def cable(installation: Installation) -> Iterator[Cable]:
    made = Cable(installation.port)
    yield made
    made.close()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
def graph(installation: Installation, tmp_path: Path) -> Iterator[GraphSimulator]:
    port = installation.spare_ports.pop()
    with GraphSimulator(port=port, data_dir=tmp_path / "graph", status_delay=0.2) as simulator:
        yield simulator
    installation.spare_ports.append(port)


@pytest.fixture
def team(installation: Installation) -> Team:
    return installation.team()


@pytest.fixture
def number(team: Team, graph: GraphSimulator, installation: Installation) -> dict[str, Any]:
    """A connected WhatsApp number with the simulator behind it."""
    channel = team.connect("whatsapp_cloud", "WhatsApp da loja", graph.settings())
    graph.connect(installation.local(channel["webhook_url"]))
    return channel


@pytest.fixture
def chat(team: Team, site: Site, installation: Installation) -> dict[str, Any]:
    """A web chat that is embedded on the site."""
    settings = {"title": "Padaria Central", "greeting": "Olá! Como podemos ajudar?", "allowed_origins": [site.origin]}
    channel = team.connect("webchat", "Chat do site", settings)
    site.embed(installation.url, channel["id"])
    return channel
