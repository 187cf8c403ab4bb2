"""A typed error leaves the transaction of the caller usable."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.pq import TransactionStatus

from reana_db import deletion, errors
from reana_db.queries import Conn
from tests.catalogue.world import TOKEN, World, make_world
from tests.support.factories import make_user
from tests.support.public import FUNCTIONS, call
from tests.support.valid_values import Values

UNKNOWN = UUID(int=2**127)

Given = dict[str, Any]

PROVOKED: dict[str, Callable[[Conn, World, Given], list[Given]]] = {
    "accounts.create": lambda _, __, given: [
        {"user": replace(given["user"], email="owner@example.org")},
        {"user": replace(given["user"], id_=uuid4(), email="other@example.org", token=TOKEN)},
    ],
    "accounts.create_administrator": lambda *_: [{"email": "owner@example.org"}],
    "accounts.create_many": lambda _, __, given: [
        {"new_users": [replace(given["new_users"][0], email="owner@example.org")]},
    ],
    "identities.find_or_create": lambda *_: [{"subject": "another"}],
    "identities.link": lambda _, world, __: [{"user_id": world.reader}],
    "lifecycle.clone_for_restart": lambda _, world, __: [
        {"original_id": world.running, "workflow_id": None},
        {"workflow_id": world.running},
    ],
    "lifecycle.create": lambda _, world, __: [{"workflow_id": world.running}],
    "quota.resource_id": lambda *_: [{"name": "nothing"}],
    "services.ensure": lambda _, world, __: [{"workflow_id": world.finished}],
    "sessions.open_session": lambda conn, world, _: [
        {"workflow_id": deletion.delete_run(conn, world.failed).id_}
    ],
    "sharing.share": lambda *_: [{"email": "nobody@example.org"}, {"email": "owner@example.org"}],
    "sharing.unshare": lambda *_: [{"email": "nobody@example.org"}],
    "tokens.ensure": lambda *_: [{"token": TOKEN}],
    "tokens.grant": lambda *_: [{"token": TOKEN}],
    "tokens.request": lambda _, world, __: [{"user_id": world.owner}],
    "users.create": lambda *_: [{"email": "owner@example.org"}],
}
"""Arguments that a function refuses, besides unknown ids, other statuses and calls made twice."""

ELSEWHERE: dict[str, set[str]] = {
    "tokens.ensure": {"TokenAlreadyActive"},  # it says that it does not raise it
    "users.administrator": {"NotFound"},
    "workflows.resolve": {"AmbiguousWorkflow"},
}
"""Errors that a docstring names and that no argument provokes: they come from reading."""


def declared(name: str) -> set[str]:
    """Return the errors that the docstring of a function names."""
    words = set(re.findall(r"\b[A-Z]\w+", FUNCTIONS[name].__doc__ or ""))
    kinds = (getattr(errors, word, None) for word in words)
    ours = {k.__name__ for k in kinds if isinstance(k, type) and issubclass(k, errors.ReanaDBError)}
    return ours - {"InvalidArgument", "ConfigurationError", "UnreadableSecret", "TamperedSecret"}


def provocations(conn: Conn, world: World, name: str, given: Given) -> Iterator[Given]:
    """Yield arguments that a function may refuse."""
    yield given
    yield given  # once more
    for parameter, value in given.items():
        if isinstance(value, UUID):
            yield {**given, parameter: UNKNOWN}
        elif isinstance(value, list) and value and isinstance(value[0], UUID):
            yield {**given, parameter: [UNKNOWN]}
        elif isinstance(value, StrEnum):
            yield from ({**given, parameter: other} for other in type(value))
    if name in PROVOKED:
        yield from ({**given, **changes} for changes in PROVOKED[name](conn, world, given))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_after_a_typed_error_the_transaction_goes_on(conn: Conn, name: str) -> None:
    world = make_world(conn)
    given = Values(world).arguments(name, FUNCTIONS[name], optional=True)
    raised: set[str] = set()
    for arguments in provocations(conn, world, name, given):
        written = make_user(conn)
        try:
            call(conn, name, arguments)
        except errors.ReanaDBError as error:
            raised |= {kind.__name__ for kind in type(error).__mro__}
            assert conn.info.transaction_status is TransactionStatus.INTRANS, error
            assert error.function == name
        found = conn.execute("SELECT count(*) FROM __reana.user_ WHERE id_ = %s", [written])
        assert found.fetchall() == [(1,)]
    assert declared(name) - raised <= ELSEWHERE.get(name, set())
