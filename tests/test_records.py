"""Records and enums."""

from __future__ import annotations

from enum import StrEnum
from inspect import getmembers, isclass

import pytest

from reana_db import records
from reana_db.records import JobStatus, RunStatus

ENUMS = [
    kind
    for _, kind in getmembers(records, isclass)
    if issubclass(kind, StrEnum) and kind is not StrEnum
]


@pytest.mark.parametrize("kind", ENUMS)
def test_members_are_named_as_the_database_stores_them(kind: type[StrEnum]) -> None:
    assert [member.name for member in kind] == [member.value for member in kind]


def test_members_are_named_as_released_services_name_them() -> None:
    assert RunStatus["finished"] is RunStatus.finished
    assert JobStatus.running.name == "running"
