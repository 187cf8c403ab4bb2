"""The operations of one statement as a good engineer writes them with psycopg alone: the floor.

One prepared statement for each, against the same schema with the same triggers, with the same
columns in plain tuples.  It checks no argument and reports no reason
when nothing was changed.  Run as a worker process.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from benchmarks import by_hand_sql as sql
from benchmarks import database, worker
from benchmarks.worker import Arguments
from reana_db.encryption import keyring
from reana_db.units import human_readable

KEY = keyring.of(database.SECRET_KEY).current


CALLS = (
    *("authenticate", "resolve", "create", "restart", "message", "last_message", "job"),
    *("user_quota", "has_exceeded"),
)


class ByHand(worker.OneConnection):
    """Statements on a connection in autocommit mode."""

    def __init__(self) -> None:
        super().__init__({name: getattr(self, name) for name in CALLS})

    def _one(self, statement: str, *values: object) -> Any:
        return self.conn.execute(statement, values, prepare=True).fetchone()

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
        rows = self.conn.execute(sql.QUOTA, [given["user_id"]], prepare=True).fetchall()
        return {
            type_: {
                "usage": {"raw": used, "human_readable": human_readable(unit, used)},
                "limit": {"raw": limit, "human_readable": human_readable(unit, limit)},
                "health": "critical" if used >= limit else "healthy",
            }
            for *_, type_, unit, used, limit, _, _ in rows
        }

    def has_exceeded(self, given: Arguments) -> object:
        return self._one(sql.EXCEEDED, given["user_id"])[0]


if __name__ == "__main__":
    worker.serve(ByHand())
