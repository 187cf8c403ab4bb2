"""The whole test suite through a pooler, where ``REANA_DB_TEST_POOLED`` says so.

A few sessions of the server are lent in turns, and forget everything after each transaction: what
a session keeps cannot reach the next one.  Tests that do without the server are left out; those
that are about sessions or migrations are skipped, with the reason that ``DIRECT`` gives.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import psycopg
import pytest

from reana_db import queries
from tests.pgbouncer import pooler
from tests.support.databases import Databases

VARIABLE = "REANA_DB_TEST_POOLED"
"""How statements are sent through the pooler: ``plain`` or ``prepared``; else there is none."""

FORGETFUL: Mapping[str, object] = MappingProxyType(
    {
        "default_pool_size": 4,
        "server_round_robin": 1,
        "server_reset_query_always": 1,
        # DISCARD ALL, but for what the pooler prepared.
        "server_reset_query": (
            "CLOSE ALL; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); DISCARD TEMP;"
            " DISCARD SEQUENCES"
        ),
    }
)

_MIGRATING = "migrations go past it"
DIRECT: Mapping[str, str] = MappingProxyType(
    {
        "test_benchmarks.py": _MIGRATING,
        "test_migrate_command.py": _MIGRATING,
        "test_repair.py": _MIGRATING,
        "test_ways_back.py": _MIGRATING,
        "test_legacy_databases.py": _MIGRATING,
        "test_migrate.py": _MIGRATING,
        "test_migration_rules.py": _MIGRATING,
        "test_schema_history.py": _MIGRATING,
        "test_schema_history_data.py": _MIGRATING,
        "test_operations.py::test_an_operation_with_transactions_of_its_own_does_what_it_should": (
            _MIGRATING
        ),
        "test_quota_triggers.py::test_the_preflight_counts_totals_that_will_change": _MIGRATING,
        "test_redaction.py::test_the_preflight_counts_entries_with_tokens": _MIGRATING,
        "test_rotation.py::test_the_migration_is_not_undone_while_values_are_sealed": _MIGRATING,
        "test_tokens.py::test_the_preflight_counts_duplicate_tokens": _MIGRATING,
        "test_tokens.py::test_the_repair_keeps_the_newest_token_and_says_what_it_did": _MIGRATING,
        "test_value_bounds.py::test_the_preflight_counts_values_out_of_bounds": _MIGRATING,
        "test_command_line.py::test_a_command_that_waits_for_a_lock_says_who_holds_it": (
            "it looks for a session of the server"
        ),
        "test_configuration.py::test_statements_are_prepared": "it prepares for its session",
        "test_psql.py::test_a_script_runs_in_psql": "it prepares a statement for its session",
        "test_quota_concurrency.py::test_totals_are_exact_after_a_random_workload": (
            "it kills sessions of the server"
        ),
        "test_quota_refresh_process.py::test_sessions_go_on_meanwhile": "it measures waiting times",
        "test_token_lookup.py::test_the_server_keeps_the_plan_of_the_look_up": (
            "it looks into one session of the server"
        ),
    }
)

PAST_IT = frozenset(
    {
        "blockers",
        "migrating.adoption",
        "migrating.record",
        "migrating.installation",
        "migrating.session",
    }
)
"""Modules whose statements only tests past the pooler execute."""


def mode() -> str | None:
    """Return how statements are sent through a pooler, None without one."""
    return os.environ.get(VARIABLE) or None


@contextmanager
def in_front_of(server: Databases) -> Iterator[None]:
    """Put a pooler between the tests and the server."""
    if mode() is None:
        yield
        return
    program, *_ = pooler.programs()
    _send_statements(prepared=mode() == "prepared")
    with pooler.running(program, server, **FORGETFUL, **pooler.slots(program)) as server.pooler:
        yield


def _send_statements(*, prepared: bool) -> None:
    """Do for the connections of tests what the library does for its own on the pooler's port."""
    defaults = psycopg.Connection.connect.__func__.__kwdefaults__  # type: ignore[attr-defined] # it is a class method
    defaults["prepare_threshold"] = 0 if prepared else None
    if prepared:
        os.environ["REANA_DB_PREPARE_THRESHOLD"] = "1"
        psycopg.Cursor.execute = _execute  # type: ignore[assignment] # takes the same arguments


_execute_as_told = psycopg.Cursor.execute


def _execute(
    cursor: psycopg.Cursor[Any],
    query: Any,
    params: Any = None,
    *,
    prepare: bool | None = None,
    binary: bool | None = None,
) -> psycopg.Cursor[Any]:
    """Prepare nothing without parameters: it may be several commands of a test."""
    wanted = False if params is None else prepare
    return _execute_as_told(cursor, query, params, prepare=wanted, binary=binary)


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what has nothing to do with a pooler, if there is one."""
    if mode() is None:
        return
    idle = [item for item in items if "server" not in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=idle)
    items[:] = [item for item in items if "server" in getattr(item, "fixturenames", ())]
    for item in items:
        if reason := _reason(item):
            item.add_marker(pytest.mark.skip(reason=f"not through a pooler: {reason}"))


def _reason(item: pytest.Item) -> str | None:
    if "empty_db" in getattr(item, "fixturenames", ()):
        return _MIGRATING
    path, _, test = item.nodeid.partition("::")
    module = path.rpartition("/")[2]
    return DIRECT.get(module) or DIRECT.get(f"{module}::{test.partition('[')[0]}")


def expected_to_be_executed(statement: queries.Statement) -> bool:
    """Whether a run of the suite has to execute a statement."""
    return mode() is None or statement.name.rpartition(".")[0] not in PAST_IT
