"""The library through PgBouncer in transaction mode: ``tox -e pgbouncer``."""
