"""What becomes of each plugin at boot: its state, its sentence, and that the others do not notice."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from ramal.config import Settings
from ramal.errors import PluginError
from ramal.plugins.loading import load_plugins

MODELS = """
from sqlalchemy.orm import Mapped, mapped_column, relationship
from ramal.api import PluginModel, TenantMixin, tenant_args
class Model(PluginModel, plugin={plugin!r}):
    __abstract__ = True
class {cls}(TenantMixin, Model):
    __tablename__ = "row"
    __table_args__ = tenant_args()
    {line}
"""


def states(app):
    return {name: (r.state, r.error) for name, r in app.extensions["ramal.plugins"].records.items()}


@pytest.fixture
def load(distribute, write_plugin):
    distribute("good")
    return lambda *names, **changes: {
        name: (record.state, record.error)
        for name, record in load_plugins(Settings(plugins=names, **changes)).records.items()
    }


def test_a_sound_plugin_is_available_until_it_is_installed(make_app, distribute, owner):
    distribute("good")
    assert states(make_app("good", install=False))["good"] == ("available", None)
    assert states(make_app("good"))["good"] == ("installed", None)
    assert owner("select state, error, version from installed_plugin where name = 'good'") == [
        ("installed", None, "0.1.0")
    ]


def test_what_the_sound_plugin_brought_is_there(make_app, distribute):
    distribute("good")
    app = make_app("good")
    found = app.extensions["ramal.plugins"].records["good"].contributions
    assert set(found.jobs) == {"tidy"}
    assert [item.title for item in found.menu_items] == ["Good things", "Hidden"]
    assert "good.manage" in app.extensions["ramal.permissions"].permissions


@pytest.mark.parametrize(
    ("body", "options", "state", "sentence"),
    [
        ("    raise RuntimeError('boom')", {}, "broken", "import: RuntimeError: boom"),
        ("    import sys; sys.exit(3)", {}, "broken", "import: SystemExit: 3"),
        ("    def __init__(self): self.x = 1 / 0", {}, "broken", "import: ZeroDivisionError"),
        ("    manifest = None", {}, "broken", "needs `manifest"),
        ("    manifest = Manifest(name='different', title='x')", {}, "broken", "its manifest says 'different'"),
        ("    pass", {"manifest": "hook_api='>=2'"}, "incompatible", "it needs hook_api >=2; this core offers 1"),
        ("    pass", {"manifest": "requires=('nowhere>=1',)"}, "blocked", "requires nowhere>=1, which is not there"),
        ("    pass", {"manifest": "requires=('good>=9',)"}, "blocked", "requires good>=9, and 0.1.0 is there"),
        ("    pass", {"manifest": "conflicts=('good',)"}, "blocked", "can't be loaded together with good"),
        ("    pass", {"models": "raise KeyError('x')"}, "broken", "tables: KeyError"),
        ("    pass", {"models": MODELS.format(plugin="odd", cls="A", line="x: Mapped['Nothing'] = relationship()")},
         "broken", "tables: InvalidRequestError"),
        ("    pass", {"models": MODELS.format(plugin="other", cls="B", line="")}, "broken", "must be in the schema plugin_odd"),
        ("    pass", {"models": "from ramal.api import PluginModel\nclass C(PluginModel):\n    __tablename__ = 'c'"},
         "broken", "derive your models from a class Model"),
        ("    pass", {"models": "from sqlalchemy import Table\nfrom ramal.database.base import metadata\n"
                                "Table('odd_public', metadata)"},
         "broken", "table odd_public must be in the schema plugin_odd"),
        ("    pass", {"models": MODELS.format(plugin="odd", cls="D", line="").replace("TenantMixin, Model", "Model")
                     .replace("tenant_args()", "()") + "    id: Mapped[int] = mapped_column(primary_key=True)\n"},
         "broken", "needs organization_id"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_plugin_becomes_its_state(load, write_plugin, body, options, state, sentence):
    write_plugin("odd", body, **options)
    found = load("odd", "good")
    assert found["odd"][0] == state
    assert sentence in found["odd"][1]
    assert found["good"] == ("available", None)


def test_a_backref_onto_a_class_of_the_core_is_refused_before_it_can_poison_it(load, write_plugin):
    line = "channel = relationship(ConnectedChannel, primaryjoin='False', foreign_keys=[], backref='odd')"
    source = "from ramal.channels.models import ConnectedChannel\n" + MODELS.format(plugin="odd", cls="E", line=line)
    write_plugin("odd", models=source)
    assert "must have no backref" in load("odd")["odd"][1]
    from ramal.channels.models import ConnectedChannel

    assert not hasattr(ConnectedChannel, "odd")


def test_a_broken_mapper_leaves_the_cores_queries_alone(make_app, write_plugin, inside):
    from sqlalchemy import select

    from ramal.channels.models import ConnectedChannel
    from ramal.database.session import db

    write_plugin("odd", models=MODELS.format(plugin="odd", cls="F", line="x: Mapped['Nothing'] = relationship()"))
    app = make_app("odd")
    assert states(app)["odd"][0] == "broken"
    with inside(app):
        assert db.session.scalars(select(ConnectedChannel)).all() == []


def test_a_broken_plugin_blocks_its_dependents_and_theirs(load, write_plugin):
    write_plugin("ill", "    raise RuntimeError('boom')")
    write_plugin("child", manifest="requires=('ill',)")
    write_plugin("grandchild", manifest="requires=('child',)")
    found = load("ill", "child", "grandchild", "good")
    assert found["child"] == ("blocked", "it requires ill, which is broken")
    assert found["grandchild"] == ("blocked", "it requires child, which is blocked")
    assert found["good"][0] == "available"


def test_plugins_that_require_each_other_are_blocked(load, write_plugin):
    write_plugin("one", manifest="requires=('two',)")
    write_plugin("two", manifest="requires=('one',)")
    found = load("one", "two", "good")
    assert found["one"] == ("blocked", "plugins require each other in a circle: one, two")
    assert found["good"][0] == "available"


def test_a_name_that_two_distributions_bring_is_broken(load, distribute):
    distribute("good", "ramal_else.plugin:X", distribution="rival-good")
    state, error = load("good")["good"]
    assert state == "broken"
    assert "two distributions bring a plugin of this name" in error


def test_an_entry_point_that_is_no_plugin(load, distribute):
    distribute("odd", "json:dumps", distribution="odd")
    assert load("odd")["odd"] == ("broken", "import: its entry point must name a subclass of ramal.api.Plugin")


def test_only_allowed_plugins_load_and_named_ones_that_are_not_there_are_missing(load):
    assert load("nowhere") == {
        "nowhere": ("missing", "RAMAL_PLUGINS names it, but no installed distribution brings it")
    }


def test_safe_mode_boots_with_none(make_app, distribute):
    distribute("good")
    make_app("good")
    app = make_app("good", safe_mode=True)
    assert app.extensions["ramal.plugins"].installed() == []


def test_strict_mode_raises(make_app, write_plugin):
    write_plugin("ill", "    raise RuntimeError('boom')")
    with pytest.raises(PluginError, match="ill is broken: import: RuntimeError: boom"):
        make_app("ill", strict_plugins=True)


def test_the_allow_list_orders_and_after_is_a_wish(write_plugin, load):
    write_plugin("aaa", manifest="after=('zzz', 'absent')")
    write_plugin("zzz")
    assert list(load("aaa", "zzz")) == ["zzz", "aaa"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("    @hookimpl\n    def register_slots(self): raise OSError('disk')", "contribute: OSError: disk"),
        ("    @hookimpl\n    def register_slots(self): return 7", "register_slots answered with int"),
        ("    @hookimpl\n    def register_slots(self): return ['x']", "where SlotFragment is wanted"),
        ("    @hookimpl\n    def register_slots(self): return [SlotFragment('no.where', 'x')]", "there is no slot"),
        ("    @hookimpl\n    def register_slots(self): return [SlotFragment('nav.main', 'x')]", "needs render"),
        ("    @hookimpl\n    def register_slots(self): return [SlotFragment('nav.main', 'x', lazy=True)]", "needs a url"),
        ("    @hookimpl\n    def register_menu_items(self): return [MenuItem('x', '/', menu='side')]", "there is no menu"),
        ("    @hookimpl\n    def register_jobs(self): return [JobType('a', int), JobType('a', int)]", "names a job twice"),
        ("    @hookimpl\n    def register_channels(self): return [object()]", "where Channel is wanted"),
        ("    @hookimpl\n    def register_csp_sources(self): return {'script-src': [\"'unsafe-inline'\"]}", "not an acceptable"),
        ("    @hookimpl\n    def register_csp_sources(self): return ['x']", "not with a mapping"),
        ("    @hookimpl\n    def register_audit_sentences(self): return ['x']", "not with a mapping"),
        ("    @hookimpl\n    def register_audit_sentences(self): return {'user.created': 'x'}", "is not an action of"),
        ("    @hookimpl\n    def register_cli(self): return [print]", "where Command is wanted"),
        ("    @hookimpl\n    def register_blueprints(self):\n        from flask import Blueprint\n"
         "        return [Blueprint('odd', __name__)]", "must be an ApiBlueprint or PageBlueprint"),
        ("    @hookimpl\n    def on_inbound_message(self, message, weather): pass", "register: PluginValidationError"),
        ("    @hookimpl\n    def on_full_moon(self): pass", "implements on_full_moon, which nobody declares"),
        ("    @hookimpl(wrapper=True)\n    def before_send(self):\n        return (yield)", "only the core wraps hooks"),
        ("    @hookimpl(hookwrapper=True)\n    def before_send(self):\n        yield", "only the core wraps hooks"),
        ("    @hookimpl\n    def register_hookspecs(self):\n        from ramal import hookspecs\n        return [hookspecs]",
         "is already declared"),
    ],
)  # fmt: skip
def test_boot_hooks_that_go_wrong_break_their_plugin_only(make_app, distribute, write_plugin, body, sentence):
    distribute("good")
    write_plugin("odd", body)
    app = make_app("odd", "good")
    state, error = states(app)["odd"]
    assert state == "broken"
    assert sentence in error
    assert states(app)["good"] == ("installed", None)
    assert [i.record.name for i in app.extensions["ramal.plugins"].implementations("before_send")] == ["good"]


def test_nothing_of_a_plugin_is_applied_unless_all_its_boot_hooks_succeed(make_app, write_plugin):
    write_plugin(
        "odd",
        "    @hookimpl\n    def register_menu_items(self): return [MenuItem('x', '/')]\n"
        "    @hookimpl\n    def register_jobs(self): raise RuntimeError('late')",
        manifest="permissions=(PermissionSpec('odd.see', 'See'),)",
    )
    app = make_app("odd")
    assert app.extensions["ramal.plugins"].records["odd"].contributions.menu_items == ()
    assert "odd.see" not in app.extensions["ramal.permissions"].permissions


def test_a_name_that_is_an_address_of_the_core_is_refused(make_app, write_plugin):
    write_plugin(
        "users",
        "    @hookimpl\n    def register_blueprints(self):\n        return [ApiBlueprint('users', __name__, plugin='users')]",
    )
    assert "is the core's own" in states(make_app("users"))["users"][1]


def test_hooks_that_plugins_declare(make_app, write_plugin):
    spec = "import sys\nfrom ramal.hookspecs import collect\n@collect\ndef on_deal(deal): 'A deal.'\n"
    write_plugin(
        "zdeals",
        "    @hookimpl\n    def register_hookspecs(self):\n        from . import hooks\n        return [hooks]",
        hooks=spec,
    )
    write_plugin("early", "    @hookimpl(optionalhook=True)\n    def on_deal(self, deal): return f'early {deal}'")
    write_plugin("wrong", "    @hookimpl(optionalhook=True)\n    def on_deal(self, sum): pass")
    app = make_app("zdeals", "early", "wrong")
    found = states(app)
    assert (found["zdeals"][0], found["early"][0]) == ("installed", "installed")
    assert found["wrong"][0] == "broken"  # the one whose argument is wrong, not the one that declares the hook
    assert [i.record.name for i in app.extensions["ramal.plugins"].implementations("on_deal")] == ["early"]
    absent = make_app("early", install=False)
    assert states(absent)["early"][0] == "installed"
    assert absent.extensions["ramal.plugins"].implementations("on_deal") == ()


def test_pending_upgrade_is_not_registered_until_upgraded(make_app, distribute):
    distribute("good")
    make_app("good")
    distribute("good", version="0.2.0")
    app = make_app("good", install=False)
    state, error = states(app)["good"]
    assert state == "pending_upgrade"
    assert "version 0.2.0 is there, the database has 0.1.0" in error
    assert app.extensions["ramal.plugins"].implementations("before_send") == ()
    assert states(make_app("good"))["good"] == ("installed", None)


def test_a_revision_without_a_new_version_is_named(make_app, distribute, owner_engine):
    distribute("good")
    make_app("good")
    with owner_engine.begin() as connection:
        connection.execute(text("update installed_plugin set revision = '0000' where name = 'good'"))
    state, error = states(make_app("good", install=False))["good"]
    assert state == "pending_upgrade"
    assert error == "revision 0001 is there, the database has 0000: run `ramal plugins upgrade`"


def test_a_new_revision_in_the_same_version_is_pending_too(make_app, write_plugin):
    revision = "revision = {!r}\ndown_revision = {!r}\ndef upgrade(): pass\n"
    write_plugin("grows", migrations__r1=revision.format("r1", None))
    make_app("grows")
    write_plugin("grows", migrations__r1=revision.format("r1", None), migrations__r2=revision.format("r2", "r1"))
    assert states(make_app("grows", install=False))["grows"][0] == "pending_upgrade"


def test_dependents_of_a_pending_upgrade_are_blocked(make_app, distribute, write_plugin):
    distribute("good")
    write_plugin("behind", manifest="requires=('good',)")
    make_app("good", "behind")
    distribute("good", version="0.2.0")
    assert states(make_app("good", "behind", install=False))["behind"] == (
        "blocked", "it requires good, which is pending upgrade",
    )  # fmt: skip


def test_an_installed_plugin_whose_code_is_gone_is_missing(make_app, distribute, owner):
    distribute("good")
    make_app("good")
    app = make_app("another_name_only", install=False)
    record = app.extensions["ramal.plugins"].records["good"]
    assert (record.state, record.manifest.title) == ("missing", "Good")
    assert record.error == "version 0.1.0 is installed, but RAMAL_PLUGINS leaves it out"


def test_a_plugin_that_the_allow_list_leaves_out_is_no_failure_under_strict(make_app, distribute, write_plugin):
    distribute("good")
    write_plugin("plain")
    make_app("good", "plain")
    app = make_app("plain", install=False, strict_plugins=True)
    assert states(app)["good"][0] == "missing"


def test_boot_survives_a_database_that_is_away_and_the_gate_asks_again(make_app, distribute, inside, organization_id):
    from sqlalchemy.exc import OperationalError

    from ramal.plugins import gate
    from ramal.plugins import states as module

    distribute("good")
    app = make_app("good")
    registry = app.extensions["ramal.plugins"]
    distribute("good", version="0.2.0")
    with pytest.MonkeyPatch.context() as patch:

        def away():
            raise OperationalError("select", {}, Exception("away"))

        patch.setattr(module, "system_transaction", away)
        app = make_app("good", install=False)
        registry = app.extensions["ramal.plugins"]
        assert registry.unverified
        assert registry.records["good"].state == "installed"
    with inside(app):
        assert not gate.plugin_active(organization_id, "good")
        assert registry.records["good"].state == "pending_upgrade"
        assert not registry.unverified
