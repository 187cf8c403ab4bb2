"""A large database that looks like that of a site after two years, the same one every time.

1,000 users; 200,000 runs with specifications of about 4 KB and logs of about 2 KB; five jobs for
each; quota, shares, sessions, services, retention rules and cache entries.  Loaded by COPY without
triggers, into a state in which what triggers keep is right.  Two users are there for measurements:

``HEAVY``    owns 50,000 runs, half of them of one name
``STEADY``   owns 1,200 runs in a database of any size
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from benchmarks import texts
from reana_db.encryption import keyring
from reana_db.migrating import files, installation

SECRET_KEY = "benchmark"
"""The ``REANA_SECRET_KEY`` that opens the tokens."""
SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
LAYOUT = 1
"""Changes when other rows are made: what was built before is then refused."""

USERS = 1000
JOBS_PER_RUN = 5
RUNS_OF_HEAVY, RUNS_OF_STEADY = 50_000, 1200
HEAVY, STEADY = 0, 1
"""Numbers of users."""
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 730
ACTIVE = ("running",) * 30 + ("queued",) * 20 + ("pending",) * 10
"""The statuses of the newest runs: how many there are does not depend on the size."""

COLUMNS = {
    "user_": "id_, created, updated, email, full_name, username",
    "user_token": "id_, created, updated, user_id, token, token_digest, status, type_",
    "workflow": (
        "id_, created, updated, name, status, owner_id, reana_specification, input_parameters,"
        " operational_options, type_, logs, run_started_at, run_finished_at, run_stopped_at,"
        " workspace_path, restart, job_progress, git_ref, git_repo, launcher_url, complexity,"
        " run_number_major, run_number_minor"
    ),
    "job": (
        "id_, created, updated, backend_job_id, workflow_uuid, status, compute_backend,"
        " cvmfs_mounts, shared_file_system, docker_img, cmd, env_vars, deleted, job_name,"
        " prettified_cmd, logs, started_at, finished_at"
    ),
}
"""What is loaded by COPY; the rest is derived in SQL."""


class BenchmarkError(Exception):
    """A benchmark cannot run as asked."""


def identity(kind: str, number: int) -> UUID:
    """Return the id of a row: a version 4 UUID that depends on nothing else."""
    return UUID(_identity(kind, number))


def _identity(kind: str, number: int) -> str:
    digits = hashlib.md5(f"{kind}/{number}".encode(), usedforsecurity=False).hexdigest()
    return f"{digits[:12]}4{digits[13:16]}a{digits[17:]}"


def user_id(number: int) -> UUID:
    """Return the id of a user."""
    return identity("user", number)


def workflow_id(number: int) -> UUID:
    """Return the id of a run; higher numbers are newer."""
    return identity("workflow", number)


def job_id(run: int, number: int) -> UUID:
    """Return the id of a job of a run; the numbers start with 0."""
    return identity("job", run * JOBS_PER_RUN + number)


def email(number: int) -> str:
    """Return the e-mail address of a user."""
    return f"user{number}@example.org"


def token(number: int) -> str:
    """Return the active token of a user."""
    return _identity("token", number)[:22]


@dataclass(frozen=True, slots=True)
class Run:
    """What identifies a run of the database."""

    number: int
    owner: int
    name: str
    major: int
    minor: int
    workspace: int
    """The number of the run whose workspace it uses: that of its first one."""
    status: str


@dataclass
class Layout:
    """Which runs a database of some size has, in the order of their creation."""

    workflows: int
    users: int = USERS
    _runs: dict[int, int] = field(default_factory=dict)
    _names: dict[tuple[int, str], tuple[int, int, int]] = field(default_factory=dict)

    def runs(self) -> Iterator[Run]:
        """Yield the runs."""
        self._runs, self._names = {}, {}
        every = self._every(RUNS_OF_HEAVY), self._every(RUNS_OF_STEADY)
        quiet = self.workflows - min(len(ACTIVE), self.workflows // 10)
        for number in range(self.workflows):
            status = _ended_status(number) if number < quiet else ACTIVE[number - quiet]
            yield self._run(number, self._owner(number, *every), status)

    def _every(self, runs: int) -> int:
        """Return the distance between the runs of somebody who has so many, a quarter at most."""
        return max(4, self.workflows // runs)

    def _owner(self, number: int, every_heavy: int, every_steady: int) -> int:
        if number % every_heavy == 0:
            return HEAVY
        if number % every_steady == 1 and self._runs.get(STEADY, 0) < RUNS_OF_STEADY - 1:
            return STEADY
        return 2 + number * 7919 % (self.users - 2)

    def _run(self, number: int, owner: int, status: str) -> Run:
        owned = self._runs[owner] = self._runs.get(owner, -1) + 1
        name = "nightly" if owner == HEAVY and owned % 2 else f"analysis-{owned // 2 % 10}"
        major, minor, workspace = self._names.get((owner, name), (0, 0, 0))
        if major and owned % 8 == 7:
            minor += 1
        else:
            major, minor, workspace = major + 1, 0, number
        self._names[owner, name] = major, minor, workspace
        return Run(number, owner, name, major, minor, workspace, status)


def _ended_status(number: int) -> str:
    chance = (number * 2654435761 >> 7) % 100
    rarer = {5: "failed", 8: "stopped", 12: "deleted"}
    return next((status for below, status in rarer.items() if chance < below), "finished")


def step(workflows: int) -> timedelta:
    """Return the time between the creations of two runs."""
    return timedelta(seconds=DAYS * 86400 // max(workflows, 1))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _line(*values: object) -> bytes:
    return ("\t".join([r"\N" if value is None else str(value) for value in values]) + "\n").encode()


def _user_lines(users: int) -> Iterator[bytes]:
    for number in range(users):
        yield _line(
            _identity("user", number),
            FIRST_DAY.replace(tzinfo=None),
            FIRST_DAY.replace(tzinfo=None),
            email(number),
            f"User {number}",
            email(number),
        )


def _token_lines(users: int) -> Iterator[bytes]:
    key = keyring.of(SECRET_KEY).current
    moment = FIRST_DAY.replace(tzinfo=None)
    for number in range(users):
        value = token(number)
        ciphertext = rf"\\x{key.encrypt_cbc(value).hex()}"
        digest = rf"\\x{key.digest(value).hex()}"
        ids = _identity("token_row", number), _identity("user", number)
        yield _line(ids[0], moment, moment, ids[1], ciphertext, digest, "active", "reana")


def _workflow_lines(layout: Layout) -> Iterator[bytes]:
    rendered = [json.dumps(texts.specification(variant)) for variant in range(64)]
    specifications = [_escaped(text) for text in rendered]
    logs = [_escaped(texts.log_text(variant, 20)) for variant in range(64)]
    progress = json.dumps(
        {
            "total": {"total": JOBS_PER_RUN, "job_ids": []},
            "running": {"total": 0, "job_ids": []},
            "finished": {"total": JOBS_PER_RUN, "job_ids": []},
            "failed": {"total": 0, "job_ids": []},
        }
    )
    distance, first = step(layout.workflows), FIRST_DAY.replace(tzinfo=None)
    for run in layout.runs():
        created = first + run.number * distance
        started, ended = run_times(created, run.number)
        number, status = run.number, run.status
        finished = ended if status in ("finished", "failed", "deleted") else None
        yield _line(
            _identity("workflow", number),
            created,
            created,
            run.name,
            status,
            _identity("user", run.owner),
            specifications[number % 64],
            '{"events": 20000}',
            "{}",
            "serial",
            logs[number * 31 % 64] if status not in ("queued", "pending") else "",
            None if status in ("queued", "pending") else started,
            finished,
            ended if status == "stopped" else None,
            workspace_path(run),
            "t" if run.minor else "f",
            progress,
            "",
            "",
            None,
            "{{5,536870912}}",
            run.major,
            run.minor,
        )


def run_times(created: datetime, number: int) -> tuple[datetime, datetime]:
    """Return when a run started and ended, in whole seconds."""
    started = created + timedelta(seconds=30 + number % 60)
    return started, started + timedelta(seconds=120 + number * 7919 % 7200)


def workspace_path(run: Run) -> str:
    """Return where the files of a run are: nowhere."""
    return f"/var/reana/users/{user_id(run.owner)}/workflows/{workflow_id(run.workspace)}"


def _job_lines(layout: Layout) -> Iterator[bytes]:
    logs = [_escaped(texts.log_text(variant, 4)) for variant in range(64)]
    distance, first = step(layout.workflows), FIRST_DAY.replace(tzinfo=None)
    statuses = {"running": "running", "queued": "created", "pending": "created"}
    for run in layout.runs():
        created = first + run.number * distance
        started, ended = run_times(created, run.number)
        workflow, active = _identity("workflow", run.number), run.status in statuses
        status = statuses.get(run.status, "stopped" if run.status == "stopped" else "finished")
        for number in range(JOBS_PER_RUN):
            row = run.number * JOBS_PER_RUN + number
            failed = run.status == "failed" and number == JOBS_PER_RUN - 1
            moment = created + timedelta(seconds=30 + number)
            yield _line(
                _identity("job", row),
                moment,
                moment,
                f"reana-run-job-{row}",
                workflow,
                "failed" if failed else status,
                "Kubernetes",
                "false",
                "t",
                "docker.io/reanahub/reana-env-root6:6.18.04",
                '"root -b -q fit.C"',
                "{}",
                "f",
                f"step{number}",
                '"root -b -q fit.C"',
                "" if status == "created" else logs[row % 64],
                None if status == "created" else started,
                None if active else ended,
            )


def build(uri: str, *, workflows: int = 200_000, users: int = USERS) -> None:
    """Make sure that a database holds so many runs: build it, or find it as it was left.

    The database may be missing or must be empty; its role must be a superuser, who can switch
    triggers off.  Raises BenchmarkError for one that holds something else, such as what earlier
    migrations made of it.
    """
    installation.install(uri)
    mark = _mark(workflows, users)
    with psycopg.connect(uri, autocommit=True) as conn:
        found = conn.execute(_MARK).fetchone()
        if found == (mark,):
            return
        if conn.execute("SELECT 1 FROM __reana.user_ LIMIT 1").fetchone():
            raise BenchmarkError(f"{conn.info.dbname} is {found and found[0]}, not {mark}")
        with conn.transaction():
            _load(conn, Layout(workflows, users))
        conn.execute("VACUUM (ANALYZE)")
        name = sql.Identifier(conn.info.dbname)
        conn.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, mark))


def _mark(workflows: int, users: int) -> str:
    """Return what a database is marked with: what it was built by, and how large."""
    parts = [SQL, *(file.sql for file in files.read())]
    digest = hashlib.sha256("".join(parts).encode()).hexdigest()
    version = f"{LAYOUT}.{digest[:8]}"
    return f"benchmark of reana-db: layout {version}, {workflows} workflows, {users} users"


_MARK = """
SELECT pg_catalog.shobj_description(oid, 'pg_database')
FROM pg_catalog.pg_database WHERE datname = current_database()
"""


def _load(conn: psycopg.Connection[Any], layout: Layout) -> None:
    conn.execute("SET LOCAL session_replication_role = 'replica'")
    _copy(conn, "user_", _user_lines(layout.users))
    _copy(conn, "user_token", _token_lines(layout.users))
    _copy(conn, "workflow", _workflow_lines(layout))
    _copy(conn, "job", _job_lines(layout))
    conn.execute("ANALYZE __reana.workflow, __reana.job")
    derived, totals = SQL.split("-- With triggers, which count.\n")
    conn.execute(derived.encode())
    conn.execute("SET LOCAL session_replication_role = 'origin'")
    conn.execute(totals.encode())


def _copy(conn: psycopg.Connection[Any], table: str, lines: Iterable[bytes]) -> None:
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier("__reana", table), sql.SQL(COLUMNS[table])
    )
    with conn.cursor().copy(query) as copy:
        rest = iter(lines)
        while batch := b"".join(islice(rest, 100)):
            copy.write(batch)
