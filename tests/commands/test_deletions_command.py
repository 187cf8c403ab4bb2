"""The command ``reana-db deletions``."""

from __future__ import annotations

import json

from click.testing import CliRunner

from reana_db import cli, config, connect, deletion
from tests.support.factories import make_job, make_user, make_workflow


def run(uri: str, *arguments: str) -> str:
    environment = {"REANA_SQLALCHEMY_DATABASE_URI": uri}
    config.settings.cache_clear()
    result = CliRunner().invoke(cli.main, ["deletions", *arguments], env=environment)
    config.settings.cache_clear()
    assert result.exit_code == 0, result.output
    return result.output


def test_deletions_that_wait_for_their_confirmation_are_listed(fresh_db: str) -> None:
    assert run(fresh_db) == "no deletion waits for its confirmation\n"
    with connect(fresh_db) as conn:
        deleted = make_workflow(
            conn, make_user(conn), name="fit", status="finished", workspace_path="/w/fit"
        )
        make_job(conn, deleted, status="running")
        deletion.delete_run(conn, deleted)
    heading, row = run(fresh_db).splitlines()
    assert heading.split() == ["deleted", "(UTC)", "run", "id", "workspace", "to", "close", "jobs"]
    assert row.split()[2:] == ["fit.1", str(deleted), "/w/fit", "0", "1"]
    (item,) = json.loads(run(fresh_db, "--json"))
    assert (item["id_"], item["workspace_path"]) == (str(deleted), "/w/fit")
    with connect(fresh_db) as conn:
        deletion.confirm_deletions(conn, [deleted])
    assert run(fresh_db) == "no deletion waits for its confirmation\n"
