"""Documents by name: whichever active plugin renders that kind makes the bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ramal.errors import NotFound, RamalError
from ramal.i18n import gettext as _
from ramal.plugins.dispatch import decide
from ramal.plugins.isolation import PluginFailed


def render_document(document: str, template: Any, context: Mapping[str, Any]) -> bytes:
    """Ask hook ``render_document``. NotFound where no plugin renders such a document.

    What a plugin says about the caller's data (an error of ``ramal.api``) reaches the caller as it is.
    """
    try:
        made: bytes | None = decide("render_document", document=document, template=template, context=context)
    except PluginFailed as error:
        if isinstance(error.__cause__, RamalError):
            raise error.__cause__ from error
        raise
    if made is None:
        raise NotFound(_("No active plugin makes documents of this kind (%(kind)s).", kind=document))
    return made
