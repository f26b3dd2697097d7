"""Bodies and queries of the inbox's API."""
