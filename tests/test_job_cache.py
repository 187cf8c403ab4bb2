"""The cache of job results."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from reana_db import errors, job_cache
from reana_db.queries import Conn
from tests.support.factories import make_job, make_user, make_workflow


@pytest.fixture
def run(conn: Conn) -> UUID:
    return make_workflow(conn, make_user(conn))


def cached(conn: Conn, run: UUID, parameters: str, workspace_hash: str) -> UUID:
    job_id = make_job(conn, run)
    job_cache.create(conn, job_id, {"/a": 1.5})
    stored = job_cache.complete(
        conn, job_id, parameters=parameters, workspace_hash=workspace_hash, result_path="/r"
    )
    assert stored == 1
    return job_id


def test_an_entry_is_found_by_its_hashes_once_complete(conn: Conn, run: UUID) -> None:
    job_id = make_job(conn, run)
    entry_id = job_cache.create(conn, job_id, {"/a": 1.5})
    assert job_cache.find(conn, parameters="p", workspace_hash="w") is None
    job_cache.complete(conn, job_id, parameters="p", workspace_hash="w", result_path="/r")
    found = job_cache.find(conn, parameters="p", workspace_hash="w")
    assert found is not None
    assert (found.id_, found.job_id, found.result_path) == (entry_id, job_id, "/r")
    assert found.access_times == {"/a": 1.5}
    assert job_cache.find_by_job(conn, job_id) == found


def test_the_newest_of_equal_results_is_found(conn: Conn, run: UUID) -> None:
    cached(conn, run, "p", "w")
    newest = cached(conn, run, "p", "w")
    found = job_cache.find(conn, parameters="p", workspace_hash="w")
    assert found is not None
    assert found.job_id == newest


def test_only_one_entry_of_a_job_is_completed(conn: Conn, run: UUID) -> None:
    job_id = make_job(conn, run)
    for _ in range(2):
        job_cache.create(conn, job_id, {})
    hashes = {"parameters": "p", "workspace_hash": "w"}
    assert job_cache.complete(conn, job_id, **hashes, result_path="/r") == 1


def test_a_job_without_entry_is_not_completed(conn: Conn, run: UUID) -> None:
    job_id = make_job(conn, run)
    hashes = {"parameters": "p", "workspace_hash": "w"}
    assert job_cache.complete(conn, job_id, **hashes, result_path="/r") == 0
    assert job_cache.find_by_job(conn, job_id) is None


def test_a_workspace_without_hash_is_neither_stored_nor_found(conn: Conn, run: UUID) -> None:
    job_id = make_job(conn, run)
    job_cache.create(conn, job_id, {})
    hashes = {"parameters": "p", "workspace_hash": "-1"}
    assert job_cache.complete(conn, job_id, **hashes, result_path="/r") == 0
    conn.execute("UPDATE __reana.job_cache SET parameters = 'p', workspace_hash = '-1'")
    assert job_cache.find(conn, **hashes) is None


def test_an_entry_of_an_unknown_job_is_refused(conn: Conn) -> None:
    with pytest.raises(errors.MissingReference):
        job_cache.create(conn, uuid4(), {})


def test_the_entries_of_runs_are_deleted_together(conn: Conn, run: UUID) -> None:
    other = make_workflow(conn, make_user(conn))
    for workflow_id in (run, run, other):
        cached(conn, workflow_id, "p", "w")
    assert job_cache.delete_of_workflows(conn, [run, uuid4()]) == 2
    assert job_cache.find(conn, parameters="p", workspace_hash="w") is not None
