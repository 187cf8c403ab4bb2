"""The commands ``reana-db status`` and ``reana-db settings``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result

from reana_db import cli, config, transitions
from reana_db.queries import Conn
from reana_db.records import Entity, RunStatus
from tests.support.statuses import Maker


class Site:
    """A database of the test's own, and the command line for it."""

    def __init__(self, uri: str, conn: Conn) -> None:
        self.conn = conn
        self.environment = {"REANA_SQLALCHEMY_DATABASE_URI": uri}
        self.maker = Maker(conn)

    def run(self, *arguments: object, exit_code: int = 0) -> str:
        """Call the command and return what it printed."""
        result: Result = CliRunner().invoke(
            cli.main, [str(item) for item in arguments], env=self.environment
        )
        assert result.exit_code == exit_code, result.output
        return result.output

    def json(self, *arguments: object) -> Any:
        return json.loads(self.run(*arguments, "--json"))


@pytest.fixture
def site(fresh_db: str) -> Iterator[Site]:
    with psycopg.connect(
        fresh_db, autocommit=True, application_name="reana-workflow-controller"
    ) as conn:
        config.settings.cache_clear()
        yield Site(fresh_db, conn)
        config.settings.cache_clear()


def test_the_history_of_a_run_is_printed(site: Site) -> None:
    run = site.maker.make(Entity.workflow, "queued")
    transitions.set_workflow_status(site.conn, run, RunStatus.pending)
    heading, first, second = site.run("status", "history", run).splitlines()
    assert heading.split() == ["since", "(UTC)", "status", "application", "role"]
    assert first.split()[2:] == ["queued", "reana-workflow-controller", "postgres"]
    assert second.split()[2] == "pending"
    assert [item["to"] for item in site.json("status", "history", run)] == ["queued", "pending"]


def test_the_history_of_another_entity_is_printed(site: Site) -> None:
    job = site.maker.make(Entity.job, "running")
    assert "running" in site.run("status", "history", "--entity", "job", job)
    missing = uuid4()
    assert site.run("status", "history", missing) == f"nothing is recorded of workflow {missing}\n"


def test_observing_enforcing_and_the_report_of_violations(site: Site) -> None:
    assert site.run("status", "mode") == "enforce\n"
    assert site.run("status", "violations") == "no change against the rules is recorded\n"
    assert site.run("status", "mode", "observe") == "observe\n"
    run = site.maker.make(Entity.workflow, "running")
    transitions.set_workflow_status(site.conn, run, RunStatus.deleted)
    report = site.run("status", "violations", "--days", 1).splitlines()[1].split()
    assert report[:5] == ["1", "workflow", "running", "deleted", "changed"]
    (violation,) = site.json("status", "violations")
    assert (violation["changes"], violation["to"], violation["made"]) == (1, "deleted", True)
    assert "against the rules" in site.run("status", "history", run)
    assert site.run("status", "mode", "keep") == "keep\n"
    site.conn.execute("UPDATE __reana.workflow SET status = 'created' WHERE id_ = %s", [run])
    assert [item["made"] for item in site.json("status", "violations")] == [False, True]
    assert "against the rules: status kept" in site.run("status", "history", run)
    assert site.run("status", "mode", "enforce") == "enforce\n"


def test_old_entries_are_pruned(site: Site) -> None:
    site.maker.make(Entity.workflow, "running")
    site.conn.execute("UPDATE __reana.status_history SET changed_at = changed_at - interval '9 d'")
    assert site.run("status", "prune", "--older-than", 10) == (
        "deleted 0 entries older than 10 days\n"
    )
    assert site.run("status", "prune", "--older-than", 8) == "deleted 2 entries older than 8 days\n"


def test_rules_are_printed_as_diagrams(site: Site) -> None:
    everything = site.run("status", "rules")
    assert everything.count("```mermaid") == len(Entity)
    assert site.run("status", "rules", "--entity", "job") in everything


def test_settings_are_listed_read_and_set(site: Site) -> None:
    assert site.run("settings", "get", "secrets_form") == "compatible\n"
    site.run("settings", "set", "termination_quota_update_policy", "cpu,disk")
    rows = [line.split(maxsplit=2) for line in site.run("settings", "list").splitlines()]
    assert rows[0] == ["setting", "value", "possible"]
    assert rows[1] == ["secrets_form", "'compatible'", "'compatible', 'sealed'"]
    assert rows[3][:2] == ["termination_quota_update_policy", "'cpu,disk'"]


def test_the_names_of_a_list_may_come_in_any_order(site: Site) -> None:
    site.run("settings", "set", "termination_quota_update_policy", "disk,cpu")
    assert site.run("settings", "get", "termination_quota_update_policy") == "cpu,disk\n"


def test_the_history_of_a_run_is_found_by_its_name(site: Site) -> None:
    found = site.conn.execute(
        "SELECT workflow.name || '.' || run_number_major, email FROM __reana.workflow"
        " INNER JOIN __reana.user_ ON owner_id = user_.id_"
    ).fetchone()
    assert found is not None
    name, email = found
    assert "created" in site.run("status", "history", name, "--user", email)
    assert "--user EMAIL" in site.run("status", "history", name, exit_code=2)


@pytest.mark.parametrize(
    "command",
    [
        ("settings", "list"),
        ("settings", "get", "status_mode"),
        ("status", "mode"),
        ("status", "prune", "--older-than", "30"),
        ("status", "violations"),
        ("quota", "policy"),
        ("quota", "set-default-limits"),
        ("quota", "create-default-resources"),
        ("secrets", "status"),
        ("secrets", "redact-audit", "--dry-run"),
        ("sql",),
        ("sql", "quota.of_user"),
    ],
)
def test_what_prints_facts_prints_json(site: Site, command: tuple[str, ...]) -> None:
    assert isinstance(site.json(*command), dict | list)


def test_a_wrong_value_is_refused_with_a_sentence(site: Site) -> None:
    output = site.run("settings", "set", "status_mode", "off", exit_code=1)
    assert output == "Error: status_mode must be one of 'enforce', 'keep', 'observe', not 'off'\n"
