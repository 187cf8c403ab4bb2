"""What the tests of released versions expect of pytest-reana, for their own environments."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def session() -> Iterator[Any]:
    """The session of the release; rolled back, so that a failed test does not fail the next."""
    scoped = importlib.import_module("reana_db.database").Session
    yield scoped
    scoped.rollback()
    scoped.remove()
