"""One import: a service finds everything in ``reana_db`` itself."""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import reana_db
from tests.support.public import FUNCTIONS

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


def types_in(annotation: Any) -> set[type]:
    """Return the records and enums that an annotation shows, with those that they hold."""
    if inner := get_args(annotation):
        return {kind for part in inner for kind in types_in(part)}
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        hints = get_type_hints(annotation, include_extras=True).values()
        return {annotation, *(kind for hint in hints for kind in types_in(hint))}
    is_enum = isinstance(annotation, type) and issubclass(annotation, enum.Enum)
    return {annotation} if is_enum else set()


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_the_types_of_a_public_signature_are_there(function: Any) -> None:
    hints = get_type_hints(inspect.unwrap(function), include_extras=True).values()
    for kind in {kind for hint in hints for kind in types_in(hint)}:
        assert getattr(reana_db, kind.__name__) is kind


@pytest.mark.parametrize("name", reana_db.__all__)
def test_every_name_leads_to_something(name: str) -> None:
    assert getattr(reana_db, name) is not None


@pytest.mark.parametrize("module", sorted({name.partition(".")[0] for name in FUNCTIONS}))
def test_every_module_of_functions_is_there(module: str) -> None:
    assert module in reana_db.__all__
    assert getattr(reana_db, module) is importlib.import_module(f"reana_db.{module}")


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'session'"):
        _ = reana_db.session  # type: ignore[attr-defined]


def test_a_script_of_a_service_is_understood_by_a_type_checker(tmp_path: Path) -> None:
    file = tmp_path / "service.py"
    file.write_text(SCRIPT)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(file)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = [line.partition(": ")[2] for line in shown.splitlines()]
    assert found == [
        'note: Revealed type is "reana_db.records.Workflow"',
        'error: Module has no attribute "Wrokflow"; maybe "Workflow"?  [attr-defined]',
    ]
