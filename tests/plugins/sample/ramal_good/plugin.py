"""Wiring of the sample."""

from flask import render_template
from markupsafe import Markup
from marshmallow import Schema, fields, validate

from ramal.hookspecs import Veto, hookimpl
from ramal.http.blueprint import ApiBlueprint, PageBlueprint, public, require_permission
from ramal.plugins.contributions import JobType, MenuItem, SearchResult, Service, SlotFragment
from ramal.plugins.manifest import Manifest, PermissionSpec
from ramal.plugins.plugin import Plugin


class GoodSettings(Schema):
    """One field of each kind."""

    greeting = fields.String(load_default="Olá", metadata={"label": "Greeting", "help": "Sent first."})
    limit = fields.Integer(load_default=3, validate=validate.Range(1, 9))
    mode = fields.String(load_default="slow", validate=validate.OneOf(["slow", "fast"]))
    active = fields.Boolean(load_default=True)
    words = fields.List(fields.String(validate=validate.Length(max=5)), load_default=list)
    token = fields.String(required=True, metadata={"secret": True})
    keys = fields.List(fields.String(), load_default=list, metadata={"secret": True})


def run_job(**arguments):
    """A job."""


api = ApiBlueprint("good", __name__, plugin="good")
pages = PageBlueprint("good", __name__, plugin="good")


@api.get("/things")
@require_permission("conversation.read")
@api.response(200)
def things():
    """List things."""
    return {"items": []}


@pages.get("/")
def page():
    return render_template("good/page.html")


@pages.get("/open")
@public
def open_page():
    return "open to all"


class GoodPlugin(Plugin):
    """Everything in it works."""

    manifest = Manifest(
        name="good",
        title="Good",
        summary="Does what it should.",
        category="automation",
        settings_schema=GoodSettings,
        permissions=(PermissionSpec("good.manage", "Manage good things", ("org_admin",)),),
    )

    @hookimpl
    def register_blueprints(self):
        return [api, pages]

    @hookimpl
    def register_csp_sources(self):
        return {"img-src": ["https://maps.example"]}

    @hookimpl
    def register_slots(self):
        return [
            SlotFragment(
                "inbox.sidebar", "card", render=lambda conversation: Markup("<p>good {}</p>").format(conversation["id"])
            ),
            SlotFragment("inbox.sidebar", "late", lazy=True, url="/p/good/card/{conversation_id}", weight=200),
        ]

    @hookimpl
    def register_menu_items(self):
        return [
            MenuItem("Good things", "/p/good/", permission=None),
            MenuItem("Hidden", "/p/good/x", permission="good.manage"),
        ]

    @hookimpl
    def register_jobs(self):
        return [JobType("tidy", run_job)]

    @hookimpl
    def register_services(self):
        return [Service("pump", lambda stop: None), Service("simulator", lambda stop: None, demo=True)]

    @hookimpl
    def before_send(self, message):
        return Veto("too rude") if message == "rude" else None

    @hookimpl
    def search(self, query):
        yield SearchResult(f"good: {query}", "/p/good/")

    @hookimpl
    def route_conversation(self, conversation):
        return {"priority": "high"} if conversation == "urgent" else None
