"""Fixtures of the tests that run released versions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.interop import environments
from tests.interop.released import OldService
from tests.support.databases import Databases

ALL = ("0.9.5", "0.95.0a8", "0.95.0a13")
"""The releases whose models fit the newest schema; 0.8.0 has tests of its own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip all of these tests, before their databases are made, where no releases are named."""
    if os.environ.get(environments.VARIABLE):
        return
    reason = f"runs released versions: tox -e interop, or set {environments.VARIABLE}"
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))


def require(release: str) -> None:
    """Skip a test where the environment of a release is not there."""
    if not environments.is_complete(release):
        pytest.skip(f"no reana-db {release}: python -m tests.interop.environments {release}")


@pytest.fixture(scope="session")
def database(server: Databases, template: str) -> Iterator[str]:
    """A database of ours that released versions write to; each test has users of its own."""
    with server.database(template=template) as name:
        yield server.uri(name)


@pytest.fixture(scope="session", params=ALL)
def old(request: pytest.FixtureRequest, database: str) -> Iterator[OldService]:
    """A service of each released version in turn."""
    require(request.param)
    with OldService(request.param, database) as service:
        service("create_resources")
        yield service


@pytest.fixture
def ours(database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of ours to the same database, in autocommit."""
    with psycopg.connect(database, autocommit=True) as conn:
        yield conn


@pytest.fixture
def owner(old: OldService) -> UUID:
    """A user that the released version created."""
    user_id: str = old("create_user", email=new_email())
    return UUID(user_id)


def new_email() -> str:
    """Return an e-mail address that nobody has."""
    return f"{uuid4()}@example.org"
