"""Fixtures for the tests of services; pytest loads them where ``reana-db[testing]`` is installed.

See ``docs/testing-a-service.md``.  Fixtures that begin with ``user`` or ``sample`` mean what they
mean in pytest-reana.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from reana_db import Connection, RunStatus, Settings, User, Workflow, config
from reana_db.testing import Site, database, template

SECRET_KEY = "the secret key of the tests"


@pytest.fixture(scope="session")
def reana_db_server_uri() -> Iterator[str]:
    """Return the URI of a superuser of a server: ``REANA_DB_TEST_URI``, else a private one."""
    if named := os.environ.get("REANA_DB_TEST_URI"):
        yield named
        return
    from reana_db import embedded

    with embedded.start(tcp=True) as server:
        yield server.uri()


@pytest.fixture(scope="session")
def reana_db_template(reana_db_server_uri: str) -> Iterator[str]:
    """Make the complete database that others are copied from, and return its name."""
    from reana_db.migrating import installation

    name = f"reana_db_template_{os.getpid()}"
    uri = make_conninfo(reana_db_server_uri, dbname=name)
    with template(reana_db_server_uri, name, lambda: installation.install(uri)):
        yield name


@pytest.fixture(scope="session")
def reana_db_uri(reana_db_server_uri: str, reana_db_template: str) -> Iterator[str]:
    """Return where a complete database is in which nothing is committed."""
    with database(reana_db_server_uri, reana_db_template) as uri:
        yield uri


@pytest.fixture
def reana_db_fresh_uri(reana_db_server_uri: str, reana_db_template: str) -> Iterator[str]:
    """Return where a complete database of the test's own is."""
    with database(reana_db_server_uri, reana_db_template) as uri:
        yield uri


@pytest.fixture
def tmp_shared_volume_path(tmp_path: Path) -> Path:
    """Return an empty directory in the place of the shared volume."""
    path = tmp_path / "shared-volume"
    path.mkdir()
    return path


@pytest.fixture
def reana_db_settings(
    reana_db_fresh_uri: str, tmp_shared_volume_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Set the environment to a database of the test's own: every new ``Pool()`` leads there."""
    for name in [name for name in os.environ if name.startswith("REANA_DB_")]:
        monkeypatch.delenv(name)
    uri = Settings.at(reana_db_fresh_uri).uri
    monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", uri)
    monkeypatch.setenv("REANA_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("SHARED_VOLUME_PATH", str(tmp_shared_volume_path))
    config.settings.cache_clear()
    yield config.settings()
    config.settings.cache_clear()


@pytest.fixture
def reana_db_site(reana_db_settings: Settings, tmp_shared_volume_path: Path) -> Iterator[Site]:
    """Make users, runs and more in the database of the test; each is committed at once."""
    with Connection.connect(reana_db_settings.uri, autocommit=True) as conn:
        yield Site(conn, tmp_shared_volume_path)


@pytest.fixture
def reana_db_conn(reana_db_uri: str) -> Iterator[Connection]:
    """Open a connection whose transaction is rolled back after the test."""
    with Connection.connect(reana_db_uri) as conn:
        yield conn
        conn.rollback()


@pytest.fixture
def reana_db_quick_site(
    reana_db_conn: Connection, tmp_shared_volume_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """Make users, runs and more that only ``reana_db_conn`` sees, and nobody after the test."""
    monkeypatch.setenv("REANA_SECRET_KEY", SECRET_KEY)
    config.settings.cache_clear()
    yield Site(reana_db_conn, tmp_shared_volume_path)
    config.settings.cache_clear()


@pytest.fixture
def user0(reana_db_site: Site) -> User:
    """Create the first user, the administrator, whose token is ``user0token``."""
    return reana_db_site.user(0)


@pytest.fixture
def user1(reana_db_site: Site) -> User:
    """Create a user whose token is ``user1token``."""
    return reana_db_site.user(1)


@pytest.fixture
def user2(reana_db_site: Site) -> User:
    """Create a user whose token is ``user2token``."""
    return reana_db_site.user(2)


@pytest.fixture
def sample_serial_workflow_in_db(reana_db_site: Site, user0: User) -> Workflow:
    """Create a serial run of the first user."""
    return reana_db_site.run_in_status(RunStatus.created, owner=user0)


@pytest.fixture
def sample_yadage_workflow_in_db(reana_db_site: Site, user0: User) -> Workflow:
    """Create a yadage run of the first user."""
    return reana_db_site.run_in_status(RunStatus.created, engine="yadage", owner=user0)


@pytest.fixture
def sample_serial_workflow_in_db_owned_by_user1(reana_db_site: Site, user1: User) -> Workflow:
    """Create a serial run of the second user."""
    return reana_db_site.run_in_status(RunStatus.created, owner=user1)
