"""What must hold of a database after a fault: a look at it with SQL of its own.

Nothing of the library is used.  The journals are read first and the database after, in one
snapshot: what was acknowledged until then must be there, once and whole.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from tests.support.quota_recomputation import recomputed, stored

ORDER = ("created", "queued", "pending", "running", "finished", "deleted")
ENDED = ("finished", "deleted")

RUNS = """
SELECT
    id_::text AS id, owner_id::text AS owner, name, run_number_major AS major,
    run_number_minor AS minor, status::text, logs,
    run_started_at AS started, run_finished_at AS finished,
    (SELECT array_agg(status::text) FROM __reana.workspace_retention_rule
        WHERE workflow_id = workflow.id_) AS rules,
    (SELECT count(*) FROM __reana.workflow_resource WHERE workflow_id = workflow.id_) AS usage,
    (SELECT array_agg(status::text || coalesce(logs, '')) FROM __reana.job
        WHERE workflow_uuid = workflow.id_) AS jobs,
    EXISTS (SELECT 1 FROM __reana.workspace_removal WHERE workflow_id = workflow.id_) AS claimed,
    (SELECT array_agg(coalesce(from_status, '') || '>' || to_status ORDER BY id)
        FROM __reana.status_history WHERE entity_id = workflow.id_) AS history
FROM __reana.workflow
"""
TOKENS = """
SELECT email, count(user_token.id_) FILTER (WHERE status = 'active'),
    (SELECT count(*) FROM __reana.user_resource WHERE user_id = user_.id_)
FROM __reana.user_ LEFT JOIN __reana.user_token ON user_id = user_.id_
GROUP BY user_.id_, email
"""


@dataclass
class Ledger:
    """What the journals of a folder say; each line is read once."""

    folder: Path
    begun: set[str] = field(default_factory=set)
    """Ids of runs and addresses of users that somebody has tried to create."""
    statuses: dict[str, str] = field(default_factory=dict)
    """The last acknowledged status of each run."""
    lines: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    reported: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    applied: Counter[str] = field(default_factory=Counter)
    granted: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    times: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """When each client was told that something was done."""
    _read: Counter[Path] = field(default_factory=Counter)

    @property
    def acknowledged(self) -> int:
        """How many operations were acknowledged."""
        return sum(map(len, self.times.values()))

    def read(self) -> None:
        """Read what was written since the last time, whole lines only."""
        for path in sorted(self.folder.glob("*.journal")):
            with path.open("rb") as file:
                file.seek(self._read[path])
                text = file.read()
            whole = text[: text.rfind(b"\n") + 1]
            self._read[path] += len(whole)
            for line in whole.splitlines():
                self._enter(path.stem, json.loads(line))

    def _enter(self, client: str, entry: dict[str, Any]) -> None:
        what, run = entry["what"], entry.get("run", "")
        match what:
            case "error":
                self.errors.append(entry | {"client": client})
            case "begin":
                self.begun.add(run or entry["email"])
            case "wrong":
                self.wrong.append(f"{client}: {entry['why']} {run}")
            case _ if what != "end":
                self.times[client].append(entry["at"])
                self._acknowledge(what, run, entry)

    def _acknowledge(self, what: str, run: str, entry: dict[str, Any]) -> None:
        match what:
            case "status":
                self.statuses[run] = entry["status"]
            case "line":
                self.lines[run].add(entry["line"])
            case "jobs":
                self.reported.add(run)
            case "confirmed":
                self.confirmed.add(run)
            case "applied":
                self.applied[entry["rule"]] += 1
            case "granted":
                self.granted.add(entry["email"])


@dataclass
class Findings:
    """What is not as it should be, in words."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Statuses, run numbers, totals, and errors without a type."""

    def all(self) -> list[str]:
        """Return everything, each with its kind."""
        kinds = {"lost": self.lost, "twice": self.twice, "half": self.half, "wrong": self.wrong}
        return [f"{kind}: {text}" for kind, texts in kinds.items() for text in texts]


def check(uri: str, ledger: Ledger) -> Findings:
    """Compare a database with what its clients were told."""
    ledger.read()
    with psycopg.connect(uri, connect_timeout=10) as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        return compare(conn, ledger)


def compare(conn: psycopg.Connection[Any], ledger: Ledger) -> Findings:
    """Compare what a transaction sees with what was read of the journals before."""
    found = Findings(wrong=list(ledger.wrong))
    untyped = [error for error in ledger.errors if not error["typed"]]
    found.wrong += [f"{item['name']} of {item['of']}: {item['message']}" for item in untyped]
    with conn.cursor(row_factory=namedtuple_row) as cursor:
        runs: dict[str, Any] = {run[0]: run for run in cursor.execute(RUNS)}
    _check_runs(runs, ledger, found)
    _check_numbers(runs.values(), found)
    _check_rules(conn, ledger, found)
    _check_users(conn, ledger, found)
    if stored(conn) != recomputed(conn):
        found.wrong.append("totals of quota are not what their runs use")
    ledger.read()  # some were created since the first time
    found.twice += [f"run {run}, which nobody created" for run in runs.keys() - ledger.begun]
    return found


def _check_runs(runs: dict[str, Any], ledger: Ledger, found: Findings) -> None:
    found.lost += [f"run {run}" for run in ledger.statuses.keys() - runs.keys()]
    for run in runs.values():
        acknowledged = ledger.statuses.get(run.id, ORDER[0])
        if ORDER.index(run.status) < ORDER.index(acknowledged):
            found.lost.append(f"run {run.id} is {run.status}, was {acknowledged}")
        if run.id in ledger.confirmed and run.claimed:
            found.lost.append(f"the confirmed deletion of {run.id}")
        _check_logs(run, ledger, found)
        _check_whole(run, found)
        _check_history(run, found)
        if run.id in ledger.reported and run.jobs != ["finisheddone"] * 2:
            found.lost.append(f"jobs of {run.id}: {run.jobs}")


def _check_logs(run: Any, ledger: Ledger, found: Findings) -> None:
    lines = Counter((run.logs or "").splitlines())
    found.twice += [f"{line} of {run.id}" for line, number in lines.items() if number > 1]
    told = {f"line {line}" for line in ledger.lines[run.id]}
    found.lost += [f"{line} of {run.id}" for line in told - lines.keys()]


def _check_whole(run: Any, found: Findings) -> None:
    """Everything that one operation writes is there, or nothing of it."""
    past_start = ORDER.index(run.status) >= ORDER.index("pending")
    ended = run.status in ENDED
    wholes = {
        "rules": len(run.rules or []) == 1,
        "usage": run.usage == 2,
        "jobs": len(run.jobs or []) == (2 if past_start else 0),
        "start": (run.started is not None) == (ORDER.index(run.status) >= ORDER.index("running")),
        "end": (run.finished is not None) == ended,
        "retention": not (ended and run.rules == ["created"]),
        "last line": ("line 3" in (run.logs or "")) == ended,
    }
    found.half += [f"{what} of {run.id} ({run.status})" for what in wholes if not wholes[what]]


def _check_history(run: Any, found: Findings) -> None:
    """Each status was entered once, from the one before."""
    passed = ORDER[: ORDER.index(run.status) + 1]
    expected = [f"{before}>{after}" for before, after in zip(("", *passed), passed, strict=False)]
    if run.history != expected:
        kind = found.twice if len(run.history or []) > len(expected) else found.wrong
        kind.append(f"history of {run.id} ({run.status}): {run.history}")


def _check_numbers(runs: Iterable[Any], found: Findings) -> None:
    """Numbers are dense and unique: majors by owner and name, minors by major."""
    majors: defaultdict[Any, set[int]] = defaultdict(set)
    minors: defaultdict[Any, list[int]] = defaultdict(list)
    for run in runs:
        majors[run.owner, run.name].add(run.major)
        minors[run.owner, run.name, run.major].append(run.minor)
    for series, numbers in majors.items():
        if numbers != set(range(1, len(numbers) + 1)):
            found.wrong.append(f"run numbers of {series} have gaps")
    for series, of_major in minors.items():
        if sorted(of_major) != list(range(len(of_major))):
            found.wrong.append(f"restarts of {series}: {sorted(of_major)}")


def _check_rules(conn: psycopg.Connection[Any], ledger: Ledger, found: Findings) -> None:
    rows = conn.execute(
        "SELECT id_::text FROM __reana.workspace_retention_rule WHERE status = 'applied'"
    )
    applied = {row[0] for row in rows}
    found.lost += [f"applied rule {rule}" for rule in ledger.applied.keys() - applied]


def _check_users(conn: psycopg.Connection[Any], ledger: Ledger, found: Findings) -> None:
    active = {email: (number, quotas) for email, number, quotas in conn.execute(TOKENS)}
    for email in ledger.begun & active.keys():
        if active[email] != (1, 2):
            found.half.append(f"user {email}: tokens and quotas {active[email]}")
    found.lost += [f"user {email}" for email in ledger.granted - active.keys()]
