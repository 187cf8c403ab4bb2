"""The check of the drill finds what it looks for."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from reana_db import Pool, resources
from tests.failover import clients
from tests.failover.check import Ledger, check, compare
from tests.support.factories import make_user

RUN = UUID(int=2)
"""A run that is neither deleted nor restarted."""

CHANGES = {
    "DELETE FROM __reana.workflow": "lost",
    "UPDATE __reana.workflow SET logs = 'line 3'": "lost",
    "UPDATE __reana.workflow SET status = 'running', run_finished_at = NULL": "lost",
    "UPDATE __reana.job SET logs = ''": "lost",
    "UPDATE __reana.workflow SET logs = logs || 'line 1'": "twice",
    "INSERT INTO __reana.status_history (entity, entity_id, to_status, allowed)"
    f" VALUES ('workflow', '{RUN}', 'finished', TRUE)": "twice",
    "DELETE FROM __reana.workspace_retention_rule": "half",
    "DELETE FROM __reana.job": "half",
    "UPDATE __reana.workspace_retention_rule SET status = 'created'": "half",
    "UPDATE __reana.workflow SET run_number_major = 2": "wrong",
    "UPDATE __reana.user_resource SET quota_used = 99": "wrong",
}


def test_what_is_not_so_is_found(
    fresh_db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "uuid4", lambda: RUN)
    with psycopg.connect(fresh_db) as conn:
        resources.create_defaults(conn)
        owner = make_user(conn)
    with Pool(fresh_db) as pool, clients.Journal(tmp_path / "0-runs-hosts.journal") as journal:
        clients.Client(pool, journal, owner, "name", 0.0).live_a_run()
    ledger = Ledger(tmp_path)
    assert check(fresh_db, ledger).all() == []
    assert (ledger.acknowledged, ledger.statuses) == (11, {str(RUN): "finished"})

    with psycopg.connect(fresh_db) as conn:
        for change, kind in CHANGES.items():
            conn.execute("SET LOCAL session_replication_role = replica")  # no rule is asked
            conn.execute(change.encode())
            found = compare(conn, ledger).all()
            assert [text for text in found if text.startswith(kind)], (change, found)
            conn.rollback()


def test_an_error_without_a_type_is_found(fresh_db: str, tmp_path: Path) -> None:
    with clients.Journal(tmp_path / "0-runs-hosts.journal") as journal:
        journal.failed("queue", OSError("gone"), 1.0)
    assert check(fresh_db, Ledger(tmp_path)).wrong == ["OSError of queue: gone"]
