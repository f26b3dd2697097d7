"""Use cases: each one transaction, or none around what it asks the provider."""
