"""``reana-db quota``."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from click.testing import CliRunner, Result

from reana_db import cli, config, disk_usage, quota, quota_periods, quota_refresh, resources
from reana_db.commands import connecting
from reana_db.queries import Conn
from reana_db.records import ResourceType
from tests.support.factories import make_user, make_workflow

EMAIL = "alice@example.org"


class Site:
    """A database with one user, and the command line for it."""

    def __init__(self, uri: str, conn: Conn) -> None:
        self.uri = uri
        self.conn = conn
        resources.create_defaults(conn)
        self.user_id: UUID = make_user(conn, email=EMAIL, created="2026-01-01")
        self.environment: dict[str, str | None] = {"REANA_SQLALCHEMY_DATABASE_URI": uri}

    def run(self, *arguments: str, exit_code: int = 0) -> str:
        """Call ``reana-db quota`` and return what it printed."""
        config.settings.cache_clear()
        result: Result = CliRunner().invoke(cli.main, ["quota", *arguments], env=self.environment)
        assert result.exit_code == exit_code, result.output
        return result.output


@pytest.fixture
def site(fresh_db: str) -> Iterator[Site]:
    with psycopg.connect(fresh_db, autocommit=True) as conn:
        yield Site(fresh_db, conn)
    config.settings.cache_clear()


def test_show(site: Site) -> None:
    run_id = make_workflow(site.conn, site.user_id)
    quota.set_disk_usage(site.conn, workflow_id=run_id, bytes_=1792)
    site.run("set", EMAIL, "--resource", "disk", "--limit", "2048")
    site.run("set", EMAIL, "--months", "1200")
    assert site.run("show").splitlines() == [
        f"{EMAIL}  processing time: 0s of unlimited, every 1200 months, since 2026-01-01",
        f"{EMAIL}  shared storage: 1.75 KiB of 2 KiB (warning)",
    ]
    found = json.loads(site.run("show", "--user", EMAIL, "--json"))
    assert (found["user"], found["disk"]["health"]) == (EMAIL, "warning")


def test_set_changes_limits_and_periods(site: Site) -> None:
    site.run("set", EMAIL, "--limit", "7", "--months", "3", "--start", "2999-01-01")
    assert quota.of_user(site.conn, site.user_id)[0].quota_limit == 7
    period = quota_periods.of_user(site.conn, site.user_id)
    assert period.quota_period_start_at is not None
    assert (period.quota_period_months, period.quota_period_start_at.year) == (3, 2999)
    site.run("set", EMAIL, "--start", "2998-01-01")
    assert "every 3 months, since 2998-01-01" in site.run("show")
    site.run("set", EMAIL, "--no-period")
    assert quota_periods.of_user(site.conn, site.user_id).quota_period_months is None


@pytest.mark.parametrize(
    ("resource", "limit", "number"),
    [("cpu", "10h", 36_000_000), ("disk", "100GB", 10**11), ("disk", "1.5TiB", 3 * 2**39)],
)
def test_a_limit_has_a_unit(site: Site, resource: str, limit: str, number: int) -> None:
    site.run("set", EMAIL, "--resource", resource, "--limit", limit)
    (found,) = [item for item in quota.of_user(site.conn, site.user_id) if item.type_ == resource]
    assert found.quota_limit == number


def test_an_error_names_the_option_and_the_user_that_were_typed(site: Site) -> None:
    output = site.run("set", EMAIL, "--start", "2026-01-01", exit_code=1)
    assert output == f"Error: --start needs a quota period, which {EMAIL} has not\n"


def test_a_period_of_a_month_is_every_month(site: Site) -> None:
    site.run("set", EMAIL, "--months", "1")
    assert ", every month, since " in site.run("show")


def test_none_excludes_other_resources(site: Site) -> None:
    assert "none excludes other resources" in site.run("policy", "cpu", "none", exit_code=2)
    assert quota.policy(site.conn) == frozenset()


def test_a_policy_that_is_not_that_of_the_environment_is_told(site: Site) -> None:
    site.environment[config.POLICY_VARIABLE] = "disk,cpu"
    assert "is cpu,disk, but the database has none" in site.run("policy")
    check = CliRunner().invoke(cli.main, ["check"], env=site.environment)
    assert "but the database has none" in check.stderr
    assert "but the database" not in site.run("policy", "cpu", "disk")


@pytest.mark.parametrize(
    "arguments",
    [
        [EMAIL],
        [EMAIL, "--limit", "10 apples"],
        [EMAIL, "--limit", "-1"],
        [EMAIL, "--no-period", "--months", "1"],
        [EMAIL, "--resource", "disk", "--months", "1"],
    ],
)
def test_set_refuses(site: Site, arguments: list[str]) -> None:
    site.run("set", *arguments, exit_code=2)


def test_set_changes_nobody_if_somebody_is_unknown(site: Site) -> None:
    output = site.run("set", EMAIL, "nobody@example.org", "--limit", "1", exit_code=1)
    assert "no user has the e-mail address nobody@example.org" in output
    assert quota.of_user(site.conn, site.user_id) == []


def test_policy(site: Site) -> None:
    assert site.run("policy") == "none\n"
    assert site.run("policy", "disk", "cpu") == "cpu, disk\n"
    assert site.run("policy", "cpu,disk") == "cpu, disk\n"
    assert quota.policy(site.conn) == set(ResourceType)
    site.run("policy", "gpu", exit_code=2)
    assert site.run("policy", "none") == "none\n"


def test_create_default_resources(site: Site) -> None:
    assert site.run("create-default-resources") == "the default resources exist\n"
    site.conn.execute("DELETE FROM __reana.resource")
    assert site.run("create-default-resources") == "2 resources created\n"


def test_default_limits_are_those_of_the_environment(site: Site) -> None:
    site.environment |= {
        "REANA_DEFAULT_QUOTA_CPU_LIMIT": "36000000",
        "REANA_DEFAULT_QUOTA_DISK_LIMIT": "1024",
    }
    assert site.run("create-default-resources") == "the default resources exist\n"
    user_id = make_user(site.conn)
    run_id = make_workflow(site.conn, user_id)
    quota.set_disk_usage(site.conn, workflow_id=run_id, bytes_=7)
    limits = [item.quota_limit for item in quota.of_user(site.conn, user_id)]
    assert limits == [36_000_000, 1024]


def test_without_an_environment_default_limits_stay(site: Site) -> None:
    site.environment["REANA_DEFAULT_QUOTA_CPU_LIMIT"] = "5"
    site.conn.execute("DELETE FROM __reana.resource")
    assert site.run("create-default-resources") == "2 resources created\n"
    site.environment["REANA_DEFAULT_QUOTA_CPU_LIMIT"] = None
    site.run("create-default-resources")
    found = site.conn.execute(
        "SELECT name, default_limit FROM __reana.resource ORDER BY name"
    ).fetchall()
    assert found == [("processing time", 5), ("shared storage", 0)]


def test_set_default_limits(site: Site) -> None:
    site.run("set", EMAIL, "--limit", "0")
    site.environment["REANA_DEFAULT_QUOTA_CPU_LIMIT"] = "5"
    assert site.run("set-default-limits") == "1 limit set\n"


def test_init_default_period(site: Site) -> None:
    site.run("set", EMAIL, "--limit", "0")
    site.run("init-default-period", "--yes", exit_code=2)
    site.environment["REANA_DEFAULT_QUOTA_CPU_PERIOD_RESET_MONTHS"] = "6"
    output = site.run("init-default-period", "--dry-run")
    assert output.splitlines() == [EMAIL, "1 user would get periods of 6 months"]
    assert quota_periods.of_user(site.conn, site.user_id).quota_period_months is None
    site.run("init-default-period", exit_code=1)
    site.run("init-default-period", "--yes")
    assert quota_periods.of_user(site.conn, site.user_id).quota_period_months == 6


def ended_run(site: Site, workspace: Path) -> UUID:
    times = {"run_started_at": "2026-01-01 12:00", "run_finished_at": "2026-01-01 13:00"}
    return make_workflow(site.conn, site.user_id, **times, workspace_path=str(workspace))


def test_refresh(site: Site, tmp_path: Path) -> None:
    ended_run(site, tmp_path)
    assert "found: processing time of 1 run" in site.run("refresh", "--dry-run", "--workers", "1")
    lines = site.run("refresh", "--user", EMAIL, "--workers", "1").splitlines()
    assert lines[0].startswith("1 user, 1 run; 1 workspace of ")
    assert lines[1] == "corrected: processing time of 1 run"
    found = json.loads(site.run("refresh", "--resource", "cpu", "--json"))
    assert (found["complete"], found["runs"], found["workspaces"]) == (True, 1, 0)


NOBODY = 65534


def in_a_child(target: Callable[[], object]) -> None:
    """Call something in a forked process, which is not root: what it may not read, it cannot."""

    def work() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        target()

    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join(60)
    assert child.exitcode == 0


def test_an_unreadable_workspace_is_reported_and_keeps_its_value(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It reads the migrations, which the other user may be unable to read, as the modules below.
    monkeypatch.setattr(connecting, "refuse_unmigrated", lambda *_: None)
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        workspaces = [Path(directory, name) for name in ("open", "closed")]
        for workspace in workspaces:
            (workspace / "deep").mkdir(parents=True)
            (workspace / "deep" / "file").write_bytes(b"x" * 5000)
            ended_run(site, workspace)
        # Also loads the modules.
        site.run("refresh", "--resource", "disk", "--workers", "2")
        before = quota.of_user(site.conn, site.user_id)[1].quota_used
        (workspaces[0] / "more").write_bytes(b"x" * 4096)
        added = disk_usage.total(str(workspaces[0])) - before // 2
        (workspaces[1] / "deep").chmod(0)
        printed, logged = Path(directory, "printed"), Path(directory, "logged")
        for file in (printed, logged):
            file.touch()
            file.chmod(0o666)

        def refresh() -> None:
            logging.getLogger("reana_db").addHandler(logging.FileHandler(logged))
            arguments = ("--resource", "disk", "--workers", "2", "--json")
            printed.write_text(site.run("refresh", *arguments, exit_code=1))

        in_a_child(refresh)
        (workspaces[1] / "deep").chmod(0o755)
        found = json.loads(printed.read_text())
        assert (found["complete"], found["unreadable"], found["workspaces"]) == (False, 1, 1)
        assert f"cannot measure {workspaces[1]}: Permission denied" in logged.read_text()
    assert quota.of_user(site.conn, site.user_id)[1].quota_used == before + added


@pytest.mark.parametrize(
    "arguments", [["refresh"], ["resource-usage-update"], ["disk-usage-update"]]
)
def test_a_refresh_that_would_wipe_ends_with_4(
    site: Site, tmp_path: Path, arguments: list[str]
) -> None:
    run_id = ended_run(site, tmp_path / "gone")
    quota.set_disk_usage(site.conn, workflow_id=run_id, bytes_=4096)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHARED_VOLUME_PATH", str(tmp_path / "gone"))
        site.run(*arguments, exit_code=4)
    assert quota.of_user(site.conn, site.user_id)[1].quota_used == 4096
    assert "corrected: disk usage of 1 run" in site.run("refresh", "--force")
    assert quota.of_user(site.conn, site.user_id)[1].quota_used == 0


@pytest.mark.parametrize("name", ["resource-usage-update", "disk-usage-update"])
def test_old_names(site: Site, tmp_path: Path, name: str) -> None:
    ended_run(site, tmp_path)
    assert "disk usage of 1 run" in site.run(name)
    assert name not in site.run("--help")


def test_exit_status(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = quota_refresh.Summary(dry_run=False, unreadable=1, left_out=2)
    monkeypatch.setattr(quota_refresh, "refresh", lambda *_: summary)
    lines = site.run("refresh", exit_code=1).splitlines()
    assert lines[-2:] == [
        "1 workspace cannot be read and keeps the last value",
        "2 runs left out: others were changing them",
    ]


def test_a_pod_logs_lines(
    site: Site,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reana_db.commands.progress.SECONDS_PER_LINE", 0)
    ended_run(site, tmp_path)
    site.run("refresh", "--workers", "1")
    assert "processing time: 1 to do" in caplog.messages
    assert "disk usage: 1 of 1" in caplog.messages


def test_a_terminal_shows_a_bar(site: Site, tmp_path: Path) -> None:
    ended_run(site, tmp_path)
    main, terminal = pty.openpty()
    environment = {**os.environ, "REANA_SQLALCHEMY_DATABASE_URI": site.uri}
    subprocess.run(
        [sys.executable, "-m", "reana_db", "quota", "refresh"],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    shown = os.read(main, 100_000).decode()
    os.close(main)
    assert "processing time" in shown
    assert "1/1" in shown
