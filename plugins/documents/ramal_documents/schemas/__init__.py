"""Shapes of the API's bodies, which the forms are read with too; one file a topic."""
