"""The drill of failovers: ``tox -e failover``.

Ends with 1 if something was lost, stored twice or half done, if a total, a number or a status was
wrong, if an error had no type, if service took longer than it may, or if nothing could run.
"""

from __future__ import annotations

import argparse
import random
import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.failover import drill, programs
from tests.failover.by_hand import HandCluster
from tests.failover.cluster import Cluster
from tests.failover.drill import AFTER_LEASE, Drill, Round, say
from tests.failover.faults import FAULTS, Fault
from tests.failover.ground import Ground, on_ground
from tests.failover.patroni import PatroniCluster
from tests.failover.routes import DEADLINE, Routes

MEDIAN = 1.0
"""Seconds that half of the clients may be without service after a promotion."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tox -e failover --")
    parser.add_argument("--rounds", type=int, default=26, help="26 are two of each fault")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--clients", type=int, default=9, help="services that play runs")
    parser.add_argument("--fault", action="append", help="only this one, by the begin of its name")
    return parser.parse_args()


def _possible(has: set[str], wanted: list[str] | None) -> list[Fault]:
    """Return the faults that can be made here, and say which cannot."""
    for fault in FAULTS:
        if lacking := fault.needs - has:
            say(f"left out: {fault.name}: needs {', '.join(_NEEDS[item] for item in lacking)}")
    found = [fault for fault in FAULTS if fault.needs <= has]
    return [item for item in found if not wanted or item.name.startswith(tuple(wanted))]


_NEEDS = {
    "patroni": "Patroni",
    "private": "root and nft, for disks and packets of its own",
    "pgbouncer": "PgBouncer",
}


def run(ground: Ground) -> int:
    """Play all rounds and return the exit status."""
    arguments = _arguments()
    found = programs.find(ground.account, ground.folder)
    with ExitStack() as stack:
        cluster = _cluster(ground, found, stack)
        say(f"PostgreSQL {found.version}; seed {arguments.seed}")
        try:
            cluster.wait_until_whole()
            routes = Routes(cluster, found)
            has = {*routes.names, *(["private"] if ground.can_partition else [])}
            has |= {"patroni"} if isinstance(cluster, PatroniCluster) else set()
            faults = _possible(has, arguments.fault)
            return int(not _play(cluster, routes, ground.folder / "journals", faults, arguments))
        except BaseException:
            sys.stderr.write("\n".join(cluster.logs()) + "\n")
            raise


def _cluster(ground: Ground, found: programs.Programs, stack: ExitStack) -> Cluster:
    """Start one under Patroni, or by hand where that is missing, and say which."""
    if found.missing:
        say(f"without Patroni, for there is no {', '.join(found.missing)}: by hand")
        return HandCluster(stack)
    say(f"under Patroni, with a lease of {PatroniCluster.lease:g} s")
    return PatroniCluster(ground, found)


def _play(
    cluster: Cluster,
    routes: Routes,
    folder: Path,
    faults: list[Fault],
    arguments: argparse.Namespace,
) -> bool:
    folder.mkdir()
    site = Drill(cluster, routes, folder)
    site.start_clients(arguments.clients)
    say(f"{len(site.running)} clients by {', '.join(routes.names)}")
    chance = random.Random(arguments.seed)
    rounds = []
    for number, fault in enumerate(drill.shuffled(faults, arguments.rounds, chance), 1):
        say(f"round {number}: {fault.name}")
        rounds.append(one := site.play(fault))
        _tell(one)
    last = site.end()
    say(f"{site.ledger.acknowledged} operations acknowledged in all")
    say(f"at the end: {last.all() or 'all right'}")
    sys.stdout.write("\n".join([*drill.report(rounds), *drill.by_route(rounds)]) + "\n")
    return _judge(rounds, cluster.lease) and not last.all()


def _tell(one: Round) -> None:
    if one.gaps:
        after = (one.promoted or 0) - one.struck
        say(
            f"  promoted after {after:.1f} s; then without service: median"
            f" {median(one.gaps.values()):.2f} s, longest {max(one.gaps.values()):.2f} s"
        )
    if one.witness:
        say(
            f"  longest wait with a deadline of {DEADLINE} s: {max(one.outages):.1f} s;"
            f" without a deadline: {one.witness:.1f} s"
        )
    for text in one.findings.all():
        say(f"  {text}")
    say(f"  {one.acknowledged} acknowledged; errors: {dict(one.errors)}")


def _judge(rounds: list[Round], lease: float) -> bool:
    """Tell whether all is as it must be, and say what is not."""
    bad = [text for one in rounds for text in one.findings.all()]
    gaps = [gap for one in rounds for gap in one.gaps.values()]
    if gaps and median(gaps) > MEDIAN:
        bad.append(f"half of the clients were without service for {median(gaps):.2f} s")
    frozen = [one for one in rounds if one.fault.freezes]
    bad += [
        f"{one.fault.name}: somebody waited {max(one.outages):.1f} s"
        for one in frozen
        if max(one.outages) > lease + AFTER_LEASE
    ]
    for text in bad:
        say(f"FAILED: {text}")
    return not bad


if __name__ == "__main__":
    sys.exit(on_ground(run))
