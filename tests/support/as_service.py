"""The test suite with every statement of the library executed as the role of services.

A plugin: ``pytest -p tests.support.as_service``, which ``tox -e service`` loads.  What tests do
themselves to prepare and to look on is done by the superuser.  The databases belong to a
role that is no superuser.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from reana_db import migrate, queries, roles, testing
from reana_db.roles import Roles
from tests.support import databases
from tests.support.databases import Databases

_PREFIX = "reana_suite"
ROLES = Roles(f"{_PREFIX}_service", f"{_PREFIX}_reader", f"{_PREFIX}_operator")
OWNER = f"{_PREFIX}_owner"

OPERATORS = {
    "database_settings._store": "settings are not for services",
    "status_history._prune_batch": "the history is not for services",
}
"""Statements that the role of operators executes, and why."""
OWNERS = {
    "migrating": "migrates",
    "roles": "grants",
}
"""Modules whose statements who logged in executes, and why."""

_MONITORS = "since when others work is for members of pg_monitor"
_OWN_ROLE = "it sets a role itself"
_OWN_TABLE = "it has a table of its own"
_GRANTED = "it compares with a database in which nothing was granted"
LEFT_OUT = {
    "test_adoption.py::test_a_released_schema_is_adopted_migrated_and_given_back": _GRANTED,
    "test_adoption.py::test_a_schema_that_init_never_stamped_is_adopted_by_its_shape": _GRANTED,
    "test_adoption.py::test_a_database_upgraded_by_alembic_after_its_adoption_is_adopted_again": (
        _GRANTED
    ),
    "test_adoption.py::test_tables_that_init_of_a_newer_release_made_are_adopted_with_the_rest": (
        _GRANTED
    ),
    "test_command_line.py::test_a_command_that_waits_for_a_lock_says_who_holds_it": _MONITORS,
    "test_quota_refresh.py::test_a_second_refresh_at_once_says_who_runs": _MONITORS,
    "test_errors.py::test_a_plain_connection_of_psycopg_gets_these_errors_from_functions": (
        "its time ends before its statement"
    ),
    "test_migrate_command.py::test_the_output_of_a_dry_run_is_what_migrate_does": _GRANTED,
    "test_migrate_command.py::test_init_makes_a_database_that_reana_can_use": _GRANTED,
    "test_restoring_guide.py::test_what_was_restored_is_whole_and_its_accounts_agree": _GRANTED,
    "test_status_concurrency.py::test_random_changes_of_16_sessions_leave_a_path_of_every_run": (
        _OWN_TABLE
    ),
    "test_queries.py::test_row_count_is_the_number_of_affected_rows": _OWN_TABLE,
    "test_queries.py::test_database_errors_become_typed_and_stay_psycopg_errors": _OWN_TABLE,
    "test_site_report.py::test_web_sessions_are_counted": "Invenio's table is granted by hand",
    "test_token_lookup.py::test_a_look_up_writes_nothing_for_a_role_that_only_reads": _OWN_ROLE,
}
"""Tests that cannot run so, and why."""


def role(name: str) -> str | None:
    """Return the role that executes a statement, None for the one that logged in."""
    if name.partition(".")[0] in OWNERS:
        return None
    return ROLES.operator if name in OPERATORS else ROLES.service


_execute_as_logged_in = queries._BoundQuery.execute


def _execute(
    bound: queries._BoundQuery, cursor: psycopg.Cursor[tuple[Any, ...]], values: dict[str, Any]
) -> psycopg.Cursor[tuple[Any, ...]]:
    conn, chosen = cursor.connection, role(bound.statement.name)
    if conn.closed or chosen is None or not _is_granted(conn, chosen):
        return _execute_as_logged_in(bound, cursor, values)
    if not conn.autocommit and conn.info.transaction_status is TransactionStatus.IDLE:
        conn.pgconn.exec_(conn._get_tx_start_command())
    conn.pgconn.exec_(f"SET ROLE {chosen}".encode())
    try:
        return _execute_as_logged_in(bound, cursor, values)
    finally:
        # An error has undone it with the transaction or the savepoint.
        if not conn.closed and conn.info.transaction_status is not TransactionStatus.INERROR:
            conn.pgconn.exec_(b"RESET ROLE")


def _is_granted(conn: psycopg.Connection[Any], chosen: str) -> bool:
    """Whether a superuser is connected to a database whose roles are granted."""
    if conn.info.transaction_status is TransactionStatus.INERROR:
        return False
    asked = conn.pgconn.exec_(
        b"SELECT 1 FROM pg_roles AS mine, pg_roles AS theirs, pg_namespace"
        b" WHERE mine.rolname = session_user AND mine.rolsuper AND theirs.rolname = '"
        + chosen.encode()
        + b"' AND nspname = '__reana' AND has_schema_privilege(theirs.oid, nspname, 'USAGE')"
    )
    return asked.ntuples == 1


@contextmanager
def _owned_template(server: Databases) -> Iterator[str]:
    """Make the template, give it to an owner who is no superuser, and grant the roles."""
    name = f"test_{os.getpid()}_migrated"
    uri = server.direct_uri(name)

    def install() -> None:
        migrate.apply(uri)
        with psycopg.connect(uri) as conn:
            roles.create(conn, ROLES)
            roles.own(conn, OWNER)
            roles.grant(conn, ROLES)

    with testing.template(server.direct_uri("postgres"), name, install) as template:
        yield template


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what cannot run so."""
    for item in items:
        name = item.nodeid.rpartition("/")[2].partition("[")[0]
        if reason := LEFT_OUT.get(name):
            item.add_marker(pytest.mark.skip(reason=f"not as a service: {reason}"))


# When pytest loads the plugin, before it reads conftest.py.
databases.migrated_template = _owned_template
queries._BoundQuery.execute = _execute  # type: ignore[method-assign, assignment]
