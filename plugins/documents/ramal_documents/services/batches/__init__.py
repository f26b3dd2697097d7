"""Batches of boletos from a table: uploaded, laid out, checked row by row, issued, printed."""
