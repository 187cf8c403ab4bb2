"""A contender: a process that repeats an operation and reports how long each repetition took.

Shared by all contenders, so it uses nothing but the standard library: released versions run it in
environments of their own.  A request is a line of JSON, and so is its answer:

``{"do": "connect", "uri": …}``                   -> ``{"backend": <pid>}``
``{"do": "run", "operation": …, "arguments": …}`` -> ``{"latencies": [<ns>, …], "cpu": <ns>}``
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

Arguments = dict[str, Any]
Operation = Callable[[Any], object]


class Contender(Protocol):
    """What a module or an object must have to be measured."""

    operations: dict[str, Operation]
    """By name; what it is called with is what ``prepared`` made of its arguments."""

    def connect(self, uri: str) -> int:
        """Connect, and return the process id of the server's backend."""

    def prepared(self, operation: str, arguments: Arguments) -> Any:
        """Return what an operation is called with; not measured."""

    def settled(self) -> None:
        """Make ready for the next repetition; not measured."""


class OneConnection:
    """The methods of a subclass, on a connection of psycopg in autocommit mode."""

    def __init__(self, operations: dict[str, Operation]) -> None:
        self.conn: Any = None
        self.operations = operations

    def connect(self, uri: str) -> int:
        import psycopg  # released versions have none

        self.conn = psycopg.connect(uri, autocommit=True)
        return int(self.conn.info.backend_pid)

    def prepared(self, operation: str, arguments: Arguments) -> Arguments:
        return {
            name: UUID(value) if name.endswith("_id") else value
            for name, value in arguments.items()
        }

    def settled(self) -> None:
        """Nothing is left open."""


def serve(contender: Contender) -> None:
    """Answer requests until the input ends."""
    for line in sys.stdin:
        request = json.loads(line)
        answer = _connect if request.pop("do") == "connect" else _run
        try:
            answered = answer(contender, **request)
        except Exception as error:  # noqa: BLE001 - whatever it is: reported to the coordinator
            answered = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answered) + "\n")
        sys.stdout.flush()


def _connect(contender: Contender, uri: str) -> dict[str, Any]:
    return {"backend": contender.connect(uri)}


def _run(contender: Contender, operation: str, arguments: list[Arguments]) -> dict[str, Any]:
    function = contender.operations[operation]
    latencies = []
    cpu = 0
    for given in arguments:
        prepared = contender.prepared(operation, given)
        cpu_began, began = time.process_time_ns(), time.perf_counter_ns()
        function(prepared)
        latencies.append(time.perf_counter_ns() - began)
        cpu += time.process_time_ns() - cpu_began
        contender.settled()
    return {"latencies": latencies, "cpu": cpu}
