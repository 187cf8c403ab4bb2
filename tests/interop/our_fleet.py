"""A busy service of ours, beside those of a released version: see ``old_fleet.py``."""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import psycopg

from reana_db import deletion, errors, lifecycle, quota
from reana_db.queries import Conn
from reana_db.records import RunStatus


class Worker:
    """One process: it creates runs under names of its own and handles those of all."""

    def __init__(self, conn: Conn, number: int, users: list[UUID]) -> None:
        self.conn = conn
        self.users = users
        self.name = f"ours{number}"
        self.chance = random.Random(number)

    def create(self) -> None:
        owner = self.chance.choice(self.users)
        lifecycle.create(
            self.conn,
            owner_id=owner,
            name=self.name,
            specification={},
            type_="serial",
            workspace_path=f"/var/reana/{self.name}/{self.chance.random()}",
            retention_rules={"**/*": 1},
        )

    def restart(self) -> None:
        found = self.conn.execute(
            "SELECT id_ FROM __reana.workflow WHERE name = %s AND status = 'finished'"
            " ORDER BY random() LIMIT 1",
            [self.name],
        ).fetchone()
        if found:
            lifecycle.clone_for_restart(self.conn, found[0])

    def advance(self) -> None:
        if not (found := self._any()):
            return
        run, status = found
        time.sleep(self.chance.uniform(0, 0.03))
        match status:
            case "created":
                lifecycle.queue(self.conn, run)
            case "queued":
                lifecycle.start(self.conn, run)
            case "pending" | "running":
                reported = self.chance.choice((RunStatus.running, RunStatus.finished))
                lifecycle.apply_status_message(self.conn, run, status=reported, logs="on")
            case _:
                with self.conn.transaction():  # these runs have no files that somebody removes
                    deletion.delete_run(self.conn, run)
                    deletion.confirm_deletions(self.conn, [run])

    def stop(self) -> None:
        if (found := self._any()) and found[1] == "running":
            lifecycle.stop(self.conn, found[0])

    def measure(self) -> None:
        if found := self._any():
            change = self.chance.choice((quota.set_disk_usage, quota.add_disk_usage))
            change(self.conn, workflow_id=found[0], bytes_=self.chance.randint(0, 5000))

    def _any(self) -> tuple[UUID, str] | None:
        return self.conn.execute(
            "SELECT id_, status::text FROM __reana.workflow WHERE status <> 'deleted'"
            " ORDER BY random() LIMIT 1"
        ).fetchone()


def main() -> None:
    """Work for a number of seconds."""
    uri, number, seconds, *users = sys.argv[1:]
    done: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    end = time.monotonic() + float(seconds)
    with psycopg.connect(uri, autocommit=True, application_name="ours") as conn:
        worker = Worker(conn, int(number), [UUID(user) for user in users])
        steps: list[Callable[[], None]] = [worker.create, worker.restart, worker.stop]
        steps += [worker.measure] + [worker.advance] * 6
        while time.monotonic() < end:
            step = worker.chance.choice(steps)
            try:
                step()
                done[step.__name__] += 1
            except (errors.InvalidTransition, errors.RestartRefused) as error:
                refused[type(error).__name__] += 1
            except (psycopg.Error, errors.ReanaDBError) as error:
                failures[f"{type(error).__name__} {str(error).splitlines()[0][:150]}"] += 1
    sys.stdout.write(json.dumps({"done": done, "refused": refused, "errors": failures}))


if __name__ == "__main__":
    main()
