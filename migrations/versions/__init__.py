"""Core revisions, one file each; they import no live models."""
