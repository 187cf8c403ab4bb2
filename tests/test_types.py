"""What a type checker sees: every query as an ordinary function, and one place to import from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow

SNIPPET = """
from uuid import UUID
from reana_db import users, workflows
from reana_db.queries import Conn

def use(conn: Conn, some_id: UUID) -> None:
    reveal_type(users.find_by_email(conn, "a@b"))
    reveal_type(workflows.get(conn, some_id))
    reveal_type(workflows.restarts(conn, workflow_id=some_id))
    reveal_type(workflows.logs(conn, some_id))
    users.find_by_email(conn, some_id)
    users.find_by_email(conn)
"""

SCRIPT = """
from uuid import UUID

import reana_db
from reana_db import (
    Connection, NewJob, Page, Pool, RunStatus, Settings, Sort, Workflow, connect, database,
    errors, jobs, listing, transitions, workflows,
)


def run_of(conn: Connection, workflow_id: UUID) -> Workflow:
    return workflows.get(conn, workflow_id)


def work(workflow_id: UUID, job: NewJob) -> None:
    pool = Pool("postgresql://reana@db/reana", deadline=30)
    pool.run(lambda conn: transitions.set_workflow_status(conn, workflow_id, RunStatus.queued))
    reveal_type(pool.run(lambda conn: run_of(conn, workflow_id)))
    try:
        with connect(Settings.at("host=db")) as conn:
            jobs.create(conn, workflow_id, job)
            listing.page(conn, workflow_id, sort=Sort.OLDEST_FIRST)
    except errors.ReanaDBError as error:
        if error.retryable and not error.in_doubt:
            database.wait()
    reana_db.Wrokflow
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What mypy says of each text, line by line."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "queries.py").write_text(SNIPPET)
    (folder / "service.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    done = subprocess.run(
        [*command, folder / "queries.py", folder / "service.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said: dict[str, list[str]] = {"queries.py": [], "service.py": []}
    for line in done.stdout.splitlines():
        file, _, text = line.partition(":")
        said[Path(file).name].append(text.partition(": ")[2])
    return said


def test_types_of_results_and_arguments_are_seen(shown: dict[str, list[str]]) -> None:
    said = shown["queries.py"]
    assert [text.split('"')[1] for text in said if "Revealed" in text] == [
        "reana_db.records.User | None",
        "reana_db.records.Workflow",
        "list[reana_db.records.Workflow]",
        "str",
    ]
    assert 'incompatible type "UUID"; expected "str"' in "\n".join(said)
    assert 'Missing positional argument "email"' in "\n".join(said)


def test_a_script_of_a_service_needs_no_other_import(shown: dict[str, list[str]]) -> None:
    assert shown["service.py"] == [
        'note: Revealed type is "reana_db.records.Workflow"',
        'error: Module has no attribute "Wrokflow"; maybe "Workflow"?  [attr-defined]',
    ]
