"""Small forms of the settings: saved, or told why not."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from ramal.api import Conflict, InvalidPayload
from ramal.api import gettext as _
from ramal_crm.views.deal_forms import sentences


def saved(act: Callable[[], object], endpoint: str) -> Response:
    """Do it, say so or say why not, and show the page again."""
    try:
        act()
    except (Conflict, InvalidPayload) as error:
        flash(" ".join(sentence for said in sentences(error).values() for sentence in said), "danger")
    else:
        flash(_("Saved."), "success")
    return redirect(url_for(endpoint), 303)
