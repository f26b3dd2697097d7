"""The script that sites embed, and a page to try the chat on."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

from flask import Response, make_response, render_template, send_file

from ramal.api import NotFound, PageBlueprint, open_channel, public
from ramal.api import gettext as _

blueprint = PageBlueprint("webchat_pages", __name__, plugin="webchat", template_folder="templates")
DIST = Path(__file__).parent / "static" / "dist"


@blueprint.route("/widget.js")
@public
def widget() -> Response:
    """The widget, under an address that never changes; browsers look for a newer one hourly."""
    manifest = DIST / "manifest.json"
    if not manifest.exists():
        raise NotFound(_("The widget was not built."))
    name = json.loads(manifest.read_text())["widget.js"]
    response = make_response(send_file(DIST / name, mimetype="text/javascript"))
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.route("/try/<uuid:channel_id>")
@public
def try_page(channel_id: UUID) -> str:
    """A bare page with the chat on it, to see how it looks to a visitor."""
    context = open_channel("webchat", channel_id)
    return render_template("webchat/try.html", channel=context)
