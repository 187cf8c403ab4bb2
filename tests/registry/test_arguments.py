"""Arguments of ordinary functions are checked by annotation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from inspect import signature
from typing import Any
from uuid import UUID

import pytest

from reana_db import errors
from reana_db.config import Settings
from reana_db.queries import Conn
from reana_db.records import JSON, JobStatus
from reana_db.registry.arguments import checked
from tests.support.public import FUNCTIONS


@checked
def sample(
    conn: Conn | None,  # noqa: ARG001 # what a function does with its arguments is not tested
    number: int = 1,  # noqa: ARG001 # the same
    *,
    days: Mapping[str, int] | None = None,
    ids: Iterable[UUID] = (),
    settings: Settings | None = None,
    until: date | datetime | None = None,
    status: JobStatus = JobStatus.created,
    details: JSON = None,
) -> tuple[object, ...]:
    """Return what was given."""
    return days, ids, settings, until, status, details


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"number": 5, "days": {"a": 1}, "ids": [UUID(int=1)], "settings": Settings()},
        {"until": NOW, "details": {"a": [1]}},
        {"until": NOW.date(), "status": "running"},
    ],
)
def test_what_fits_is_passed_on_unchanged(given: dict[str, Any]) -> None:
    expected = {name: value for name, value in given.items() if name != "number"}
    assert all(value in sample(None, **given) for value in expected.values())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"number": "5"}, r"test_arguments\.sample: number must be an int, not str '5'"),
        ({"days": [1]}, "days must be a mapping, not list"),
        ({"days": {"a": "1"}}, "days of 'a' must be an int, not str '1'"),
        ({"ids": "abc"}, "ids must be several values, not str"),
        ({"settings": 5}, "settings must be a Settings, not int"),
        ({"until": "today"}, "until must be a datetime"),
        ({"status": "flying"}, "status must be one of created"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.InvalidArgument, match=message):
        sample(None, **given)


def test_what_is_given_is_converted_once() -> None:
    given: dict[str, Any] = {"ids": iter([str(UUID(int=1))]), "status": "running"}
    _, ids, _, _, status, _ = sample(None, **given)
    assert ids == [UUID(int=1)]
    assert status is JobStatus.running


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_public_function_checks_its_arguments(name: str) -> None:
    function = FUNCTIONS[name]
    if len(signature(function).parameters) > 1:
        assert hasattr(function, "__wrapped__"), f"{name} is neither a query nor checked"


def test_json_is_left_to_the_query_that_encodes_it() -> None:
    odd = {"a": object()}
    assert odd in sample(None, details=odd)


def test_a_missing_argument_is_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError):
        sample()  # type: ignore[call-arg] # that is the test
