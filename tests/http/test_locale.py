"""Languages: whose choice counts, and the browser's catalogue."""

import contextvars
import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g
from flask.testing import FlaskClient
from flask_babel import get_timezone
from sqlalchemy import update

import ramal
from ramal.accounts.models import Organization
from ramal.app import create_app
from ramal.config import Settings
from ramal.database.session import system_transaction
from ramal.http.locale import add_translations, catalogue_url, current_locale, speak_for
from ramal.i18n import gettext, ngettext
from ramal.testing.client import IsolatedClient
from ramal.testing.factories import Member, TestOrganization

Login = Callable[[FlaskClient, Member], FlaskClient]


@pytest.fixture
def brazilian(ramal_settings: Settings, app: Flask) -> Flask:
    """An application as it is installed without any setting of its own."""
    made = create_app(ramal_settings.with_(locale=Settings().locale))
    made.test_client_class = IsolatedClient
    return made


@pytest.mark.parametrize(
    ("accept", "lang"),
    [
        ("en-US,en;q=0.9", "en"),
        ("pt-BR", "pt-BR"),
        ("pt", "pt-BR"),
        ("de", "pt-BR"),
        ("", "pt-BR"),
        ("de,en;q=0.5", "en"),
    ],
)
def test_the_browser_is_heard(brazilian: Flask, accept: str, lang: str) -> None:
    page = brazilian.test_client().get("/login", headers={"Accept-Language": accept})
    assert f'<html lang="{lang}"' in page.text


def test_the_cookie_beats_the_browser_and_the_profile_beats_both(
    client: FlaskClient, login: Login, agent: Member
) -> None:
    client.set_cookie("ramal_locale", "en")
    portuguese = {"Accept-Language": "pt-BR"}
    assert '<html lang="en"' in client.get("/login", headers=portuguese).text
    login(client, agent)
    client.patch("/api/v1/me", json={"locale": "pt_BR"})
    assert '<html lang="pt-BR"' in client.get("/settings/profile").text
    client.set_cookie("ramal_locale", "xx")
    client.delete_cookie("ramal_access")
    client.delete_cookie("ramal_refresh")
    assert '<html lang="pt-BR"' in client.get("/login", headers=portuguese).text


def test_a_member_without_a_choice_reads_the_organizations_language(
    client: FlaskClient, login: Login, admin: Member
) -> None:
    login(client, admin)
    assert '<html lang="en"' in client.get("/settings/profile").text
    client.patch("/api/v1/organizations/current", json={"locale": "pt_BR"})
    assert '<html lang="pt-BR"' in client.get("/settings/profile").text


def test_a_worker_speaks_the_organizations_language(
    brazilian: Flask, organization: TestOrganization, other_organization: TestOrganization
) -> None:
    with system_transaction() as session:
        for id_, locale, timezone in (
            (organization.id, "en", "America/Manaus"),
            (other_organization.id, "xx", "America/Recife"),
        ):
            session.execute(update(Organization).where(Organization.id == id_).values(locale=locale, timezone=timezone))

    def spoken() -> list[str]:
        found = [current_locale()]
        for id_ in (organization.id, other_organization.id, uuid.uuid4()):
            speak_for(id_)
            found += [current_locale(), str(get_timezone())]
        return found

    def languages() -> list[str]:
        with brazilian.app_context():
            return spoken()

    wanted = ["pt_BR", "en", "America/Manaus", "pt_BR", "America/Recife", "pt_BR", "America/Sao_Paulo"]
    assert contextvars.Context().run(languages) == wanted


def test_a_language_that_can_not_be_looked_up_is_the_installations(
    brazilian: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_organization_id: uuid.UUID) -> None:
        raise OSError("the database is away")

    monkeypatch.setitem(brazilian.extensions, "ramal.languages", fail)

    def language() -> str:
        with brazilian.app_context():
            speak_for(uuid.uuid4())
            return current_locale()

    assert contextvars.Context().run(language) == "pt_BR"


def test_outside_the_application_english_is_left() -> None:
    assert gettext("Hello %(name)s", name="Ana") == "Hello Ana"
    assert ngettext("%(num)s day", "%(num)s days", 1) == "1 day"
    assert ngettext("%(num)s day", "%(num)s days", 2) == "2 days"


@pytest.fixture
def translated_app(brazilian: Flask, tmp_path: Path) -> Flask:
    """An application with a plugin's catalogue."""
    catalogue = Catalog(locale="pt_BR")
    catalogue.add("Good morning", "Bom dia")
    catalogue.add(("{n} deal", "{n} deals"), ("{n} negócio", "{n} negócios"))
    folder = tmp_path / "pt_BR" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    add_translations(brazilian, tmp_path)
    return brazilian


def test_plugins_bring_their_words(translated_app: Flask) -> None:

    def words() -> tuple[str, str]:
        with translated_app.app_context():
            return gettext("Good morning"), catalogue_url("pt_BR")

    word, url = contextvars.Context().run(words)
    assert word == "Bom dia"
    client = translated_app.test_client()
    answer = client.get(url)
    assert answer.json is not None
    assert answer.json["messages"]["Good morning"] == "Bom dia"
    assert answer.json["messages"]["{n} deal"] == ["{n} negócio", "{n} negócios"]
    assert "immutable" in answer.headers["Cache-Control"]


def test_an_old_address_of_the_catalogue_still_answers(client: FlaskClient) -> None:
    answer = client.get("/i18n/en.000000000000.json")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/i18n/xx.000000000000.json").status_code == 404


def test_english_is_the_source(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        g.pop("principal", None)
        g.pop("_flask_babel", None)
        assert gettext("There is nothing here.") == "There is nothing here."


def test_translations_keep_every_placeholder() -> None:
    """A placeholder that is lost or misspelt would be an error when the sentence is shown."""
    file = Path(ramal.__file__).parent / "translations" / "pt_BR" / "LC_MESSAGES" / "messages.po"
    with file.open("rb") as opened:
        catalogue = read_po(opened, locale="pt_BR")
    found = re.compile(r"%\(\w+\)s|\{\w+\}")
    wrong = []
    for message in catalogue:
        sources = [message.id] if isinstance(message.id, str) else list(message.id)
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        wanted = set(found.findall(sources[-1]))
        wrong += [text for text in texts if message.id and text and set(found.findall(text)) - wanted]
        wrong += [texts[-1]] if message.id and texts[-1] and wanted - set(found.findall(texts[-1])) else []
    assert not wrong
