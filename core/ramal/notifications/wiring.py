"""What this area adds to the application."""

from __future__ import annotations

from flask import Flask

from ramal.http.wiring import register_api
from ramal.notifications import event_types as event_types
from ramal.notifications.api import api
from ramal.notifications.listeners import about_suspension
from ramal.notifications.services import forget_read
from ramal.notifications.types import NotificationRegistry
from ramal.pipeline.worker.cleaning import also_forget
from ramal.plugins.contribute import take
from ramal.plugins.contributions import NotificationType
from ramal.plugins.registry import PluginRecord
from ramal.plugins.services import suspension_listeners

# At import, like the listeners of the event log: the same for every application of the process.
also_forget.append(forget_read)
suspension_listeners.append(about_suspension)


def init_app(app: Flask) -> None:
    """Register this area's parts; the event type and the listeners register at import."""
    app.extensions["ramal.notifications"] = NotificationRegistry()
    take(app, "register_notifications", _take)
    register_api(app, api)


def _take(app: Flask, record: PluginRecord, types: tuple[NotificationType, ...]) -> None:
    for type_ in types:
        app.extensions["ramal.notifications"].add(type_, record.name)
