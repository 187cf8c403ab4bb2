"""Scripts for psql."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from reana_db import embedded, errors
from reana_db.registry import psql


def test_a_script_runs_in_psql(db_uri: str) -> None:
    program = shutil.which("psql") or shutil.which("psql", path=embedded.find_binaries()[0])
    if program is None:
        pytest.skip("needs psql")
    script = psql.script(psql.find("users.find_by_email"))
    done = subprocess.run(
        [program, "-X", "-v", "ON_ERROR_STOP=1", db_uri],
        input=script,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "(0 rows)" in done.stdout


def test_a_script_declares_types_and_names_its_purpose() -> None:
    script = psql.script(psql.find("users.find_by_id")).splitlines()
    assert script[0].startswith("-- users.find_by_id: Return the user")
    assert "PREPARE users_find_by_id (uuid) AS" in script
    assert "EXECUTE users_find_by_id (:'user_id');" in script


def test_an_unknown_statement_is_not_found() -> None:
    with pytest.raises(errors.NotFound, match=r"no statement 'users\.nothing'"):
        psql.find("users.nothing")
