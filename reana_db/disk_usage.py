"""What directories take on disk, as ``du --block-size=1`` counts it.

Counted are allocated blocks, of directories too; a file with several hard links once; of a symbolic
link itself, not what it points to.  Files may come and go meanwhile.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from reana_db.units import size as human_readable_size

BLOCK = 512
"""Bytes per block of ``st_blocks``, whatever the block size of the file system."""

PER_PAGE = 2000
"""Workspaces that the processes are given at a time; their number bounds the memory."""
PER_TASK = 64

_T = TypeVar("_T")
_Inode = tuple[int, int]


@dataclass(frozen=True, slots=True)
class FileUsage:
    """What a file, or a directory with all it holds, takes on disk."""

    name: str
    """Its path in the workspace with a leading "/"; empty for the workspace itself."""
    bytes_: int

    @property
    def human_readable(self) -> str:
        """The size for people: "1.75 MiB"."""
        return human_readable_size(self.bytes_)


def total(directory: str) -> int:
    """Return the bytes that a directory takes; 0 if it does not exist.

    Raises PermissionError, or another OSError, if a part of it cannot be read.
    """
    try:
        root = os.lstat(directory)
    except (FileNotFoundError, NotADirectoryError):
        return 0
    seen: set[_Inode] = set()
    blocks = root.st_blocks
    pending = [directory]
    while pending:
        blocks += _blocks_in(pending.pop(), pending, seen)
    return blocks * BLOCK


def _blocks_in(directory: str, pending: list[str], seen: set[_Inode]) -> int:
    """Return the blocks of the entries of a directory; append its directories to ``pending``."""
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return 0
    blocks = 0
    try:
        # By its descriptor, so that the system need not look up the whole path of every entry.
        with os.scandir(descriptor) as entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{directory}/{entry.name}")
                elif status.st_nlink > 1:
                    inode = (status.st_dev, status.st_ino)
                    if inode in seen:
                        continue
                    seen.add(inode)
                blocks += status.st_blocks
    finally:
        os.close(descriptor)
    return blocks


@dataclass(frozen=True, slots=True)
class _Links:
    """The files that have several links."""

    names: dict[str, _Inode] = field(default_factory=dict)
    counted: set[_Inode] = field(default_factory=set)


def listing(
    directory: str, *, patterns: list[str] | None = None, sizes: list[int] | None = None
) -> list[FileUsage]:
    """Return what everything in a directory takes, contents before the directory that holds them.

    ``patterns`` (``results/*.root``, ``**/*.log``; a directory stands for what is in it) and exact
    ``sizes`` in bytes choose what is returned.  Raises FileNotFoundError if there is no such
    directory, PermissionError if a part of it cannot be read.
    """
    found: list[FileUsage] = []
    links = _Links()
    _walk(directory, "", found, links)
    if patterns is not None:
        chosen = {name for pattern in patterns for name in _matching(directory, pattern)}
        found = [usage for usage in found if not chosen.isdisjoint(_ancestry(usage.name))]
    # Of several links to a file the first one counts, of those that are asked for.
    of = links.names
    first = {of[usage.name]: usage.name for usage in reversed(found) if usage.name in of}
    shown = set(first.values())
    found = [usage for usage in found if usage.name not in of or usage.name in shown]
    if sizes is not None:
        found = [usage for usage in found if usage.bytes_ in sizes]
    return found


def _walk(directory: str, name: str, found: list[FileUsage], links: _Links) -> int:
    """Append what is in a directory and the directory itself; return what it takes."""
    bytes_ = os.lstat(directory).st_blocks * BLOCK
    with os.scandir(directory) as entries:
        for entry in entries:
            try:
                bytes_ += _visit(entry, f"{name}/{entry.name}", found, links)
            except FileNotFoundError:
                continue
    found.append(FileUsage(name, bytes_))
    return bytes_


def _visit(entry: os.DirEntry[str], name: str, found: list[FileUsage], links: _Links) -> int:
    if entry.is_dir(follow_symlinks=False):
        return _walk(entry.path, name, found, links)
    status = entry.stat(follow_symlinks=False)
    bytes_ = status.st_blocks * BLOCK
    found.append(FileUsage(name, bytes_))
    if status.st_nlink == 1:
        return bytes_
    inode = (status.st_dev, status.st_ino)
    links.names[name] = inode
    if inode in links.counted:
        return 0
    links.counted.add(inode)
    return bytes_


def _matching(directory: str, pattern: str) -> Iterator[str]:
    """Return the names of what a pattern matches; it cannot lead out of the directory."""
    # "**" within a name means what "*" means there.
    parts = [
        part if part == "**" else re.sub(r"\*+", "*", part)
        for part in pattern.split("/")
        if part not in ("", ".", "..")
    ]
    if not parts:
        return
    root = Path(directory)
    if root.joinpath(*parts).is_dir():
        parts.append("*")
    for path in root.glob("/".join(parts)):
        yield f"/{path.relative_to(root)}"


def _ancestry(name: str) -> Iterator[str]:
    """Return a name and those of the directories that hold it."""
    while name:
        yield name
        name = name.rpartition("/")[0]


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
        return Measured(workspace_path, total(workspace_path))
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
