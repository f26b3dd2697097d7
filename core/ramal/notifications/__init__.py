"""Notifications: what members are told about, where, and whether they have seen it."""
