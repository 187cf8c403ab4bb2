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
