"""Many workspaces measured by several processes."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from reana_db import disk_usage

PER_PAGE = 2000
"""Workspaces that the processes are given at a time; their number bounds the memory."""
PER_TASK = 64

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Measured:
    """A workspace and what it takes on disk."""

    workspace_path: str
    bytes_: int | None
    """None if it could not be measured."""
    reason: str = ""
    """Why it could not."""


Measure = Callable[[Iterable[str]], Iterator[Measured]]


def measure(workspace_path: str) -> Measured:
    """Measure one workspace; a missing one takes nothing."""
    try:
        return Measured(workspace_path, disk_usage.total(workspace_path))
    except OSError as error:
        return Measured(workspace_path, None, error.strerror or str(error))


@contextlib.contextmanager
def measuring(workers: int) -> Iterator[Measure]:
    """Yield a function that measures workspaces in so many processes, in the order given.

    The processes are forked here, so this comes before connections are opened: a child must not
    hold a copy of one.
    """
    if workers <= 1:
        yield lambda paths: map(measure, paths)
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
        pool.submit(os.getpid).result()  # starts them all
        # Page by page: the pool reads ahead all that it is given.
        yield lambda paths: itertools.chain.from_iterable(
            pool.map(measure, page, chunksize=PER_TASK) for page in batches(paths, PER_PAGE)
        )


def batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Yield items in lists of at most so many."""
    remaining = iter(items)
    while batch := list(itertools.islice(remaining, size)):
        yield batch
