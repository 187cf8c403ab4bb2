"""A busy service of a released version: many small requests on runs that others change as well.

Prints one line of JSON at the end: what it did, how often, and which errors it saw.
"""

from __future__ import annotations

import importlib
import json
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

service: Any = importlib.import_module("old_service")
func: Any = importlib.import_module("sqlalchemy").func
models: Any = service.models
Session: Any = service.Session

NEXT = {"created": ["queued", "deleted"], "queued": ["pending", "deleted"]}
NEXT |= {"pending": ["running", "deleted"], "running": ["finished", "failed", "stopped"]}
NEXT |= {name: ["deleted"] for name in ("finished", "failed", "stopped")}
"""What a service of theirs does next with a run that has this status."""


class Worker:
    """One process: it creates runs under names of its own and handles those of all."""

    def __init__(self, number: int, users: list[str]) -> None:
        self.users = users
        self.name = f"old{number}"
        self.chance = random.Random(number)

    def create(self) -> None:
        service.create_run(self.chance.choice(self.users), self.name)

    def restart(self) -> None:
        runs = Session.query(models.Workflow).filter_by(name=self.name, restart=False)
        ended = runs.filter(models.Workflow.status == models.RunStatus.finished)
        if run := ended.order_by(func.random()).first():
            owner, number, path = str(run.owner_id), run.run_number, run.workspace_path
            service.create_run(
                owner, self.name, restart=True, run_number=number, workspace_path=path
            )

    def advance(self) -> None:
        """Read a status, think, and write the next one, as theirs do between two requests."""
        run = self._any()
        if run and (choices := NEXT.get(run.status.name)):
            workflow_id = str(run.id_)
            Session.commit()
            time.sleep(self.chance.uniform(0, 0.03))
            service.set_run_status(workflow_id, self.chance.choice(choices), "on")

    def upload(self) -> None:
        if run := self._any():
            service.add_disk_usage(str(run.id_), self.chance.randint(-500, 1000))

    def update_totals(self) -> None:
        user = service._user(self.chance.choice(self.users))
        service.utils.update_users_cpu_quota(user)
        service.utils.update_users_disk_quota(user)

    def _any(self) -> Any:
        alive = models.Workflow.status != models.RunStatus.deleted
        return Session.query(models.Workflow).filter(alive).order_by(func.random()).first()


def main() -> None:
    """Work for a number of seconds."""
    number, seconds, *users = sys.argv[1:]
    logging.disable()
    worker = Worker(int(number), users)
    steps: list[Callable[[], None]] = [worker.create, worker.restart, worker.upload]
    steps += [worker.advance] * 6 + [worker.update_totals]
    done: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        step = worker.chance.choice(steps)
        try:
            step()
            done[step.__name__] += 1
        except Exception as error:  # noqa: BLE001 - reported to the test
            Session.rollback()
            errors[" ".join(str(error).split())[:500]] += 1
        finally:
            Session.remove()
    sys.stdout.write(json.dumps({"done": done, "errors": errors}))


if __name__ == "__main__":
    main()
