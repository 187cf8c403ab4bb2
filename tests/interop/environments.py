"""Virtual environments of released versions of reana-db, whose import package is ours too.

::

    python -m tests.interop.environments            all releases
    python -m tests.interop.environments 0.95.0a8   one of them

They are made once, in the directory ``REANA_DB_INTEROP_DIR``; without that variable, the
tests that need them skip.  Each release was made for the
libraries of its day: the recipes hold back what changed since.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "REANA_DB_INTEROP_DIR"
DIRECTORY = Path(os.environ.get(VARIABLE, str(Path.home() / ".cache" / "reana-db" / "releases")))


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is installed, in this order."""

    tools: tuple[str, ...]
    libraries: tuple[str, ...]
    without_isolation: tuple[str, ...] = ()
    """Packages that only build with the tools above."""


RECIPES = {
    "0.8.0": Recipe(
        ("setuptools<70", "wheel", "cython<3"),
        ("SQLAlchemy-Utils<0.42", "alembic==1.14.1"),
        without_isolation=("PyYAML==5.4.1",),
    ),
    "0.9.5": Recipe(("setuptools<70", "wheel"), ("SQLAlchemy-Utils<0.42", "alembic==1.14.1")),
    "0.95.0a8": Recipe(("setuptools<81", "wheel"), ("SQLAlchemy==2.0.58",)),
    "0.95.0a13": Recipe(("setuptools<81", "wheel"), ("SQLAlchemy==2.0.58",)),
}
"""By release: how it is installed on Python 3.11."""

TEST_TOOLS = ("pytest<9", "mock", "packaging")


def python(release: str) -> Path:
    """Return the interpreter of a release."""
    return DIRECTORY / release / "bin" / "python"


def sources(release: str) -> Path:
    """Return the unpacked source distribution of a release, which has its tests."""
    return DIRECTORY / release / "src"


def is_complete(release: str) -> bool:
    """Return whether the environment of a release is there and was made by this recipe."""
    mark = _mark(release)
    return mark.exists() and mark.read_text(encoding="utf-8") == repr(RECIPES[release])


def build(release: str) -> None:
    """Make or complete the environment of a release; the mark comes last."""
    recipe = RECIPES[release]
    if not python(release).exists():
        venv.create(DIRECTORY / release, with_pip=True, symlinks=True)
    _install(release, *recipe.tools)
    if recipe.without_isolation:
        _install(release, "--no-build-isolation", *recipe.without_isolation)
    _install(release, f"reana-db=={release}", *recipe.libraries)
    _install(release, *TEST_TOOLS)
    _unpack_sources(release)
    _mark(release).write_text(repr(recipe), encoding="utf-8")


def _mark(release: str) -> Path:
    return DIRECTORY / release / "recipe"


def _install(release: str, *arguments: str) -> None:
    _pip(release, "install", *arguments)


def _pip(release: str, command: str, *arguments: str) -> None:
    quiet = ("--quiet", "--disable-pip-version-check")
    subprocess.run([python(release), "-m", "pip", command, *quiet, *arguments], check=True)


def _unpack_sources(release: str) -> None:
    if sources(release).exists():
        return
    with tempfile.TemporaryDirectory(dir=DIRECTORY) as directory:
        options = ("--no-deps", "--no-binary=reana-db", "--no-build-isolation", "--dest", directory)
        _pip(release, "download", *options, f"reana-db=={release}")
        (archive,) = Path(directory).glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            tar.extractall(directory, filter="data")
        (unpacked,) = (path for path in Path(directory).iterdir() if path.is_dir())
        unpacked.rename(sources(release))


def main() -> None:
    """Make the environments that are missing."""
    for release in sys.argv[1:] or RECIPES:
        if not is_complete(release):
            sys.stdout.write(f"reana-db {release}\n")
            sys.stdout.flush()
            build(release)


if __name__ == "__main__":
    main()
