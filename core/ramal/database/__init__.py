"""PostgreSQL: sessions, tenancy, base models, roles and migrations."""
