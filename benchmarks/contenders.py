"""The contenders as processes, each pinned to one core and its backend to another."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from benchmarks import database
from benchmarks.database import BenchmarkError
from benchmarks.worker import Arguments

HERE = Path(__file__).parent
RELEASES = ("0.9.5", "0.95.0a13")
OTHERS = {"class_row": "psycopg", "SQLAlchemy Core": "sqlalchemy", "aiosql": "aiosql"}
"""Other ways to execute the statements that are written by hand, and what they need."""
BY_HAND = ("by hand", *OTHERS)
SCRIPTS = {"ours": "ours.py"} | dict.fromkeys(BY_HAND, "by_hand.py")
OWN = tuple(SCRIPTS)
VARIABLE = "REANA_DB_INTEROP_DIR"
"""Where ``tox -e interop`` made the environments of released versions."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What repetitions of an operation took."""

    latencies: list[int]
    """Nanoseconds, one for each repetition."""
    cpu: int
    """Nanoseconds of the client, for all of them."""
    server: int = 0
    """Nanoseconds of the backend, for all of them; 0 where that is not known."""


class Contender:
    """A worker process."""

    def __init__(
        self,
        name: str,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._backend = 0
        self._process = subprocess.Popen(
            [python(name), HERE / SCRIPTS.get(name, "released.py"), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env or environment(name),
            cwd="/" if is_released(name) else HERE.parent,
            text=True,
        )
        pin(self._process.pid, 0)

    def connect(self, uri: str) -> None:
        """Connect to a database, with the backend on another core."""
        self._backend = int(self._ask({"do": "connect", "uri": uri})["backend"])
        pin(self._backend, 1)

    def run(self, operation: str, arguments: Sequence[Arguments]) -> Sample:
        """Let it do an operation, once with each of the arguments."""
        request = {"do": "run", "operation": operation, "arguments": list(arguments)}
        before = cpu_of(self._backend)
        answer = self._ask(request)
        return Sample(**answer, server=cpu_of(self._backend) - before)

    def close(self) -> None:
        """Let it end."""
        self._process.communicate(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "it ended"}
        if "error" in answer:
            raise BenchmarkError(f"{self.name}: {answer['error']}")
        return answer


def pin(pid: int, place: int) -> None:
    """Pin a process to the last core but so many, where this process may do that."""
    with contextlib.suppress(OSError, AttributeError):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(pid, {cores[max(-len(cores), -1 - place)]})


def cpu_of(pid: int) -> int:
    """Return the nanoseconds that a process has run on this machine; 0 where that is not told."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    except OSError:
        return 0


def is_released(name: str) -> bool:
    """Tell whether a contender is a released version."""
    return name not in OWN


def python(name: str) -> Path:
    """Return the interpreter of a contender."""
    if not is_released(name):
        return Path(sys.executable)
    return Path(os.environ.get(VARIABLE, "/nonexistent")) / name / "bin" / "python"


def available(names: Sequence[str]) -> list[str]:
    """Return the contenders that are there, and say which are not."""
    found = [name for name in names if is_there(name)]
    for name in names:
        if name not in found:
            why = f"{VARIABLE}; see tox -e interop" if is_released(name) else "the extra bench"
            print(f"skipped: {name} ({why})", file=sys.stderr)
    return found


def is_there(name: str) -> bool:
    """Tell whether what a contender needs is installed."""
    if is_released(name):
        return python(name).exists()
    return find_spec(OTHERS.get(name, "psycopg")) is not None


def environment(name: str) -> dict[str, str]:
    """Return the environment of a contender: for a released version what the chart would set."""
    if not is_released(name):
        own = {"REANA_SECRET_KEY": database.SECRET_KEY, "PYTHONPATH": str(HERE.parent)}
        return {**os.environ, **own}
    inherited = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return {**inherited, "TZ": "UTC", "REANA_SECRET_KEY": database.SECRET_KEY}
