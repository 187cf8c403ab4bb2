"""The operations of one statement without this library; run as a worker process.

The same statements, each prepared, against the same schema with the same triggers, in four ways:

    by hand           psycopg alone, with plain tuples: the floor
    class_row         psycopg, with a dataclass for each statement
    SQLAlchemy Core   text() and rows
    aiosql            over psycopg, with tuples

None of them checks an argument or reports a reason when nothing was changed.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from dataclasses import make_dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from benchmarks import by_hand_sql as sql
from benchmarks import database, worker
from benchmarks.worker import Arguments
from reana_db.encryption import keyring
from reana_db.units import human_readable

KEY = keyring.of(database.SECRET_KEY).current
STATEMENTS = [text for name, text in vars(sql).items() if name.isupper() and name != "RUN"]
CALLS = (
    *("authenticate", "resolve", "create", "restart", "message", "last_message", "job"),
    *("user_quota", "has_exceeded"),
)


class ByHand(worker.OneConnection):
    """Statements on a connection in autocommit mode."""

    def __init__(self) -> None:
        super().__init__({name: getattr(self, name) for name in CALLS})

    def _one(self, statement: str, *values: object) -> Any:
        return self._execute(statement, values).fetchone()

    def _all(self, statement: str, *values: object) -> Any:
        return self._execute(statement, values).fetchall()

    def _execute(self, statement: str, values: tuple[object, ...]) -> Any:
        return self.conn.execute(statement, values, prepare=True)

    @staticmethod
    def _usage(row: Any) -> tuple[Any, ...]:
        """Return type, unit, usage and limit of a row of QUOTA."""
        return tuple(row[3:7])

    def authenticate(self, given: Arguments) -> object:
        return self._one(sql.AUTHENTICATE, KEY.encrypt_cbc(given["token"]))

    def resolve(self, given: Arguments) -> object:
        text, user_id = given["text"], given["user_id"]
        name, _, number = text.partition(".")
        if number:
            major, _, minor = number.partition(".")
            return self._one(sql.RESOLVE_RUN, user_id, name, int(major), int(minor or 0))
        try:
            return self._one(sql.RESOLVE_UUID, UUID(text), user_id)
        except ValueError:
            return self._one(sql.RESOLVE_NAME, user_id, name)

    def create(self, given: Arguments) -> object:
        return self._one(
            sql.CREATE,
            given["workflow_id"],
            given["name"],
            given["user_id"],
            json.dumps(given["specification"]),
            given["workspace_path"],
            uuid4(),
        )

    def restart(self, given: Arguments) -> object:
        return self._one(sql.RESTART, given["workflow_id"], given["original_id"], uuid4())

    def message(self, given: Arguments) -> object:
        progress = json.dumps(given["progress"])
        return self._one(sql.MESSAGE, given["logs"], progress, given["workflow_id"])

    def last_message(self, given: Arguments) -> object:
        progress = json.dumps(given["progress"])
        logs = given["logs"]
        return self._one(sql.LAST_MESSAGE, logs, logs, progress, given["workflow_id"])

    def job(self, given: Arguments) -> object:
        return self._one(sql.JOB, given["job_id"], "finished", given["logs"])

    def user_quota(self, given: Arguments) -> object:
        rows = self._all(sql.QUOTA, given["user_id"])
        return {
            type_: {
                "usage": {"raw": used, "human_readable": human_readable(unit, used)},
                "limit": {"raw": limit, "human_readable": human_readable(unit, limit)},
                "health": "critical" if used >= limit else "healthy",
            }
            for type_, unit, used, limit in map(self._usage, rows)
        }

    def has_exceeded(self, given: Arguments) -> object:
        return self._one(sql.EXCEEDED, given["user_id"])


class ClassRow(ByHand):
    """Frozen dataclasses, as a careful engineer writes them."""

    def connect(self, uri: str) -> int:
        from psycopg.rows import class_row

        self._class_row = class_row
        self._factories: dict[str, Any] = {}
        return super().connect(uri)

    def _execute(self, statement: str, values: tuple[object, ...]) -> Any:
        factory = self._factories.get(statement)
        if factory is None:
            found = super()._execute(statement, values)
            columns = [column.name for column in found.description]
            record = make_dataclass("Record", columns, frozen=True, slots=True)
            self._factories[statement] = self._class_row(record)
            return found  # the first time, which is not measured, tuples
        return self.conn.cursor(row_factory=factory).execute(statement, values, prepare=True)

    @staticmethod
    def _usage(row: Any) -> tuple[Any, ...]:
        if isinstance(row, tuple):
            return ByHand._usage(row)
        return row.type_, row.unit, row.quota_used, row.quota_limit


class Core(ByHand):
    """SQLAlchemy Core: text() and its rows, on one connection."""

    def connect(self, uri: str) -> int:
        import sqlalchemy

        self._texts = {text: sqlalchemy.text(named(text)) for text in STATEMENTS}
        engine = sqlalchemy.create_engine(
            uri.replace("postgresql:", "postgresql+psycopg:", 1),
            isolation_level="AUTOCOMMIT",
            connect_args={"prepare_threshold": 0},
        )
        self.conn = engine.connect()
        return int(self.conn.connection.dbapi_connection.info.backend_pid)

    def _execute(self, statement: str, values: tuple[object, ...]) -> Any:
        return self.conn.execute(self._texts[statement], by_name(values))


class Aiosql(ByHand):
    """aiosql over psycopg: a function for each statement, with tuples."""

    def connect(self, uri: str) -> int:
        import aiosql

        backend = super().connect(uri)
        self.conn.prepare_threshold = 0

        def functions(kind: str) -> dict[str, Any]:
            texts = {text: f"-- name: query{kind}\n{named(text)}" for text in STATEMENTS}
            loaded = {
                text: aiosql.from_str(sql, "psycopg", mandatory_parameters=False)
                for text, sql in texts.items()
            }
            return {text: partial(one.query, self.conn) for text, one in loaded.items()}

        self._ones, self._lists = functions("^"), functions("")
        return backend

    def _one(self, statement: str, *values: object) -> Any:
        return self._ones[statement](**by_name(values))

    def _all(self, statement: str, *values: object) -> Any:
        return list(self._lists[statement](**by_name(values)))


def named(statement: str) -> str:
    """Return a statement with :p0, :p1 … as placeholders."""
    numbers = itertools.count()
    return re.sub("%[sb]", lambda _: f":p{next(numbers)}", statement)


def by_name(values: tuple[object, ...]) -> dict[str, object]:
    """Return values by the names of their placeholders."""
    return {f"p{number}": value for number, value in enumerate(values)}


WAYS = {"by hand": ByHand, "class_row": ClassRow, "SQLAlchemy Core": Core, "aiosql": Aiosql}

if __name__ == "__main__":
    worker.serve(WAYS[sys.argv[1]]())
