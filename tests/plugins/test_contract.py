"""The contract suite catches what it is for, and the sound sample keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ramal.testing.plugin_contract.imports import foreign_imports
from ramal.testing.plugin_contract.wheel import missing_from_wheel


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("from ramal.api import Plugin", None),
        ("import ramal.testing.plugin_contract", None),
        ("from ramal_odd.models import Row", None),
        ("from . import models", None),
        ("from ramal_crm.public import find_deal", None),
        ("from ramal_crm import public", None),
        ("import sqlalchemy", None),
        ("import ramal.app", "ramal.app"),
        ("from ramal import app", "ramal.app"),
        ("from ramal.inbox.models import Message", "ramal.inbox.models"),
        ("from ramal_crm.models import Deal", "ramal_crm.models"),
        ("from ramal_crm import models", "ramal_crm.models"),
        ("from ramal_else.public import x", "ramal_else.public"),
        ("def f():\n    from ramal.database import session", "ramal.database"),
        ("from ramal.apiary import x", "ramal.apiary"),
    ],
)
def test_imports(tmp_path: Path, source: str, wrong: str | None) -> None:
    (tmp_path / "module.py").write_text(source)
    found = foreign_imports(tmp_path, "ramal_odd", {"ramal_crm": "crm"})
    assert [line.rpartition(" ")[2] for line in found] == ([] if wrong is None else [wrong])


def test_revisions_import_no_live_models(tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_x.py").write_text("from ramal_odd.models import Row\nimport sqlalchemy")
    assert foreign_imports(tmp_path, "ramal_odd", {}) == ["ramal_odd/migrations/0001_x.py:1: imports ramal_odd.models"]


def test_a_wheel_that_forgets_its_templates_is_found_out(tmp_path: Path) -> None:
    package = tmp_path / "ramal_odd"
    (package / "templates" / "odd").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "templates" / "odd" / "page.html").touch()
    (tmp_path / "pyproject.toml").write_text(
        "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n"
    )
    config = "[metadata]\nname = ramal-odd\nversion = 1\n[options]\npackages = ramal_odd\n"
    (tmp_path / "setup.cfg").write_text(config)
    assert missing_from_wheel(package, "ramal-odd") == ["ramal_odd/templates/odd/page.html"]
    (tmp_path / "setup.cfg").write_text(f"{config}[options.package_data]\nramal_odd = templates/**\n")
    assert missing_from_wheel(package, "ramal-odd") == []


SUITE = "from ramal.testing.plugin_contract import plugin_contract\n\nTestContract = plugin_contract({!r})\n"


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Run the contract suite in this process on a plugin that a test wrote."""
    monkeypatch.setenv("RAMAL_PLUGINS", "")

    def run(name: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_suite=SUITE.format(name))
        return pytester.runpytest_inprocess("-q", "-p", "no:playwright", "-p", "no:cacheprovider", *arguments)

    return run


def test_what_breaks_the_contract_fails_the_suite(suite, write_plugin):
    models = (
        "from sqlalchemy.orm import Mapped\nfrom ramal.api import PluginModel, TenantMixin, tenant_args\n"
        "class Model(PluginModel, plugin='odd'):\n    __abstract__ = True\n"
        "class Leaf(TenantMixin, Model):\n    __tablename__ = 'leaf'\n    __table_args__ = tenant_args()\n"
        "    color: Mapped[str]\n"
    )
    body = (
        "    @hookimpl\n    def register_blueprints(self):\n"
        "        from ramal.http.blueprint import ApiBlueprint, public\n"
        "        api = ApiBlueprint('odd', __name__, plugin='odd')\n"
        "        @api.get('/open')\n        @public\n        @api.response(200)\n"
        "        def open_route():\n            'Answer.'\n            return {}\n"
        "        return [api]\n"
    )
    migration = (
        "revision = 'r1'\ndown_revision = None\nfrom alembic import op\n"
        "def upgrade():\n    op.execute('create table public.stray (id int)')\n"
        "    op.execute('create table plugin_odd.bare (id int)')\n"
    )
    write_plugin("odd", body, models=models, migrations__r1=migration)
    result = suite("odd")
    failed = {line.partition("::")[2].split(" ")[0].rpartition("::")[2] for line in result.outlines if "FAILED" in line}
    assert failed >= {
        "test_manifest_is_sound",
        "test_imports_only_the_facade",
        "test_upgrades_from_empty_and_matches_its_models",
        "test_touches_only_its_own_schema",
        "test_every_table_is_held_to_its_organization",
        "test_purge_leaves_nothing",
    }


def test_a_sound_plugin_keeps_it(suite, write_plugin):
    write_plugin("fine", manifest="summary='Does nothing.'")
    # It comes from no wheel, and the others of this environment are not what is tested.
    result = suite("fine", "-k", "not wheel and not others")
    result.assert_outcomes(passed=9, deselected=2)
