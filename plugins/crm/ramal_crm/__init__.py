"""Customers, leads, deals and activities, beside the conversation."""
