"""How long it takes a new process to import each contender, and how much memory that takes."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.contenders import environment, is_released, python

MODULES = {
    "ours": "reana_db.database, reana_db.workflows",
    "by hand": "psycopg",
}
RELEASED = "reana_db.models, reana_db.database, reana_db.utils"
"""What every service imports."""
PROBE = """
import json, mmap, time
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE
before = resident()
began = time.perf_counter()
import {modules}
seconds = time.perf_counter() - began
print(json.dumps([seconds, resident() - before]))
"""


@dataclass(frozen=True, slots=True)
class Import:
    """What importing takes: the median of some processes."""

    seconds: float
    memory: float
    """Bytes that the process grows by."""


def measure(names: Sequence[str], repetitions: int = 5) -> dict[str, Import]:
    """Import contenders in turns."""
    found: dict[str, list[list[float]]] = {name: [] for name in names}
    for _ in range(repetitions):
        for name in names:
            found[name].append(_probe(name))
    return {
        name: Import(*(statistics.median(values) for values in zip(*rows, strict=True)))
        for name, rows in found.items()
    }


def _probe(name: str) -> list[float]:
    modules = RELEASED if is_released(name) else MODULES[name]
    done = subprocess.run(
        [python(name), "-W", "ignore", "-c", PROBE.format(modules=modules)],
        check=True,
        capture_output=True,
        text=True,
        env=environment(name),
        cwd="/" if is_released(name) else None,
    )
    row: list[float] = json.loads(done.stdout)
    return row
