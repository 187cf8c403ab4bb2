"""Which run is started next: how busy the site is, and the priorities of runs.

The formulas and their rounding are REANA's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reana_db import config, errors
from reana_db.config import MAX_MESSAGE_PRIORITY
from reana_db.queries import Conn, query
from reana_db.registry.arguments import Id, checked

LOWEST_LOAD_PRIORITY = 0.1
"""The factor of a user with as many active runs as allowed, or more."""


@dataclass(frozen=True, slots=True)
class _Load:
    complexity: tuple[tuple[int, ...], ...] | None
    active_runs: int | None


@query
def count_active_runs(conn: Conn) -> int:
    """Return the number of runs that are pending or running, of all users."""


@query
def count_active_runs_of(conn: Conn, owner_id: Id) -> int:
    """Return the number of runs of a user that are pending or running."""


@checked
def owner_load_priority(conn: Conn, owner_id: Id, *, maximum: int | None = None) -> float:
    """Return the factor by which the active runs of a user lower the priority of another.

    See :func:`load_priority`; ``maximum`` is that of the settings unless given.

    Runs on a standby.
    """
    return load_priority(count_active_runs_of(conn, owner_id), _maximum(maximum))


@checked
def workflow_priority(
    conn: Conn, workflow_id: Id, *, cluster_memory: int | None, maximum: int | None = None
) -> int:
    """Return the priority of a run in the queue, from 0 to 100.

    The product of its owner's load and its complexity, rounded half to even; ``cluster_memory`` in
    bytes, or None when unknown, which makes it 0.  Raises NotFound.  One statement.

    Runs on a standby.
    """
    load = _load(conn, workflow_id)
    factor = load_priority(load.active_runs or 0, _maximum(maximum))
    return round(factor * complexity_priority(load.complexity or (), cluster_memory))


def load_priority(active_runs: int, maximum: int) -> float:
    """Return the factor of a user with so many active runs.

    0.1 from the maximum on, else 1 - 0.9 · runs / maximum, rounded to two decimals.
    """
    _check_not_negative("active_runs", active_runs)
    _check_not_negative("maximum", maximum)
    if active_runs >= maximum:
        return LOWEST_LOAD_PRIORITY
    return round(1 - 0.9 * active_runs / maximum, 2)


def complexity_priority(complexity: Sequence[Sequence[int]], cluster_memory: int | None) -> int:
    """Return the priority that the memory of its first jobs gives to a run, from 0 to 100.

    ``complexity`` is pairs of a number of jobs and the bytes that each of them needs.  0 for a run
    without estimate, for an unknown ``cluster_memory`` (bytes) and for more memory than there is;
    else the free share of the memory in percent: rounded to two decimals, times 100, cut to a whole
    number.
    """
    memory = int(sum(jobs * size for jobs, size in map(_pair, complexity)))
    if not complexity or not cluster_memory or memory > cluster_memory:
        return 0
    return int(round(1 - memory / cluster_memory, 2) * MAX_MESSAGE_PRIORITY)


def _pair(item: Sequence[int]) -> tuple[int, int]:
    if len(item) != 2 or item[0] < 0 or item[1] < 0:
        raise errors.InvalidArgument(
            f"complexity must be pairs of a number of jobs and their bytes, not {item!r:.80}"
        )
    return item[0], item[1]


def _check_not_negative(name: str, value: int) -> None:
    if not isinstance(value, int) or value < 0:
        raise errors.InvalidArgument(f"{name} must be a whole number from 0, not {value!r:.80}")


def _maximum(maximum: int | None) -> int:
    return config.settings().max_concurrent_batch_workflows if maximum is None else maximum


@query
def _load(conn: Conn, workflow_id: Id) -> _Load:
    """Return what the priority of a run depends on."""
