"""Each mistake in a manifest is a sentence."""

import pytest

from ramal.errors import PluginError
from ramal.i18n import lazy_gettext
from ramal.plugins.manifest import Manifest, PermissionSpec, check_manifest


def test_a_sound_manifest_passes():
    manifest = Manifest(
        name="crm",
        title=lazy_gettext("Customers"),
        requires=("contacts_plus>=0.1,<0.2",),
        permissions=(PermissionSpec("crm.manage", "Manage deals", ("org_admin", "agent")),),
    )
    assert check_manifest(manifest) is manifest
    assert manifest.schema == "plugin_crm"
    assert manifest.requirements[0].name == "contacts_plus"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "CRM"}, "lower-case"),
        ({"name": "core"}, "none of .*core"),
        ({"name": 'x"; drop'}, "lower-case"),
        ({"title": ""}, "title is empty"),
        ({"summary": None}, "summary must be a text"),
        ({"category": "games"}, "'games' is none of channel"),
        ({"requires": "crm"}, "requires must be a tuple"),
        ({"requires": ("not a name!",)}, "no requirement"),
        ({"requires": ("crm>=1",), "name": "crm"}, "names the plugin itself"),
        ({"after": ("A B",)}, "no plugin name"),
        ({"hook_api": "one"}, "no version range"),
        ({"hook_api": None}, "no version range"),
        ({"settings_schema": dict}, "marshmallow"),
        ({"permissions": ("crm.manage",)}, "no PermissionSpec"),
        ({"permissions": (PermissionSpec("other.manage", "x"),)}, "must look like 'crm.manage'"),
        ({"permissions": (PermissionSpec("crm.manage", "x", ("king",)),)}, "unknown roles: king"),
    ],
)
def test_a_mistake_becomes_a_sentence(changes, sentence):
    with pytest.raises(PluginError, match=sentence):
        check_manifest(Manifest(**{"name": "crm", "title": "CRM", **changes}))


def test_all_mistakes_are_told_at_once():
    with pytest.raises(PluginError) as caught:
        check_manifest(Manifest(name="X", title="", category="games"))
    assert str(caught.value).count(";") == 2


def test_something_else_is_no_manifest():
    with pytest.raises(PluginError, match="needs `manifest"):
        check_manifest({"name": "crm"})
