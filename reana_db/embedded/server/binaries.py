"""Copies of the programs, where the account cannot use those that were found.

A relocatable PostgreSQL finds its files by paths relative to its programs, and the wheel its
libraries in ``../../../NAME.libs``; so a copy keeps the last directories: ``NAME/PREFIX/bin``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from .account import Failure

if TYPE_CHECKING:
    from .account import Account


def usable(bindir: Path, account: Account, scratch: Path) -> Path:
    """Return the programs, or those of a copy if they lie where the account cannot go."""
    try:
        account.spawn([bindir / "postgres", "--version"], subprocess.DEVNULL).wait()
    except PermissionError:
        return copy(bindir, account, scratch / "binaries")
    return bindir


def copy(bindir: Path, account: Account, target: Path) -> Path:
    """Copy an installation and give it to the account."""
    prefix, package = bindir.parent, bindir.parents[1]
    copied = target / package.name / prefix.name
    ignore = shutil.ignore_patterns("include", "*.a", "__pycache__")
    shutil.copytree(prefix, copied, symlinks=True, ignore=ignore)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    for directory, _, names in os.walk(target):
        for path in (Path(directory), *(Path(directory, name) for name in names)):
            account.own(path)
    return copied / bindir.name


def without_passwd(bindir: Path, target: Path) -> Path:
    """Return private copies of initdb and postgres that do not look up the name of their user.

    A container often runs under a user id without a passwd entry.  A server does not mind, but
    initdb, and the postgres that it runs, insist on a name (and ignore it, because we give
    ``-U``).  Such containers forbid user namespaces as well.  So the copies import ``getpwent``
    (the first entry) in the place of ``getpwuid``: same length, same result type.  The rest of
    the installation is linked.
    """
    prefix, package = bindir.parent, bindir.parents[1]
    linked = target / package.name / prefix.name
    (linked / bindir.name).mkdir(parents=True)
    for path in prefix.iterdir():
        if path != bindir:
            (linked / path.name).symlink_to(path)
    (target / f"{package.name}.libs").symlink_to(f"{package}.libs")
    for name in ("initdb", "postgres"):
        patch(bindir / name, linked / bindir.name / name)
    return linked / bindir.name


def patch(program: Path, target: Path) -> None:
    """Write a copy of the program with the one symbol replaced."""
    content = program.read_bytes()
    if content.count(b"\0getpwuid\0") != 1:
        msg = f"this user id has no passwd entry, which {program} insists on: add one"
        raise Failure(msg)
    target.write_bytes(content.replace(b"\0getpwuid\0", b"\0getpwent\0"))
    target.chmod(0o700)
