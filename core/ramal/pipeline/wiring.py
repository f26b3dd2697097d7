"""What this area adds to the application."""

from __future__ import annotations

from flask import Flask

from ramal.events.jobs import register_job
from ramal.http.wiring import register_api
from ramal.pipeline.ingress import journal, short_path
from ramal.pipeline.ingress.views import blueprint
from ramal.pipeline.media import services as media
from ramal.pipeline.media.api import api as attachments
from ramal.pipeline.unprocessed.api import api as unprocessed

# At import: the code behind a job's name is the same for every application of the process.
register_job(media.JOB, media.fetch_media, timeout=300, max_attempts=media.MAX_ATTEMPTS)


def init_app(app: Flask) -> None:
    """Register this area's parts."""
    journal.init_app(app)
    app.register_blueprint(blueprint)
    short_path.init_app(app)
    register_api(app, attachments)
    register_api(app, unprocessed)
