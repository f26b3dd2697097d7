"""A sound plugin that uses most of the surface."""
