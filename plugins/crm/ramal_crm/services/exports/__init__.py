"""Lists as files: customers in columns that an import reads back, and deals."""
