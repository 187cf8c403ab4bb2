"""What is measured: the operations, and what they are called with.

The arguments are the same for all contenders, the same in every run, and different in every
repetition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from benchmarks import database, staging, texts
from benchmarks.servers import Site
from benchmarks.worker import Arguments

ENDED = """
SELECT id_, owner_id, name, run_number_major, run_number_minor FROM __reana.workflow
WHERE status IN ('finished', 'failed', 'stopped') ORDER BY md5(id_::text) LIMIT 2000
"""
PAGE_SIZE = 10
LAST_PAGE = 50


class Run(NamedTuple):
    """A run of the database."""

    id_: UUID
    owner_id: UUID
    name: str
    major: int
    minor: int


@dataclass(frozen=True, slots=True)
class World:
    """What the arguments are made from."""

    workflows: int
    users: int
    ended: list[Run]
    """Some runs that ended and were not deleted, of all users, in random order."""

    @classmethod
    def of(cls, site: Site) -> World:
        """Choose runs of the database of a site; the same ones every time."""
        with site.connect() as conn:
            rows = conn.execute(ENDED).fetchall()
        return cls(site.workflows, site.users, [Run(*row) for row in rows])


@dataclass(frozen=True, slots=True)
class Turn:
    """One repetition."""

    world: World
    tag: str
    """Unique to the operation, the contender and the round."""
    number: int
    """In the round; the first one is 1."""

    def run(self) -> Run:
        """Return the run of the database that is its subject."""
        return self.world.ended[self.number % len(self.world.ended)]

    @property
    def staged(self) -> str:
        """The id of the run that was staged for it."""
        return str(staging.run_id(self.tag, self.number))

    @property
    def user(self) -> int:
        """The number of a user."""
        return self.number * 7 % self.world.users


Make = Callable[[Turn], Arguments]


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that services do, as it is named in the results."""

    name: str
    title: str
    make: Make
    """Makes the arguments of a repetition."""
    function: str = ""
    """What contenders call it, if that is not the name."""
    staged: str | None = None
    """The status of the run that it needs."""
    single: bool = True
    """Whether it is one statement: then it is held against the floor."""
    grows: bool = False
    """Whether it is about everything there is, and may take longer in a larger database."""


def _listing(page: int, owner: int = database.STEADY) -> Make:
    return lambda turn: {
        "user_id": str(database.user_id(owner)),
        "page": min(page, max(1, turn.world.workflows // 100)),
        "size": PAGE_SIZE,
    }


def _token(turn: Turn) -> Arguments:
    return {"token": database.token(turn.user)}


def _user(turn: Turn) -> Arguments:
    return {"user_id": str(database.user_id(turn.user))}


def _by_uuid(turn: Turn) -> Arguments:
    run = turn.run()
    return _owned(run, str(run.id_))


def _by_name(turn: Turn) -> Arguments:
    run = turn.run()
    return _owned(run, run.name)


def _by_run(turn: Turn) -> Arguments:
    run = turn.run()
    minor = f".{run.minor}" if run.minor else ""
    return _owned(run, f"{run.name}.{run.major}{minor}")


def _owned(run: Run, text: str) -> Arguments:
    return {"text": text, "user_id": str(run.owner_id)}


def _new_run(turn: Turn) -> Arguments:
    tag, number = turn.tag, turn.number
    run_id = staging.run_id(f"{tag}/new", number)
    owner = 2 + run_id.int % (turn.world.users - 2)
    return {
        "user_id": str(database.user_id(owner)),
        "workflow_id": str(run_id),
        "name": "analysis-3",
        "workspace_path": f"/var/reana/{tag}/new/{number}",
        "specification": texts.specification(number % 64),
    }


def _restart(turn: Turn) -> Arguments:
    return {
        "original_id": turn.staged,
        "workflow_id": str(staging.run_id(f"{turn.tag}/restart", turn.number)),
    }


def _message(turn: Turn) -> Arguments:
    return {
        "workflow_id": turn.staged,
        "logs": texts.log_text(turn.number % 64, 2),
        "progress": _progress("finished", staging.job_id(turn.tag, turn.number, 1)),
    }


def _progress(status: str, job_id: UUID) -> Any:
    return {status: {"total": 1, "job_ids": [str(job_id)]}}


def _job(turn: Turn) -> Arguments:
    return {
        "job_id": str(staging.job_id(turn.tag, turn.number, 1)),
        "logs": texts.log_text(turn.number % 64, 6),
    }


def _life(turn: Turn) -> Arguments:
    jobs = [staging.job_id(f"{turn.tag}/new", turn.number, job) for job in range(staging.JOBS)]
    steps = [
        {
            "job_id": str(job),
            "logs": texts.log_text(turn.number % 64, 6),
            "running": _progress("running", job),
            "finished": _progress("finished", job),
        }
        for job in jobs
    ]
    return {**_new_run(turn), "steps": steps, "logs": "engine ended"}


def _staged(turn: Turn) -> Arguments:
    return {"workflow_id": turn.staged}


LIST = "list_runs"
OPERATIONS = (
    Operation("authenticate", "authenticate by token", _token),
    Operation("resolve_uuid", "resolve a uuid", _by_uuid, function="resolve"),
    Operation("resolve_name", "resolve a name", _by_name, function="resolve"),
    Operation("resolve_run", "resolve name.run", _by_run, function="resolve"),
    Operation("create", "create a run", _new_run),
    Operation("restart", "restart a run", _restart, staged="finished"),
    Operation("message", "status message, logs, progress", _message, staged="running"),
    Operation("last_message", "last message of a run", _message, staged="running"),
    Operation("job", "job status and logs", _job, staged="running"),
    Operation("life", "whole life of a run, 3 jobs", _life, single=False),
    Operation("list_1", "list, page 1", _listing(1), function=LIST, single=False),
    Operation("list_50", "list, page 50", _listing(LAST_PAGE), function=LIST, single=False),
    Operation(
        "list_heavy",
        "list, page 50 of a heavy user",
        _listing(LAST_PAGE, database.HEAVY),
        function=LIST,
        single=False,
        grows=True,
    ),
    Operation("user_quota", "quota of a user", _user),
    Operation("has_exceeded", "has exceeded the quota", _user),
    Operation("delete", "delete a run with 3 jobs", _staged, staged="finished", single=False),
)
BY_NAME = {operation.name: operation for operation in OPERATIONS}
