"""Make missing or altered objects of the schema anew, without touching data.

What keeps data (tables, columns, types, sequences) cannot be made anew: it comes back from a
backup only.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from reana_db import migrate, roles
from reana_db.errors import MigrationError
from reana_db.health import objects
from reana_db.health.objects import Difference, Kind
from reana_db.migrating import session
from reana_db.migrating.session import DEFAULT_PATIENCE, Patience
from reana_db.queries import Conn

KEEP_DATA = {Kind.TYPE, Kind.SEQUENCE, Kind.TABLE, Kind.COLUMN}

_ROUNDS = 3
_UNLIKE = (psycopg.errors.InvalidTableDefinition, psycopg.errors.InvalidFunctionDefinition)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a repair makes anew, and what it cannot."""

    repairs: list[Difference]
    lost: list[Difference]

    @property
    def statements(self) -> list[str]:
        """The statements of the repairs, in order."""
        return [text for item in self.repairs for text in statements(item)]


def statements(difference: Difference) -> list[str]:
    """Return what makes an object anew."""
    there = difference.present
    replaced = difference.promised.kind in {Kind.FUNCTION, Kind.VIEW}
    removal = [there.removal] if there and there.removal and not replaced else []
    return [*removal, difference.promised.definition]


def plan(conn: Conn) -> Plan:
    """Return what there is to repair in a database that has all migrations of this release.

    Raises :class:`~reana_db.errors.MigrationError` for any other.
    """
    state = migrate.status(conn)
    state.refuse_unknown()
    if state.pending:
        raise MigrationError("run reana-db migrate first: the database lacks migrations")
    found = [item for item in objects.differences(conn) if item.promised.kind is not Kind.STORAGE]
    order = list(Kind)
    found.sort(key=lambda item: order.index(item.promised.kind))
    return Plan(
        repairs=[item for item in found if item.promised.kind not in KEEP_DATA],
        lost=[item for item in found if item.promised.kind in KEEP_DATA],
    )


def preview(conninfo: str | None = None, *, patience: Patience = DEFAULT_PATIENCE) -> Plan:
    """Return the plan for a database, without changing anything."""
    with session.connection(conninfo or migrate.default_conninfo()) as conn:
        session.limit_waiting(conn, patience.lock_timeout)
        return session.patiently(conn, patience, "repair", lambda: plan(conn))


def repair(conninfo: str | None = None, *, patience: Patience = DEFAULT_PATIENCE) -> Plan:
    """Make everything anew that :func:`plan` names, in one transaction, and return it.

    Raises :class:`~reana_db.errors.MigrationError`, and changes nothing, if that is impossible:
    a view of the site needs what must be dropped, rows do not fit a constraint.
    """
    with session.locked(conninfo or migrate.default_conninfo(), patience) as conn:
        return session.patiently(conn, patience, "repair", lambda: make_anew(conn))


def make_anew(conn: Conn) -> Plan:
    """Make everything anew that :func:`plan` names, in one transaction, and return it."""
    with conn.transaction():
        first = found = plan(conn)
        if first.repairs:
            session.refuse_missing_rights(conn)
        for _ in range(_ROUNDS):
            _make(conn, found.repairs)
            # Dropping an object takes its comment and its privileges along: hence another round.
            found = plan(conn)
            if not found.repairs:
                roles.renew(conn)
                return first
        left = ", ".join(map(str, found.repairs))
        raise MigrationError(f"repair: nothing was changed, for this would remain: {left}")


def _make(conn: Conn, waiting: list[Difference]) -> None:
    """Make objects, those first on which others depend."""
    while waiting:
        failed: list[tuple[Difference, psycopg.Error]] = []
        for item in waiting:
            try:
                with conn.transaction():
                    _make_one(conn, item)
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                raise
            except psycopg.Error as error:
                failed.append((item, error))
        if len(failed) == len(waiting):
            # What is missing may only wait for what is altered.
            item, reason = next((each for each in failed if each[0].present), failed[0])
            raise MigrationError(f"repair: {item}: {reason.diag.message_primary}") from reason
        waiting = [item for item, _ in failed]


def _make_one(conn: Conn, item: Difference) -> None:
    try:
        with conn.transaction():
            _execute(conn, statements(item))
    except _UNLIKE:
        # Its columns or its arguments are others: only a new one can replace it.
        if not (item.present and item.present.removal):
            raise
        _execute(conn, [item.present.removal, item.promised.definition])
    except psycopg.errors.DependentObjectsStillExist:
        # Foreign keys of ours refer to a key; the next round makes them anew.
        _execute(conn, [*_removals_of_references(conn, item), *statements(item)])


def _removals_of_references(conn: Conn, key: Difference) -> list[str]:
    ours = {(item.kind, item.name) for item in objects.promised()}
    reference = f" REFERENCES {key.promised.name.partition(' ON ')[2]}("
    return [
        item.removal
        for item in objects.present(conn)
        if item.removal and reference in item.definition and (item.kind, item.name) in ours
    ]


def _execute(conn: Conn, texts: list[str]) -> None:
    for text in texts:
        conn.execute(text.encode())
