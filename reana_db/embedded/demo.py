"""A day of a small REANA, played through the functions of this library.

Four people run the analyses of ``examples/`` with every engine: jobs and logs, a failure and its
restart, a run that is stopped, a deletion, a share, a notebook.  What the day left behind is shown
with the views that administrators have in psql.
"""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from reana_db import (
    deletion,
    disk_usage,
    jobs,
    lifecycle,
    quota,
    resources,
    sessions,
    sharing,
    tokens,
    users,
)
from reana_db.encryption import keyring
from reana_db.jobs import JobReport, NewJob
from reana_db.queries import Conn, query
from reana_db.records import (
    JSON,
    JobStatus,
    ResourceType,
    RunStatus,
    SessionType,
    User,
    Workflow,
)
from reana_db.units import human_readable
from reana_db.workspaces import build_workspace_path

PEOPLE = ("Emmy Noether", "Lise Meitner", "Georges Charpak", "Maria Goeppert Mayer")
LIMITS = {ResourceType.cpu: 30 * 60_000, ResourceType.disk: 2 * 1024**2}
"""Of everybody: half an hour, 2 MiB."""
IMAGE = "docker.io/reanahub/reana-env-root6:6.18.04"


@dataclass(frozen=True, slots=True)
class Analysis:
    """An example: its engine, its specification and the names of its steps."""

    engine: str
    specification: JSON
    steps: list[str]


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the demo shows it."""

    run: str | None
    owner: str | None
    engine: str | None
    status: RunStatus | None
    started: datetime | None
    duration: str | None


@dataclass(frozen=True, slots=True)
class StatusRow:
    """A status that a run had, as the demo shows it."""

    run: str | None
    status: str | None
    since: datetime
    application: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class SessionRow:
    """An interactive session as the demo shows it."""

    run: str | None
    owner: str | None
    kind: SessionType


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """What somebody used of a resource, as the demo shows it."""

    owner: str
    resource: str
    used: str
    limit: str
    health: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A retention rule as the demo shows it."""

    run: str | None
    owner: str | None
    files: str
    days: int
    apply_on: datetime | None


class Clock:
    """The time of the day that is played: it began three hours ago."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) - timedelta(hours=3)

    def after(self, minutes: float) -> datetime:
        """Let some minutes pass, and return the time."""
        self.now += timedelta(minutes=minutes)
        return self.now


def examples_directory() -> Path:
    """Return where the examples are: beside the modules, or in the checkout around them."""
    packaged = Path(__file__).parents[1] / "examples"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "examples"


def analyses() -> list[Analysis]:
    """Read the ``reana.yaml`` of every engine in ``examples/``."""
    import yaml

    files = sorted(examples_directory().glob("*/reana.yaml"))
    return [_analysis(yaml.safe_load(file.read_text(encoding="utf-8"))) for file in files]


def _analysis(specification: JSON) -> Analysis:
    inner = specification["workflow"]["specification"]
    steps = inner.get("steps") or inner["stages"]
    names = list(steps) if isinstance(steps, dict) else [step["name"] for step in steps]
    return Analysis(specification["workflow"]["type"], specification, names)


class Day:
    """What happens on the day, on one connection, with workspaces under one directory."""

    def __init__(self, conn: Conn, shared_volume: Path, secret_key: str) -> None:
        self.conn = conn
        self.shared_volume = shared_volume
        self.keys = keyring.of(secret_key)
        self.clock = Clock()

    def play(self) -> None:
        """Let everybody work."""
        resources.create_defaults(self.conn)
        quota.set_policy(self.conn, ResourceType)
        people = [self.arrival(name) for name in PEOPLE]
        for person, analysis in itertools.product(people, analyses()):
            self.success(person, analysis)
        emmy, lise, georges, maria = people
        serial = analyses()[1]
        failed = self.failure(emmy, serial)
        self.finish(self.restart(failed), serial)
        self.stopped(lise, serial)
        shared = self.success(georges, serial)
        sharing.share(self.conn, shared.id_, owner_id=georges.id_, email=maria.email)
        self.notebook(shared, georges)
        self.deletion(maria, serial)
        self.started(maria, serial)
        lifecycle.queue(self.conn, self.created(lise, serial).id_)

    def arrival(self, name: str) -> User:
        """Let somebody sign up and get a token."""
        email = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        user = users.create(self.conn, email=email, full_name=name)
        tokens.request(self.conn, user.id_)
        value = secrets.token_urlsafe(16)
        tokens.grant(self.conn, user.id_, token=value, keys=self.keys)
        for type_, limit in LIMITS.items():
            quota.set_limit(self.conn, user_ids=[user.id_], type_=type_, limit=limit)
        return user

    def created(self, owner: User, analysis: Analysis) -> Workflow:
        """Create a run, with its workspace on disk."""
        workflow_id = uuid4()
        path = build_workspace_path(owner.id_, workflow_id, shared_volume=str(self.shared_volume))
        run = lifecycle.create(
            self.conn,
            workflow_id=workflow_id,
            owner_id=owner.id_,
            name=f"fit-{analysis.engine}",
            specification=analysis.specification,
            type_=analysis.engine,
            workspace_path=path,
            retention_rules=analysis.specification.get("workspace", {}).get("retention_days", {}),
        )
        Path(path).mkdir(parents=True)
        return run

    def started(self, owner: User, analysis: Analysis) -> Workflow:
        """Create a run and bring it to its first step."""
        return self.begin(self.created(owner, analysis))

    def begin(self, run: Workflow) -> Workflow:
        """Queue and start a run, and let its engine report."""
        lifecycle.queue(self.conn, run.id_)
        lifecycle.start(self.conn, run.id_, input_parameters={"events": 20000})
        lifecycle.apply_status_message(
            self.conn,
            run.id_,
            status=RunStatus.running,
            progress={"total": {"total": 2, "job_ids": []}},
            logs="engine started",
            at=self.clock.after(1),
        )
        return run

    def step(self, run: Workflow, name: str, end: JobStatus) -> None:
        """Run one job to its end."""
        job_id = jobs.create(
            self.conn,
            run.id_,
            NewJob("Kubernetes", docker_img=IMAGE, prettified_cmd="root -b -q", job_name=name),
        )
        jobs.report(self.conn, [JobReport(job_id, JobStatus.running)])
        jobs.report(self.conn, [JobReport(job_id, end, f"{name}: {end}\n")])
        if run.workspace_path and end is JobStatus.finished:
            (Path(run.workspace_path) / f"{name}.root").write_bytes(b"\0" * 64 * 1024)
        progress = {str(end): {"total": 1, "job_ids": [str(job_id)]}}
        lifecycle.apply_status_message(
            self.conn, run.id_, status=RunStatus.running, progress=progress
        )

    def finish(self, run: Workflow, analysis: Analysis) -> Workflow:
        """Run all steps, and end well."""
        for name in analysis.steps:
            self.step(run, name, JobStatus.finished)
        return self.end(run, RunStatus.finished, minutes=4)

    def end(self, run: Workflow, status: RunStatus, minutes: float) -> Workflow:
        """Let the engine report the end."""
        lifecycle.apply_status_message(
            self.conn,
            run.id_,
            status=status,
            engine_logs=f"engine ended: {status}",
            at=self.clock.after(minutes),
        )
        if run.workspace_path:
            bytes_ = disk_usage.total(run.workspace_path)
            quota.set_disk_usage(self.conn, workflow_id=run.id_, bytes_=bytes_)
        return run

    def success(self, owner: User, analysis: Analysis) -> Workflow:
        """Run an analysis from its creation to a good end."""
        return self.finish(self.started(owner, analysis), analysis)

    def failure(self, owner: User, analysis: Analysis) -> Workflow:
        """Run an analysis whose first step fails."""
        run = self.started(owner, analysis)
        self.step(run, analysis.steps[0], JobStatus.failed)
        return self.end(run, RunStatus.failed, minutes=2)

    def restart(self, run: Workflow) -> Workflow:
        """Restart a run in its workspace."""
        return self.begin(lifecycle.clone_for_restart(self.conn, run.id_))

    def stopped(self, owner: User, analysis: Analysis) -> None:
        """Stop a run."""
        lifecycle.stop(self.conn, self.started(owner, analysis).id_)

    def notebook(self, run: Workflow, owner: User) -> None:
        """Open a notebook on the files of a run; it stays open overnight."""
        name = f"run-session-{uuid4()}"
        session = sessions.open_session(
            self.conn, run.id_, name=name, path=f"/{run.id_}", owner_id=owner.id_
        )
        sessions.mark_running(self.conn, session.id_)

    def deletion(self, owner: User, analysis: Analysis) -> None:
        """Delete a run that is done."""
        deletion.delete_run(self.conn, self.success(owner, analysis).id_)


@query
def is_played(conn: Conn) -> bool:
    """Tell whether the day is in this database already."""


@query
def runs(conn: Conn) -> list[RunRow]:
    """Return all runs in the order of their start."""


@query
def statuses(conn: Conn, owner: str, name: str) -> list[StatusRow]:
    """Return the statuses that the runs of a name had, in order."""


def quotas(conn: Conn) -> list[QuotaRow]:
    """Return what everybody used, and may use."""
    return [
        QuotaRow(
            item.email,
            item.resource_name,
            human_readable(item.unit, item.quota_used),
            human_readable(item.unit, item.quota_limit),
            str(item.health),
        )
        for item in quota.of_everybody(conn)
    ]


@query
def open_sessions(conn: Conn) -> list[SessionRow]:
    """Return the sessions that are open, oldest first."""


@query
def rules(conn: Conn) -> list[RuleRow]:
    """Return the retention rules of the runs that ended, as far as they are not over."""
