"""The rounds of the drill: a fault, the way back to service, and what must hold then."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from uuid import UUID

import psycopg

from reana_db import tokens
from reana_db.migrating import installation
from tests.failover import clients
from tests.failover.check import Findings, Ledger, check
from tests.failover.cluster import Cluster
from tests.failover.faults import Fault, Scene
from tests.failover.routes import DEADLINE, LONG_DEADLINE, Routes
from tests.failover.watch import Watch
from tests.support.factories import make_user

DATABASE = "drill"
WAITING = 120
"""Seconds after which a client is taken not to come back."""
AFTER_LEASE = 5
"""Seconds that clients may need after the lease of a silent primary is over."""
TOKENS = 100


def say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


@dataclass
class Round:
    """What a fault did to the clients, in seconds."""

    fault: Fault
    struck: float = field(default_factory=time.time)
    promoted: float | None = None
    """When a primary was there again."""
    gaps: dict[str, float] = field(default_factory=dict)
    """Of each client, from the promotion to its first acknowledged operation."""
    outages: list[float] = field(default_factory=list)
    """Of each client, the longest time between two acknowledged operations."""
    witness: float | None = None
    """How long a client without a deadline waited."""
    errors: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    findings: Findings = field(default_factory=Findings)


class Drill:
    """A cluster with clients at work."""

    def __init__(self, cluster: Cluster, routes: Routes, folder: Path) -> None:
        self.scene = Scene(cluster, routes)
        self.cluster = cluster
        self.routes = routes
        self.folder = folder
        self.ledger = Ledger(folder)
        self.watch = Watch(cluster.nodes)
        self.running: list[subprocess.Popen[bytes]] = []
        self.served: list[str] = []
        """The clients whose operations are short."""
        self.owner = self._make_site()

    def _make_site(self) -> UUID:
        uri = self.cluster.place(DATABASE)
        installation.install(uri)
        with psycopg.connect(uri) as conn:
            owner = make_user(conn)
            for number in range(TOKENS):
                user = make_user(conn)
                tokens.grant(conn, user, token=f"token {number}", keys=clients.BOTH)
        return owner

    def start_clients(self, number: int) -> None:
        """Start services, by all ways in turns, and those that work for all."""
        names = self.routes.names
        for one in range(number):
            self._start("runs", names[one % len(names)], one)
        for one, role in enumerate(("tokens", "retention")):
            self._start(role, names[one % len(names)], number + one)
        for one, role in enumerate(("refresh", "rotation")):
            self._start(role, "hosts", number + 2 + one, deadline=LONG_DEADLINE)
        self._all_after(0)

    def _start(self, role: str, route: str, number: int, *, deadline: int = DEADLINE) -> None:
        settings = self.routes.settings(route, DATABASE, deadline=deadline)
        journal = self.folder / f"{number:02}-{role}-{route}.journal"
        if role not in ("refresh", "rotation"):
            self.served.append(journal.stem)
        self.running.append(clients.start(role, settings, journal, self.owner, pause=0.02))

    def stop_clients(self) -> None:
        """Let all end what they are at."""
        for client in self.running:
            client.terminate()
        assert not any(client.wait(WAITING) for client in self.running), "a client failed"

    def play(self, fault: Fault) -> Round:
        """Make a fault, wait until all clients are served, undo it, and check."""
        self.cluster.wait_until_whole()
        self.scene.look()
        self.ledger.read()
        before, known = self.ledger.acknowledged, len(self.ledger.errors)
        with self._witness(fault) as witness:
            this = Round(fault)
            fault.strike(self.scene)
            self._wait_for_service(this)
            if witness:
                self._wait_out_the_lease(this, witness)
            fault.mend(self.scene)
            if witness:
                this.witness = self._first_after(witness, this.struck + 1) - this.struck
        self.cluster.wait_until_whole()
        this.findings = check(self.cluster.primary.uri(DATABASE), self.ledger)
        this.acknowledged = self.ledger.acknowledged - before
        this.errors = Counter(error["name"] for error in self.ledger.errors[known:])
        self._measure(this)
        return this

    def _wait_for_service(self, this: Round) -> None:
        """Wait for the promotion, and for every service that is not a long one."""
        if this.fault.promotes:
            this.promoted = self._promotion(this.struck)
        self._all_after(this.promoted or time.time())
        time.sleep(1)

    def _promotion(self, since: float) -> float:
        ends = time.monotonic() + WAITING
        while True:
            found = self.watch.since(since)
            if found and found[1] is not self.scene.primary:
                return found[0]
            assert time.monotonic() < ends, self.cluster.describe()
            time.sleep(0.05)

    def _all_after(self, moment: float) -> None:
        """Wait until each client has something acknowledged that it began after a moment."""
        ends = time.monotonic() + WAITING
        while True:
            self.ledger.read()
            late = [name for name in self.served if not self._after(name, moment)]
            if not late:
                return
            assert time.monotonic() < ends, f"not served: {late}"
            time.sleep(0.1)

    def _after(self, name: str, moment: float) -> list[float]:
        return [at for at in self.ledger.times[name][-2000:] if at > moment]

    def _measure(self, this: Round) -> None:
        for name in self.served:
            times = self._after(name, this.struck)
            last = [at for at in self.ledger.times[name] if at <= this.struck][-1:]
            this.outages.append(max(b - a for a, b in zip(last + times, times, strict=False)))
            if this.promoted:
                this.gaps[name] = next(at for at in times if at > this.promoted) - this.promoted

    @contextmanager
    def _witness(self, fault: Fault) -> Iterator[Ledger | None]:
        """Have a client without a deadline, if the fault makes the primary silent."""
        if not fault.freezes:
            yield None
            return
        folder = self.folder / f"without-deadline-{time.time():.0f}"
        folder.mkdir()
        settings = self.routes.settings("hosts", DATABASE, deadline=None)
        client = clients.start("tokens", settings, folder / "w.journal", self.owner, pause=0.02)
        ledger = Ledger(folder)
        try:
            self._first_after(ledger, 0)
            yield ledger
        finally:
            client.terminate()
            client.wait(WAITING)
            self.ledger.begun |= ledger.begun

    def _first_after(self, ledger: Ledger, moment: float) -> float:
        ends = time.monotonic() + WAITING
        while True:
            ledger.read()
            found = [at for times in ledger.times.values() for at in times if at > moment]
            if found:
                return found[0]
            assert time.monotonic() < ends, "the client without a deadline never came back"
            time.sleep(0.05)

    def _wait_out_the_lease(self, this: Round, witness: Ledger) -> None:
        """Wait longer than clients with a deadline may need; the other one still waits."""
        time.sleep(max(0.0, this.struck + self.cluster.lease + AFTER_LEASE + 3 - time.time()))
        witness.read()

    def end(self) -> Findings:
        """Stop the clients, and check what they left."""
        self.cluster.wait_until_whole()
        self.stop_clients()
        self.watch.stop()
        return check(self.cluster.primary.uri(DATABASE), self.ledger)


def shuffled(faults: list[Fault], rounds: int, chance: random.Random) -> list[Fault]:
    """Return faults in random order, all of them before one comes again."""
    chosen: list[Fault] = []
    while len(chosen) < rounds:
        chosen += chance.sample(faults, k=len(faults))
    return chosen[:rounds]


def report(rounds: list[Round]) -> Iterator[str]:
    """Yield a table of what each fault did to the clients."""
    heads = ("rounds", "median", "longest", "outage", "acknowledged", "lost", "twice", "half")
    yield "| fault | " + " | ".join(heads) + " | errors |"
    yield "| --- |" + " --- |" * (len(heads) + 1)
    by_fault: defaultdict[str, list[Round]] = defaultdict(list)
    for one in rounds:
        by_fault[one.fault.name].append(one)
    for name, some in [*sorted(by_fault.items()), ("all", rounds)]:
        yield f"| {name} | " + " | ".join(_row(some)) + " |"


def by_route(rounds: list[Round]) -> Iterator[str]:
    """Yield a table of the times without service by the way that clients came."""
    yield "| route | median | longest |"
    yield "| --- | --- | --- |"
    gaps: defaultdict[str, list[float]] = defaultdict(list)
    for one in rounds:
        for name, gap in one.gaps.items():
            gaps[name.rpartition("-")[2]].append(gap)
    for route, some in gaps.items():
        yield f"| {route} | {median(some):.2f} s | {max(some):.1f} s |"


def _row(rounds: list[Round]) -> list[str]:
    gaps = [gap for one in rounds for gap in one.gaps.values()]
    outages = [outage for one in rounds for outage in one.outages]
    errors = sum((one.errors for one in rounds), Counter[str]())
    found = [one.findings for one in rounds]
    return [
        str(len(rounds)),
        f"{median(gaps):.2f} s" if gaps else "-",
        f"{max(gaps):.1f} s" if gaps else "-",
        f"{median(outages):.1f} s, {max(outages):.1f} s",
        str(sum(one.acknowledged for one in rounds)),
        *(
            str(sum(len(getattr(item, kind)) for item in found))
            for kind in ("lost", "twice", "half")
        ),
        ", ".join(f"{name} {number}" for name, number in errors.most_common()) or "-",
    ]
