"""All contenders side by side: they take turns in each round of each operation."""

from __future__ import annotations

import contextlib
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from benchmarks import staging
from benchmarks.contenders import Contender, Placement, Sample, is_released
from benchmarks.operations import Operation, Turn, World
from benchmarks.wire import Proxy, Traffic
from benchmarks.worker import Arguments

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

    def repetitions_for(self, operation: Operation, warm: Sample) -> int:
        """Return how often a round repeats what took so long when it was warmed up."""
        if operation.heavy:
            return 1
        fitting = self.seconds * 1e9 / min(warm.latencies)
        return round(max(FEWEST, min(self.repetitions, fitting)))


@dataclass
class Measured:
    """What was found out about an operation of a contender."""

    samples: list[Sample] = field(default_factory=list)
    """One for each round."""
    traffic: Traffic = field(default_factory=Traffic)
    """Of one repetition."""

    @property
    def medians(self) -> list[float]:
        """Nanoseconds, one for each round."""
        return [statistics.median(sample.latencies) for sample in self.samples]

    @property
    def median(self) -> float:
        """Nanoseconds, of all repetitions."""
        return statistics.median(self._latencies())

    @property
    def p95(self) -> float:
        """Nanoseconds, of all repetitions."""
        latencies = sorted(self._latencies())
        return latencies[min(len(latencies) - 1, int(len(latencies) * 0.95))]

    @property
    def cpus(self) -> list[float]:
        """Nanoseconds of the client for one repetition, one for each round."""
        return [sample.cpu / len(sample.latencies) for sample in self.samples]

    @property
    def cpu(self) -> float:
        """Nanoseconds of the client for one repetition: the median of the rounds."""
        return statistics.median(self.cpus)

    def _latencies(self) -> list[int]:
        return [latency for sample in self.samples for latency in sample.latencies]


def ratio(these: Sequence[float], those: Sequence[float]) -> float:
    """Return how many times as large these are: the median of the rounds, pair by pair."""
    return statistics.median(a / b for a, b in zip(these, those, strict=True))


Results = dict[str, dict[str, Measured]]
"""By operation and contender."""


class Comparison:
    """Contenders, each on the database that is made for it."""

    def __init__(
        self,
        world: World,
        uris: Callable[[str], str],
        scale: Scale,
        placement: Placement | None = None,
    ) -> None:
        self.world = world
        self.scale = scale
        self._uris = uris
        """Returns the database of a contender."""
        self._placement = placement
        self._admins: dict[str, psycopg.Connection[Any]] = {}

    def run(self, operations: Sequence[Operation], names: Sequence[str]) -> Results:
        """Measure operations of contenders."""
        results: Results = {operation.name: {} for operation in operations}
        with contextlib.ExitStack() as stack:
            contenders = [stack.enter_context(Contender(name, self._placement)) for name in names]
            for name in names:
                self._admins[name] = stack.enter_context(
                    psycopg.connect(self._uris(name), autocommit=True)
                )
            for contender in contenders:
                contender.connect(self._uris(contender.name))
            for operation in operations:
                began = time.perf_counter()
                results[operation.name] = self._measure(operation, contenders)
                seconds = time.perf_counter() - began
                print(f"{operation.title}: {seconds:.1f} s", file=sys.stderr, flush=True)
            for contender in contenders:
                self._count(contender, operations, results)
        return results

    def _measure(
        self, operation: Operation, contenders: Sequence[Contender]
    ) -> dict[str, Measured]:
        able = [item for item in contenders if can(item, operation)]
        found = {contender.name: Measured() for contender in able}
        sizes = {}
        for contender in able:
            warm = self._round(operation, contender, "warming", warming(contender, operation))
            sizes[contender.name] = self.scale.repetitions_for(operation, warm)
        for number in range(self.scale.rounds):
            for contender in self._in_turn(able, number):
                size = sizes[contender.name]
                sample = self._round(operation, contender, f"round{number}", size)
                found[contender.name].samples.append(sample)
        return found

    def _round(self, operation: Operation, contender: Contender, label: str, size: int) -> Sample:
        arguments = self._arguments(operation, contender, label, size)
        return contender.run(operation.call(contender.name), arguments)

    @staticmethod
    def _in_turn(contenders: list[Contender], number: int) -> Iterator[Contender]:
        """Yield the contenders; in each round another one is first."""
        first = number % len(contenders)
        yield from contenders[first:] + contenders[:first]

    def _arguments(
        self, operation: Operation, contender: Contender, label: str, size: int
    ) -> list[Arguments]:
        tag = f"{operation.name}/{contender.name}/{label}"
        if operation.staged:
            users = self.world.layout.users
            staging.stage(self._admins[contender.name], tag, size, operation.staged, users)
        return [operation.make(Turn(self.world, tag, number)) for number in range(1, size + 1)]

    def _count(
        self, contender: Contender, operations: Sequence[Operation], results: Results
    ) -> None:
        with Proxy(self._uris(contender.name)) as proxy:
            contender.connect(proxy.uri)
            for operation in operations:
                if not can(contender, operation):
                    continue
                size = 1 if operation.heavy else COUNTED
                self._round(operation, contender, "before", warming(contender, operation))
                proxy.reset()
                self._round(operation, contender, "counted", size)
                results[operation.name][contender.name].traffic = proxy.traffic.per(size)


def warming(contender: Contender, operation: Operation) -> int:
    """Return how often an operation is repeated before it is measured."""
    if operation.heavy:
        return 1
    return WARMING_OF_RELEASED if is_released(contender.name) else WARMING


def can(contender: Contender, operation: Operation) -> bool:
    """Tell whether a contender has an operation: some releases have no tokens."""
    return not (
        operation.name == "authenticate"
        and is_released(contender.name)
        and contender.name.startswith("0.95.0a13")
    )
