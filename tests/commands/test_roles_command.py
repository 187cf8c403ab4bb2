"""``reana-db roles``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import psycopg
import pytest
from click.testing import CliRunner, Result

from reana_db import config
from reana_db.cli import main
from tests.support import role_table
from tests.support.databases import Databases

MINE = f"reana_cli_{os.getpid()}"  # roles are shared by all databases of a server
NAMES = (f"{MINE}_service", f"{MINE}_reader", f"{MINE}_operator")
OPTIONS = ("--service", NAMES[0], "--reader", NAMES[1], "--operator", NAMES[2])
POOR = f"{MINE}_poor"
NEW_OWNER = f"{MINE}_owner"


@pytest.fixture
def uri(fresh_db: str) -> Iterator[str]:
    yield fresh_db
    config.settings.cache_clear()
    with psycopg.connect(fresh_db) as conn:
        for role in (*NAMES, POOR, NEW_OWNER):
            if conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                conn.execute(
                    f"REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role};"
                    f" DROP ROLE {role}".encode()
                )


def run(uri: str, *arguments: str) -> Result:
    config.settings.cache_clear()
    return CliRunner().invoke(main, arguments, env={"REANA_SQLALCHEMY_DATABASE_URI": uri})


def test_roles_are_created_granted_and_shown(uri: str) -> None:
    preview = run(uri, "roles", "create", *OPTIONS, "--dry-run")
    assert preview.output.splitlines() == sorted(f"CREATE ROLE {name} NOLOGIN;" for name in NAMES)
    assert run(uri, "roles", "create", *OPTIONS).output == preview.output
    assert run(uri, "roles", "create", *OPTIONS).output == ""
    statements = json.loads(run(uri, "roles", "grant", *OPTIONS, "--dry-run", "--json").output)
    assert json.loads(run(uri, "roles", "show", *OPTIONS, "--json").output) == []
    assert run(uri, "roles", "grant", *OPTIONS).output.splitlines() == [
        f"{statement};" for statement in statements
    ]
    shown = json.loads(run(uri, "roles", "show", *OPTIONS, "--json").output)
    assert {
        "role": NAMES[0],
        "object": "__reana.status_history",
        "privilege": "SELECT",
    } in shown
    assert NAMES[1] in run(uri, "roles", "show", *OPTIONS).output


def test_an_owner_who_may_not_create_roles_gets_the_sql(uri: str, server: Databases) -> None:
    with psycopg.connect(uri) as conn:
        conn.execute(f"CREATE ROLE {POOR} LOGIN PASSWORD 'x'".encode())
        poor = server.uri(conn.info.dbname, user=POOR, password="x")
    result = run(poor, "roles", "create", *OPTIONS)
    assert result.exit_code == 1
    assert "hand this to an administrator" in result.stderr
    assert f"CREATE ROLE {NAMES[0]} NOLOGIN;" in result.stdout


def test_check_says_when_the_login_could_switch_rules_off(uri: str) -> None:
    result = run(uri, "check", "--as-service")
    assert result.exit_code == 1
    reason = "this login can switch off the rules of the database: it is a superuser"
    assert reason in result.stdout.splitlines()
    assert run(uri, "check").exit_code == 0


def test_the_table_of_the_page_is_that_of_the_catalogue(conn: psycopg.Connection) -> None:
    assert role_table.written() == role_table.table(conn), (
        "privileges changed: python -m tests.support.role_table"
    )


def test_the_owner_changes_once(uri: str, server: Databases) -> None:
    preview = run(uri, "roles", "own", "--owner", NEW_OWNER, "--dry-run")
    assert f"CREATE ROLE {NEW_OWNER} LOGIN;" in preview.output.splitlines()
    assert f"ALTER TABLE __reana.workflow OWNER TO {NEW_OWNER};" in preview.output.splitlines()
    assert run(uri, "roles", "own", "--owner", NEW_OWNER).output == preview.output
    assert run(uri, "roles", "own", "--owner", NEW_OWNER).output == ""
    with psycopg.connect(uri) as conn:
        conn.execute(f"ALTER ROLE {NEW_OWNER} PASSWORD 'x'".encode())
        owner = server.uri(conn.info.dbname, user=NEW_OWNER, password="x")
    refused = run(owner, "roles", "own", "--owner", POOR)
    assert refused.exit_code == 1
    assert "may not change the owner; hand this to an administrator" in refused.stderr
    assert run(owner, "migrate", "down", "--yes").exit_code == 0
    assert run(owner, "migrate").exit_code == 0
    assert run(owner, "check").output.splitlines()[-1] == "healthy"


def test_check_names_what_a_role_lacks(uri: str) -> None:
    run(uri, "roles", "create", *OPTIONS)
    run(uri, "roles", "grant", *OPTIONS)
    with psycopg.connect(uri) as conn:
        conn.execute(f"REVOKE DELETE ON __reana.job_cache FROM {NAMES[0]}".encode())
    result = run(uri, "check")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "run reana-db roles grant, as services and people lack these:",
        f"GRANT DELETE ON TABLE __reana.job_cache TO {NAMES[0]}",
    ]
