"""The core's Alembic revisions and the one env.py that core and every plugin share."""
