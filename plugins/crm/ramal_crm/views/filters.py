"""The plugin's controls in the inbox's filter menu."""

from __future__ import annotations

from typing import Any

from flask import render_template
from markupsafe import Markup

from ramal.api import SlotFragment
from ramal_crm.permissions import VIEW
from ramal_crm.services import pipelines
from ramal_crm.services.tags import tags_in_use


def filter_fields(**_rest: Any) -> Markup:
    """Stage, tag, open lead."""
    found = [(pipeline, pipelines.stages_of(pipeline.id)) for pipeline in pipelines.list_pipelines()]
    html = render_template("crm/pages/chat_filters.html", pipelines=found, tags=tags_in_use())
    return Markup(html)  # noqa: S704 (our own template, autoescaped)


SLOTS = (SlotFragment("inbox.filters", "fields", render=filter_fields, permission=VIEW),)
