"""Alembic environment for the core and every plugin; ``versions/`` holds the core's revisions."""
