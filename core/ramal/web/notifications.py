"""The bell's list and the page with all notifications."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.http.blueprint import PageBlueprint, require_permission
from ramal.http.pagination import MAX_PAGE_SIZE
from ramal.i18n import gettext as _
from ramal.notifications import services
from ramal.notifications.types import PERMISSION

pages = PageBlueprint("notifications", __name__, url_prefix="/notifications")

#: Notifications that the bell's menu begins with, and on each page after that.
RECENT, PAGE = 8, 30


@pages.get("")
@require_permission(PERMISSION)
def index() -> str:
    """All of them, newest first, or the unread."""
    unread = request.args.get("unread") == "1"
    page = services.list_notifications(unread=unread, cursor=request.args.get("cursor"), page_size=PAGE)
    return render_template("notifications/index.html", page=page, unread=unread)


@pages.get("/recent")
@require_permission(PERMISSION)
def recent() -> Response:
    """The newest (`?size=` of them, if that is more), or those after `?cursor=`: for the bell's menu and the page."""
    unread = request.args.get("unread") == "1"
    cursor = request.args.get("cursor")
    size = PAGE if cursor else min(max(RECENT, request.args.get("size", 0, int)), MAX_PAGE_SIZE)
    page = services.list_notifications(unread=unread, cursor=cursor, page_size=size)
    html = render_template("notifications/items.html", page=page, unread=unread)
    return Response(html, mimetype="text/html", headers={"Cache-Control": "no-store"})


@pages.post("/read-all")
@require_permission(PERMISSION)
def read_all() -> Response:
    """Mark all read."""
    services.mark_all_read()
    flash(_("All notifications were marked as read."), "success")
    return redirect(url_for(".index"), 303)
