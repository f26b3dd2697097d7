"""The WSGI entry point: ``gunicorn wsgi:app``."""

from ramal.processes import loading

with loading():
    from ramal.app import create_app

    app = create_app()
