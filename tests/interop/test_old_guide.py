"""The old code of the guide for moving a service leaves what its new code leaves."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from reana_db import config
from tests.interop.conftest import require
from tests.interop.released import OldService
from tests.support import moving_guide
from tests.support.databases import Databases

RELEASE = "0.95.0a8"


def new_code(uri: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the second block of every pair."""
    monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", uri)
    monkeypatch.setenv("REANA_SECRET_KEY", moving_guide.SECRET_KEY)
    config.settings.cache_clear()
    with psycopg.connect(uri, autocommit=True) as conn:
        moving_guide.prepare(conn)
        names: dict[str, Any] = {"specification": moving_guide.SPECIFICATION}
        for pair in moving_guide.pairs():
            names["conn"] = conn
            exec(pair.after, names)
        names["pool"].close()
        return moving_guide.left(conn)


def old_code(uri: str) -> Any:
    """Run the first block of every pair."""
    with psycopg.connect(uri, autocommit=True) as conn:
        moving_guide.prepare(conn)
        with OldService(RELEASE, uri) as old:
            for pair in moving_guide.pairs():
                old("run_code", code=pair.before, specification=moving_guide.SPECIFICATION)
        return moving_guide.left(conn)


def test_both_leave_the_same_rows(
    server: Databases, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    require(RELEASE)
    with server.database(template=template) as before, server.database(template=template) as after:
        expected = old_code(server.uri(before))
        assert new_code(server.uri(after), monkeypatch) == expected
        config.settings.cache_clear()
