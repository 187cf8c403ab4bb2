"""All contenders side by side: they take turns in each round of each operation."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import psycopg

from benchmarks import staging
from benchmarks.contenders import BY_HAND, Contender, Sample, is_released
from benchmarks.operations import Operation, Turn, World
from benchmarks.wire import Proxy, Traffic

WARMING = 8
"""Repetitions before anything counts: statements are prepared, plans kept, caches filled."""
WARMING_OF_RELEASED = 2
"""They prepare nothing."""
COUNTED = 2
"""Repetitions while the proxy counts."""
FEWEST = 3
"""Repetitions of a round, however long they take."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How often everything is done."""

    rounds: int = 7
    seconds: float = 0.2
    """For each operation of each contender in each round."""
    repetitions: int = 100
    """Of a round, at most."""

    def repetitions_for(self, warm: Sample) -> int:
        """Return how often a round repeats what took so long when it was warmed up."""
        fitting = self.seconds * 1e9 / min(warm.latencies)
        return round(max(FEWEST, min(self.repetitions, fitting)))


@dataclass
class Measured:
    """What was found out about an operation of a contender."""

    samples: list[Sample] = field(default_factory=list)
    """One for each round."""
    traffic: Traffic = field(default_factory=Traffic)
    """Of one repetition."""

    def rounds(self, kind: str = "latency") -> list[float]:
        """Return the nanoseconds of a repetition in each round: ``latency``, ``cpu``, ``server``.

        Latencies are medians of the round, the processor time of client and server averages.
        """
        if kind == "latency":
            return [statistics.median(sample.latencies) for sample in self.samples]
        return [getattr(sample, kind) / len(sample.latencies) for sample in self.samples]

    def median(self, kind: str = "latency") -> float:
        """Return the nanoseconds of a repetition: the median of the rounds."""
        return statistics.median(self.rounds(kind))


def ratio(these: Measured, those: Measured, kind: str = "latency") -> float:
    """Return how many times as much these take: the median of the rounds, pair by pair."""
    pairs = zip(these.rounds(kind), those.rounds(kind), strict=True)
    return statistics.median(a / b if b else 1 for a, b in pairs)


Results = dict[str, dict[str, Measured]]
"""By operation and contender."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """A contender on a database."""

    label: str
    """Unique in a comparison."""
    contender: str
    uri: str
    world: World


class _Runner:
    """An entrant at work."""

    def __init__(self, entrant: Entrant, stack: ExitStack) -> None:
        self.label = entrant.label
        self.name = entrant.contender
        self.uri = entrant.uri
        self._world = entrant.world
        self._process = stack.enter_context(Contender(entrant.contender))
        self._process.connect(entrant.uri)
        self._admin = stack.enter_context(psycopg.connect(entrant.uri, autocommit=True))

    def connect(self, uri: str) -> None:
        """Let the contender connect by another way."""
        self._process.connect(uri)

    def round(self, operation: Operation, label: str, size: int) -> Sample:
        """Let it do an operation a number of times."""
        tag = f"{operation.name}/{self.label}/{label}"
        if operation.staged:
            users = self._world.users
            staging.stage(self._admin, tag, size, operation.staged, users)
        turns = [Turn(self._world, tag, number) for number in range(1, size + 1)]
        arguments = [operation.make(turn) for turn in turns]
        return self._process.run(operation.function or operation.name, arguments)

    def warm_up(self, operation: Operation) -> Sample:
        """Do it as often as must be before it is measured."""
        return self.round(operation, "warming", warming(self.name))


def run(
    operations: Sequence[Operation],
    entrants: Sequence[Entrant],
    scale: Scale,
) -> Results:
    """Measure operations of entrants, by the names and the labels of these."""
    results: Results = {}
    with ExitStack() as stack:
        runners = [_Runner(entrant, stack) for entrant in entrants]
        for operation in operations:
            began = time.perf_counter()
            able = [runner for runner in runners if can(runner.name, operation)]
            results[operation.name] = _measure(operation, able, scale)
            seconds = time.perf_counter() - began
            print(f"{operation.title}: {seconds:.1f} s", file=sys.stderr, flush=True)
        for runner in runners:
            _count(runner, operations, results)
    return results


def _measure(operation: Operation, runners: Sequence[_Runner], scale: Scale) -> dict[str, Measured]:
    found = {runner.label: Measured() for runner in runners}
    sizes = {runner.label: scale.repetitions_for(runner.warm_up(operation)) for runner in runners}
    for number in range(scale.rounds):
        first = number % len(runners)
        for runner in [*runners[first:], *runners[:first]]:
            sample = runner.round(operation, f"round{number}", sizes[runner.label])
            found[runner.label].samples.append(sample)
    return found


def _count(runner: _Runner, operations: Sequence[Operation], results: Results) -> None:
    """Do everything once more, through a proxy that counts."""
    with Proxy(runner.uri) as proxy:
        runner.connect(proxy.uri)
        for operation in operations:
            if not can(runner.name, operation):
                continue
            runner.round(operation, "before", warming(runner.name))
            proxy.reset()
            runner.round(operation, "counted", COUNTED)
            results[operation.name][runner.label].traffic = proxy.traffic.per(COUNTED)


def warming(contender: str) -> int:
    """Return how often an operation is repeated before it is measured."""
    return WARMING_OF_RELEASED if is_released(contender) else WARMING


def can(contender: str, operation: Operation) -> bool:
    """Tell whether a contender has an operation."""
    if contender in BY_HAND:
        return operation.single
    return contender != "0.95.0a13" or operation.name != "authenticate"  # it has no tokens
