"""The demo of ``ramal up --demo``: what it keeps, and what it makes."""
