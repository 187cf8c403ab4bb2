"""Services of released versions, and ours, with the login of a service that owns nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest

from reana_db import resources, roles
from reana_db.roles import Roles
from tests.interop.conftest import ALL, require
from tests.interop.released import OldService
from tests.interop.test_old_rules import *  # noqa: F403 - its tests run again here
from tests.interop.test_old_runs import *  # noqa: F403 - its tests run again here
from tests.interop.test_old_users import *  # noqa: F403 - its tests run again here
from tests.support.databases import Databases

MINE = f"reana_interop_{os.getpid()}"  # roles are shared by all databases of a server
ROLES = Roles(f"{MINE}_service", f"{MINE}_reader", f"{MINE}_operator")
LOGIN = f"{MINE}_login"
OWNER = f"{MINE}_owner"


@pytest.fixture(scope="module")
def database(server: Databases, template: str) -> Iterator[str]:
    """A database that the login of a service does not own."""
    with server.database(template=template) as name:
        with psycopg.connect(server.uri(name)) as conn:
            resources.create_defaults(conn)
            roles.create(conn, ROLES)
            roles.own(conn, OWNER)
            roles.grant(conn, ROLES)
            conn.execute(f"CREATE ROLE {LOGIN} LOGIN PASSWORD 'x' IN ROLE {ROLES.service}".encode())
        yield server.uri(name, user=LOGIN, password="x")
        with psycopg.connect(server.uri(name)) as conn:
            conn.execute(f"REASSIGN OWNED BY {OWNER} TO CURRENT_USER".encode())
            for role in (LOGIN, OWNER, ROLES.service, ROLES.reader, ROLES.operator):
                conn.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


@pytest.fixture(scope="module", params=ALL)
def old(request: pytest.FixtureRequest, database: str) -> Iterator[OldService]:
    """A service of each released version in turn."""
    require(request.param)
    with OldService(request.param, database) as service:
        yield service


def test_their_init_finds_everything_there(old: OldService) -> None:
    old("init")
