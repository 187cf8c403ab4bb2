"""The demo: a day of a small REANA, with nothing left running afterwards."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from reana_db.embedded import demo

pytestmark = pytest.mark.slow

DEMO = [sys.executable, "-m", "reana_db", "demo"]


def environment(directory: Path) -> dict[str, str]:
    """Return an environment whose temporary files go to a directory."""
    return {**os.environ, "TMPDIR": str(directory)}


def test_the_demo_shows_its_tables_and_leaves_nothing_behind(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    done = subprocess.run(
        DEMO, env=environment(tmp_path), capture_output=True, text=True, check=True
    )
    for title in ("Runs", "The lives of Emmy's serial runs", "Open notebooks", "Files that"):
        assert title in done.stdout
    lives = done.stdout.partition("The lives of Emmy's serial runs")[2].split("\n\n")[0]
    assert lives.splitlines()[2].split()[:2] == ["fit-serial.1", "created"]
    used = done.stdout.partition("What the people used")[2].split("\n\n")[0]
    assert re.search(r"^emmy@\S+ +processing time +\d+m +\d+m +healthy$", used, re.MULTILINE)
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_kept_demo_serves_until_terminated_and_is_not_played_twice(tmp_path: Path) -> None:
    for _ in range(2):
        with subprocess.Popen(
            [*DEMO, "--keep", str(tmp_path / "kept")], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            lines = []
            while "Press Ctrl-C" not in (line := process.stdout.readline()):
                assert line, "the demo ended too early"
                lines.append(line)
            (uri,) = (line.split("'")[1] for line in lines if "psql" in line)
            with psycopg.connect(uri) as conn:
                assert conn.execute("SELECT count(*) FROM reana.runs").fetchone() == (23,)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(uri, connect_timeout=2)


def test_the_day_has_runs_of_every_engine_in_every_final_status(
    fresh_db: str, tmp_path: Path
) -> None:
    with psycopg.connect(fresh_db, autocommit=True) as conn:
        assert not demo.is_played(conn)
        demo.Day(conn, tmp_path, "key").play()
        assert demo.is_played(conn)
        rows = demo.runs(conn)
        assert {"healthy", "critical"} <= {row.health for row in demo.quotas(conn)}
        assert "0s" not in {row.used for row in demo.quotas(conn)}
        assert {row.engine for row in rows} == {"serial", "cwl", "yadage", "snakemake"}
        assert {"finished", "failed", "stopped", "deleted"} < {row.status for row in rows}
        assert "fit-serial.2.1" in {row.run for row in rows}
        life = demo.statuses(conn, "emmy@example.org", "fit-serial")
        assert all(row.allowed for row in life)
        assert {row.run for row in life if row.status == "created"} == {row.run for row in life}
        assert demo.rules(conn)
        assert len(demo.open_sessions(conn)) == 1
