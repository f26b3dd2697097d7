"""Customers from a table: uploaded, laid out, tried row by row, imported, undone."""
