"""Misbehaves in whatever way ``behaviour.how`` names at the moment."""
