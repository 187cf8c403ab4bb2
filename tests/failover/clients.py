"""The clients of the drill: services that write down what the database acknowledged to them.

``python -m tests.failover.clients ROLE PLACE JOURNAL OWNER SECONDS PAUSE`` works until the time is
over, or until SIGTERM, and pauses before each operation.  A line of the journal is written before
an operation that makes a row, and after each one that was acknowledged or failed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

import psycopg

from reana_db import (
    Connection,
    Pool,
    Settings,
    accounts,
    connect,
    deletion,
    jobs,
    lifecycle,
    quota,
    quota_refresh,
    retention,
    tokens,
    workflows,
)
from reana_db.accounts import NewUser
from reana_db.encryption import keyring, rotation
from reana_db.errors import ReanaDBError, RestartRefused
from reana_db.jobs import JobReport, NewJob
from reana_db.lifecycle import MessageOutcome
from reana_db.records import JobStatus, RunStatus

_T = TypeVar("_T")

PATIENCE = 120.0
"""Seconds that an operation is tried again; the faults are shorter."""
READ_PATIENCE = 3.0
"""Seconds that somebody waits who looks at a page: faults reach these callers."""
KEYS = ("the first key of the drill", "the second key of the drill")
BOTH = keyring.of(*KEYS)
MESSAGES = (RunStatus.running, None, None, RunStatus.finished)
JOBS = 2
FAR_AHEAD = timedelta(days=30)


class GivenUp(Exception):
    """An operation failed for good; its error is in the journal."""


class Journal:
    """What one client was told, a line of JSON each."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def note(self, what: str, **facts: Any) -> None:
        """Write that something was acknowledged, or is about to be tried."""
        self._file.write(json.dumps({"at": time.time(), "what": what, **facts}, default=str) + "\n")

    def failed(self, what: str, error: Exception, seconds: float) -> None:
        """Write which error reached a caller, and after how long."""
        self.note(
            "error",
            of=what,
            name=type(error).__name__,
            typed=isinstance(error, ReanaDBError) and isinstance(error, psycopg.Error),
            in_doubt=getattr(error, "in_doubt", None),
            message=str(error),
            seconds=round(seconds, 3),
        )


@dataclass
class Client:
    """One process: a pool, a journal, and what it does again and again."""

    pool: Pool
    journal: Journal
    owner: UUID
    name: str
    pause: float

    def attempt(
        self,
        what: str,
        work: Callable[[Connection], _T],
        *,
        idempotent: bool = True,
        patience: float = PATIENCE,
    ) -> _T:
        """Run a transaction; an error that comes out of the library is written down."""
        time.sleep(self.pause)
        started = time.monotonic()
        try:
            return self.pool.run(work, idempotent=idempotent, deadline=patience)
        except Exception as error:
            self.journal.failed(what, error, time.monotonic() - started)
            raise GivenUp from error

    def ask(self, what: str, work: Callable[[Connection], Any]) -> None:
        """Read something that may be had or not."""
        try:
            self.attempt(what, work, patience=READ_PATIENCE)
        except GivenUp:
            return
        self.journal.note("read")

    def once(
        self,
        what: str,
        work: Callable[[Connection], Any],
        is_done: Callable[[Connection], bool],
    ) -> None:
        """Do what may be done only once: after an error in doubt, look whether it was done."""
        doubtful = False
        while True:
            try:
                self.attempt(what, work, idempotent=False)
            except GivenUp as end:
                doubtful = doubtful or getattr(end.__cause__, "in_doubt", False)
                if not doubtful:
                    raise
                if not self.attempt(what, is_done):
                    continue
            return

    def live_a_run(self) -> None:
        """Play the life of a run, as the services of REANA do."""
        run = uuid4()
        self._create(run)
        self._advance(run, RunStatus.queued, lambda conn: lifecycle.queue(conn, run))
        ids = self._start(run)
        self.ask("quota", lambda conn: quota.of_user(conn, self.owner))
        for line, status in enumerate(MESSAGES):
            self._tell(run, line, status)
        self._report(run, ids)
        self.attempt("disk", lambda conn: quota.set_disk_usage(conn, workflow_id=run, bytes_=7))
        if run.int % 3 == 0:
            self._delete(run)
        elif run.int % 3 == 1:
            self._restart(run)

    def _create(self, run: UUID) -> None:
        self.journal.note("begin", run=run)
        self.attempt(
            "create",
            lambda conn: lifecycle.create(
                conn,
                workflow_id=run,
                owner_id=self.owner,
                name=self.name,
                specification={},
                type_="serial",
                retention_rules={"*": 1},
            ),
        )
        self.journal.note("status", run=run, status=RunStatus.created)

    def _advance(self, run: UUID, status: RunStatus, work: Callable[[Connection], Any]) -> None:
        self.once(status, work, lambda conn: workflows.get(conn, run).status is status)
        self.journal.note("status", run=run, status=status)

    def _start(self, run: UUID) -> list[UUID]:
        """Start a run and create its jobs, both or nothing."""
        new = [NewJob("Kubernetes") for _ in range(JOBS)]

        def start(conn: Connection) -> None:
            lifecycle.start(conn, run)
            jobs.create_many(conn, run, new)

        self._advance(run, RunStatus.pending, start)
        return [UUID(str(job.id_)) for job in new]

    def _tell(self, run: UUID, line: int, status: RunStatus | None) -> None:
        told = self.attempt(
            "message",
            lambda conn: lifecycle.apply_status_message(
                conn, run, status=status, logs=f"line {line}", message_id=str(line)
            ),
        )
        if told.outcome in (MessageOutcome.APPLIED, MessageOutcome.REPEATED):
            self.journal.note("line", run=run, line=line)
            if status:
                self.journal.note("status", run=run, status=status)
        else:
            self.journal.note("wrong", run=run, why=f"message {line}: {told.outcome}")

    def _report(self, run: UUID, ids: list[UUID]) -> None:
        reports = [JobReport(job, JobStatus.finished, "done") for job in ids]
        self.attempt("jobs", lambda conn: jobs.report(conn, reports))
        self.journal.note("jobs", run=run)

    def _delete(self, run: UUID) -> None:
        self.attempt("delete", lambda conn: deletion.delete_run(conn, run))
        self.journal.note("status", run=run, status=RunStatus.deleted)
        self.attempt("confirm", lambda conn: deletion.confirm_deletions(conn, [run]))
        self.journal.note("confirmed", run=run)

    def _restart(self, run: UUID) -> None:
        again = uuid4()
        self.journal.note("begin", run=again)

        def restart(conn: Connection) -> bool:
            try:
                lifecycle.clone_for_restart(conn, run, workflow_id=again, retention_rules={"*": 1})
            except RestartRefused:  # files are being removed
                return False
            return True

        if self.attempt("restart", restart):
            self.journal.note("status", run=again, status=RunStatus.created)

    def retain(self) -> None:
        """Claim retention rules that are due, and finish them; nobody else does."""

        def claim(conn: Connection) -> list[retention.DueRule]:
            pending = retention.list_pending(conn)
            return pending or retention.claim_due(conn, datetime.now(UTC) + FAR_AHEAD, maximum=5)

        claimed = self.attempt("claim", claim)
        self.journal.note("claimed")
        for rule in claimed:
            self._finish(rule.id_)

    def _finish(self, rule: UUID) -> None:
        self.attempt("finish", lambda conn: retention.finish(conn, rule, applied=True))
        self.journal.note("applied", rule=rule)

    def refresh(self) -> None:
        """Refresh all quota; there are no files, so that every workspace is empty."""
        plan = quota_refresh.Plan(workers=1, force=True)
        place = self.pool.settings
        self._long("refresh", lambda: quota_refresh.refresh(lambda: connect(place), plan))

    def rotate(self) -> None:
        """Encrypt all tokens with one key, and the next time with the other."""
        turn = int(time.time()) % 2

        def rotate() -> None:
            with connect(self.pool.settings, autocommit=True) as conn:
                rotation.rotate(conn, keyring.of(KEYS[turn], KEYS[1 - turn]))

        self._long("rotate", rotate)

    def _long(self, what: str, work: Callable[[], Any]) -> None:
        """Do what is done again as a whole if it fails."""
        started = time.monotonic()
        try:
            work()
        except Exception as error:
            self.journal.failed(what, error, time.monotonic() - started)
            raise GivenUp from error
        self.journal.note(what)

    def grant(self) -> None:
        """Create a user with a token, both or nothing, and look the token up."""
        token = str(uuid4())
        email = f"{token}@example.org"
        new = NewUser(email=email, token=token)
        self.journal.note("begin", email=email)
        self.once(
            "grant",
            lambda conn: accounts.create(conn, new, settings=self.pool.settings, keys=BOTH),
            lambda conn: tokens.find_owner(conn, token, keys=BOTH) is not None,
        )
        self.journal.note("granted", token=token, email=email)
        found = self.attempt("look up", lambda conn: tokens.find_owner(conn, token, keys=BOTH))
        if found is None or found.email != email:
            self.journal.note("wrong", why=f"the token of {email} belongs to {found}")


ROLES: dict[str, tuple[Callable[[Client], None], float]] = {
    "runs": (Client.live_a_run, 0.02),
    "tokens": (Client.grant, 0.2),
    "retention": (Client.retain, 0.2),
    "refresh": (Client.refresh, 3.0),
    "rotation": (Client.rotate, 1.0),
}
"""What the clients do, and the seconds between two times."""


def start(
    role: str,
    settings: Settings,
    journal: Path,
    owner: UUID,
    *,
    seconds: float = math.inf,
    pause: float = 0.0,
) -> subprocess.Popen[bytes]:
    """Start a client with the place and the deadline of the settings."""
    arguments = [role, settings.conninfo, journal, owner, seconds, pause]
    return subprocess.Popen(
        [sys.executable, "-m", __name__, *map(str, arguments)],
        env=os.environ | {"REANA_DB_STATEMENT_DEADLINE": str(settings.statement_deadline or "")},
    )


def main(role: str, place: str, journal: str, owner: str, seconds: str, pause: str) -> None:
    """Work until the time is over or SIGTERM comes."""
    over: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: over.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the drill ends its clients itself
    work, rest = ROLES[role]
    ends = time.monotonic() + float(seconds)
    path = Path(journal)
    logging.basicConfig(filename=path.with_suffix(".log"))
    with Pool(place) as pool, Journal(path) as book:
        client = Client(pool, book, UUID(owner), path.stem, float(pause))
        while not over and time.monotonic() < ends:
            with contextlib.suppress(GivenUp):
                work(client)
            time.sleep(rest)
        book.note("end")


if __name__ == "__main__":
    main(*sys.argv[1:])
