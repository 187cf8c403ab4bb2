"""Type checkers see every query as an ordinary function."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def test_types_of_results_and_arguments_are_seen(tmp_path: Path) -> None:
    file = tmp_path / "snippet.py"
    file.write_text(SNIPPET)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(file)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    revealed = [line.split('"')[1] for line in shown.splitlines() if "Revealed" in line]
    assert revealed == [
        "reana_db.records.User | None",
        "reana_db.records.Workflow",
        "list[reana_db.records.Workflow]",
        "str",
    ]
    assert 'incompatible type "UUID"; expected "str"' in shown
    assert 'Missing positional argument "email"' in shown
