"""The WSGI entry point: ``gunicorn wsgi:app``."""

from ramal.app import create_app

app = create_app()
