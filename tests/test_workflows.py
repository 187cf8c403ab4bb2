"""Finding runs, and reading their big columns."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from reana_db import errors, queries, workflows
from reana_db.queries import Conn
from reana_db.records import RunStatus
from reana_db.workflows import Reference
from tests.support.factories import make_user, make_workflow, share


@pytest.fixture
def owner(conn: Conn) -> UUID:
    return make_user(conn)


def numbers(conn: Conn, owner: UUID, name: str, *pairs: tuple[int, int]) -> dict[str, UUID]:
    """Insert runs of one name with these run numbers."""
    return {
        f"{major}.{minor}": make_workflow(
            conn, owner, name=name, run_number_major=major, run_number_minor=minor
        )
        for major, minor in pairs
    }


def test_get_returns_the_run_with_times_in_utc(conn: Conn, owner: UUID) -> None:
    workflow_id = make_workflow(conn, owner, name="fit", run_started_at="2026-07-01 12:00")
    run = workflows.get(conn, workflow_id)
    assert (run.full_name, run.status, run.owner_id) == ("fit.1", RunStatus.created, owner)
    assert run.run_started_at == datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_get_raises_for_a_run_that_does_not_exist(conn: Conn) -> None:
    missing = uuid4()
    with pytest.raises(errors.NotFound, match=f"workflow_id={missing}"):
        workflows.get(conn, missing)
    assert workflows.find_by_id(conn, missing) is None


@pytest.mark.parametrize(("minor", "full_name"), [(0, "fit.2"), (1, "fit.2.1"), (11, "fit.2.11")])
def test_a_full_name_shows_the_minor_number_of_restarts(
    conn: Conn, owner: UUID, minor: int, full_name: str
) -> None:
    workflow_id = make_workflow(conn, owner, name="fit", run_number_major=2, run_number_minor=minor)
    assert workflows.get(conn, workflow_id).full_name == full_name


def test_big_columns_are_read_one_by_one(conn: Conn, owner: UUID) -> None:
    specification = '{"inputs": {"parameters": {"events": 5}}, "version": "0.9"}'
    workflow_id = make_workflow(
        conn,
        owner,
        logs="řádek\n",
        reana_specification=specification,
        input_parameters="null",
        operational_options='{"CACHE": "off"}',
        job_progress='{"total": {"total": 2, "job_ids": []}}',
    )
    assert workflows.logs(conn, workflow_id) == "řádek\n"
    read = workflows.specification(conn, workflow_id)
    assert read.reana_specification["version"] == "0.9"
    assert read.input_parameters is None
    assert workflows.specification_parameters(conn, workflow_id) == {"events": 5}
    assert workflows.operational_options(conn, workflow_id) == {"CACHE": "off"}
    assert workflows.job_progress(conn, workflow_id) == {"total": {"total": 2, "job_ids": []}}
    assert workflows.workspace_location(conn, workflow_id).workspace_path is not None


def test_parameters_of_a_specification_without_inputs_are_absent(conn: Conn, owner: UUID) -> None:
    workflow_id = make_workflow(conn, owner, reana_specification="{}")
    assert workflows.specification_parameters(conn, workflow_id) is None


def test_restarts_are_the_runs_of_the_same_major_number(conn: Conn, owner: UUID) -> None:
    runs = numbers(conn, owner, "fit", (1, 0), (2, 0), (2, 2), (2, 1), (3, 0))
    make_workflow(conn, make_user(conn), name="fit", run_number_major=2)
    found = workflows.restarts(conn, runs["2.1"])
    assert [run.run_number for run in found] == ["2", "2.1", "2.2"]


UUID_TEXT = "0d42acf6-71dd-49c7-b77a-477a3559c650"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        (UUID_TEXT, Reference(workflow_id=UUID(UUID_TEXT))),
        (UUID_TEXT.replace("-", "").upper(), Reference(workflow_id=UUID(UUID_TEXT))),
        ("fit", Reference(name="fit")),
        ("fit.", Reference(name="fit")),
        ("fit.3", Reference(name="fit", run=(3, 0))),
        ("fit.3.12", Reference(name="fit", run=(3, 12))),
        ("fit.v2", Reference(name="fit.v2")),
        ("fit.3.x", Reference(name="fit.3.x")),
        ("fit.3.", Reference(name="fit.3.")),
        ("fit.1.2.3", Reference(name="fit.1.2.3")),
        ("fit.-1", Reference(name="fit.-1")),
        (".5", Reference(name=".5")),
        (".", Reference(name=".")),
        ("a%_'", Reference(name="a%_'")),
    ],
)
def test_a_reference_is_a_uuid_a_name_or_a_name_with_run_number(
    text: str, reference: Reference
) -> None:
    assert workflows.parse_reference(text) == reference


@pytest.mark.parametrize(("text", "rule"), [("", "not empty"), ("fít", "must be ASCII")])
def test_an_empty_or_non_ascii_reference_is_refused(text: str, rule: str) -> None:
    with pytest.raises(errors.InvalidArgument, match=rule):
        workflows.parse_reference(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("fit", "10.0"), ("fit.", "10.0"), ("fit.9", "9.0"), ("fit.9.2", "9.2"), ("fit.10", "10.0")],
)
@pytest.mark.parametrize("include_shared", [False, True])
def test_a_name_means_the_newest_run_unless_it_has_a_number(
    conn: Conn, owner: UUID, text: str, number: str, *, include_shared: bool
) -> None:
    runs = numbers(conn, owner, "fit", (9, 0), (9, 2), (10, 0))
    executed = queries.executions.total()
    found = workflows.resolve(conn, text, user_id=owner, include_shared=include_shared)
    assert found.id_ == runs[number]
    assert queries.executions.total() == executed + 1


@pytest.mark.parametrize("text", ["fit", "fit.1", "{id}"])
def test_runs_of_others_are_found_only_in_shared_scope_and_while_the_share_is_valid(
    conn: Conn, owner: UUID, text: str
) -> None:
    theirs = make_workflow(conn, make_user(conn), name="fit")
    text = text.format(id=theirs)
    for valid_until in (None, "2020-01-01"):
        conn.execute("DELETE FROM __reana.user_workflow")
        share(conn, theirs, owner, valid_until)
        with pytest.raises(errors.NotFound):
            workflows.resolve(conn, text, user_id=owner)
        if valid_until is None:
            found = workflows.resolve(conn, text, user_id=owner, include_shared=True)
            assert found.id_ == theirs
        else:
            with pytest.raises(errors.NotFound):
                workflows.resolve(conn, text, user_id=owner, include_shared=True)


@pytest.mark.parametrize("text", ["fit", "fit.1"])
def test_own_runs_come_before_shared_ones(conn: Conn, owner: UUID, text: str) -> None:
    own = make_workflow(conn, owner, name="fit")
    other = make_user(conn)
    for theirs in numbers(conn, other, "fit", (1, 0), (7, 0)).values():
        share(conn, theirs, owner)
    assert workflows.resolve(conn, text, user_id=owner, include_shared=True).id_ == own


def test_several_owners_who_share_a_name_are_ambiguous(conn: Conn, owner: UUID) -> None:
    shared = [make_workflow(conn, make_user(conn), name="fit") for _ in range(2)]
    for theirs in shared:
        share(conn, theirs, owner)
    with pytest.raises(errors.AmbiguousWorkflow) as caught:
        workflows.resolve(conn, "fit.1", user_id=owner, include_shared=True)
    assert all(str(theirs) in str(caught.value) for theirs in shared)


def test_of_one_owner_the_newest_shared_run_is_meant(conn: Conn, owner: UUID) -> None:
    runs = numbers(conn, make_user(conn), "fit", (1, 0), (2, 0))
    for theirs in runs.values():
        share(conn, theirs, owner)
    found = workflows.resolve(conn, "fit", user_id=owner, include_shared=True)
    assert found.id_ == runs["2.0"]


def test_many_runs_are_found_at_once(conn: Conn, owner: UUID) -> None:
    ids = {make_workflow(conn, owner) for _ in range(3)}
    assert {run.id_ for run in workflows.many(conn, [*ids, uuid4()])} == ids


def test_a_specification_is_replaced(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, reana_specification={"old": 1})
    workflows.replace_specification(conn, run, {"new": ["é"]})
    assert workflows.specification(conn, run).reana_specification == {"new": ["é"]}
    with pytest.raises(errors.NotFound):
        workflows.replace_specification(conn, uuid4(), {})


@pytest.mark.parametrize("complexity", [[], [(1, 8)], [(2, 2**40), (5, 4)]])
def test_a_complexity_is_stored(conn: Conn, owner: UUID, complexity: list[tuple[int, int]]) -> None:
    run = make_workflow(conn, owner)
    workflows.set_complexity(conn, run, complexity)
    row = conn.execute("SELECT complexity FROM __reana.workflow WHERE id_ = %s", [run]).fetchone()
    assert row == ([list(pair) for pair in complexity],)


@pytest.mark.parametrize("complexity", [[(1,)], [("1", 2)], [(1, 2**63)]])
def test_a_complexity_that_is_no_list_of_pairs_is_refused(
    conn: Conn, owner: UUID, complexity: list[tuple[int, int]]
) -> None:
    with pytest.raises(errors.InvalidArgument):
        workflows.set_complexity(conn, make_workflow(conn, owner), complexity)


def test_the_complexity_of_an_unknown_run_is_not_found(conn: Conn) -> None:
    with pytest.raises(errors.NotFound):
        workflows.set_complexity(conn, uuid4(), [])
