"""The process that stands between an owner and its private PostgreSQL server.

``reana_db.embedded`` runs this file by its path, with nothing but the standard library: the
package itself would cost 100 ms.  It reads one line of JSON (what to start), answers one line of
JSON (where it listens, or why not), then obeys lines until its input ends.  The input is a pipe
that only the owner holds, so its end means that the owner is gone, however it went.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 120.0  # crash recovery of a persistent directory may take a while
STOP_SECONDS = 15.0
SOCKET_PATH_BYTES = 100  # sun_path is 108 on Linux, 104 on macOS
VOLATILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
OURS = {"data", "run", "password", "password.new", "server.log"}


class Failure(Exception):
    """The server cannot be started; the message is for the user."""


@dataclass(frozen=True)
class Account:
    """The user that the server runs as; ``change`` is whether we are root and become it."""

    uid: int
    gid: int
    change: bool

    @property
    def name(self) -> str:
        """The name to show, the number if there is none."""
        with contextlib.suppress(KeyError):
            return pwd.getpwuid(self.uid).pw_name
        return f"user id {self.uid}"

    @property
    def has_passwd_entry(self) -> bool:
        """Whether the C library knows the user."""
        return not self.name.startswith("user id ")

    def own(self, path: Path) -> None:
        """Give a path that we created to the account."""
        if self.change:
            os.chown(path, self.uid, self.gid)

    def make_directory(self, path: Path) -> Path:
        """Create a directory that only the account (and root) can enter."""
        path.mkdir(mode=0o700)
        self.own(path)
        return path

    def can_use(self, path: Path) -> bool:
        """Whether the account reaches the directory and may write in it."""
        child = os.fork()
        if child == 0:
            status = 1
            with contextlib.suppress(OSError):
                if self.change:
                    os.setgroups([])
                    os.setgid(self.gid)
                    os.setuid(self.uid)
                status = 0 if os.access(path, os.R_OK | os.W_OK | os.X_OK) else 1
            os._exit(status)
        return os.waitpid(child, 0)[1] == 0


@dataclass
class Postgres:
    """Runs the programs of one directory of binaries as the account."""

    bindir: Path
    account: Account
    log: Path
    descriptors: list[int] = field(default_factory=list)
    server: subprocess.Popen[bytes] | None = None

    def spawn(self, command: list[str | Path], output: int) -> subprocess.Popen[bytes]:
        """Start a program with a clean environment, no privileges and no input."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_"))}
        environment |= {"LC_ALL": "C", "TZ": "UTC"}
        change = self.account.change
        return subprocess.Popen(  # noqa: S603 - no shell; the caller chose the binaries
            command,
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=self.descriptors,
            user=self.account.uid if change else None,
            group=self.account.gid if change else None,
            extra_groups=[] if change else None,
        )

    def run(self, command: list[str | Path]) -> None:
        """Run a program to its end; raise with what it complained about if it failed."""
        process = self.spawn(command, subprocess.PIPE)
        output = process.communicate()[0].decode(errors="replace")
        if process.returncode != 0:
            marks = ("error:", "FATAL:", "HINT:", "hint:", "could not", "cannot")
            said = [line for line in output.splitlines() if any(mark in line for mark in marks)]
            msg = f"{command[0]} as {self.account.name} failed: {' '.join(said) or output.strip()}"
            raise Failure(msg)

    def seen(self, path: Path) -> str:
        """Return the path as the account can reach it, also below a directory closed to it."""
        if self.account.can_use(path):
            return str(path)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        self.descriptors.append(descriptor)
        return f"/proc/self/fd/{descriptor}"

    def start(self, data: str, pid_file: Path, settings: dict[str, str]) -> None:
        """Start the server and wait until it accepts connections."""
        options = [word for item in settings.items() for word in ("-c", "=".join(item))]
        begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.server = self.spawn([self.bindir / "postgres", "-D", data, *options], log.fileno())
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready(pid_file):
            if self.server.poll() is not None or time.monotonic() > deadline:
                self.stop()
                self.explain(begin)
            time.sleep(0.005)

    def is_ready(self, pid_file: Path) -> bool:
        """Whether the server's own status line says so (what pg_ctl waits for)."""
        try:
            lines = pid_file.read_text().splitlines()
        except OSError:
            return False
        ready = len(lines) > 7 and lines[7].strip() == "ready"
        return ready and self.server is not None and lines[0] == str(self.server.pid)

    def explain(self, begin: int) -> NoReturn:
        """Raise with what the server logged since it was started."""
        text = self.log.read_bytes()[begin:].decode(errors="replace")
        said = [line for line in text.splitlines() if "FATAL:" in line or "HINT:" in line]
        msg = f"PostgreSQL as {self.account.name} did not start: "
        raise Failure(msg + (" ".join(said) or text.strip()[-2000:] or "it logged nothing"))

    def stop(self, *, immediate: bool = False) -> None:
        """Stop the server: fast (clients are disconnected), immediate (like a crash) if asked."""
        signals = [signal.SIGQUIT, signal.SIGKILL]
        for number in signals if immediate else [signal.SIGINT, *signals]:
            if self.server is None or self.server.poll() is not None:
                return
            self.server.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.server.wait(STOP_SECONDS)


def choose_account(home: Path | None) -> Account:
    """Return who runs the server: ourselves, or for root the owner of the data, or nobody."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), change=False)
    if home is not None and (home / "data").is_dir():
        status = (home / "data").stat()
        if status.st_uid != 0:
            return Account(status.st_uid, status.st_gid, change=True)
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        msg = "PostgreSQL refuses to run as root, and there is no account 'nobody' to run it"
        raise Failure(msg) from None
    return Account(entry.pw_uid, entry.pw_gid, change=True)


@contextlib.contextmanager
def scratch_directory(account: Account) -> Iterator[Path]:
    """Make a private directory with a path short enough for sockets; remove it at the end."""
    path = make_scratch(account)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def make_scratch(account: Account) -> Path:
    """Make the directory in the first temporary directory that suits."""
    bases = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]  # noqa: S108 - mkdtemp
    for base in bases:
        if len(os.fsencode(base)) > SOCKET_PATH_BYTES - 40:
            continue
        with contextlib.suppress(OSError):
            path = Path(tempfile.mkdtemp(prefix="reana-db-", dir=base))
            account.own(path)
            if account.can_use(path):
                return path
            path.rmdir()
    tried = ", ".join(str(base) for base in bases)
    msg = f"no temporary directory that {account.name} can use and that is short: tried {tried}"
    raise Failure(msg)


def usable_binaries(bindir: Path, account: Account, scratch: Path) -> Path:
    """Return the directory of binaries, or that of a copy where the account cannot run them."""
    try:
        Postgres(bindir, account, Path(os.devnull)).run([bindir / "postgres", "--version"])
    except PermissionError:
        return copy_binaries(bindir, account, scratch / "binaries")
    return bindir


def copy_binaries(bindir: Path, account: Account, target: Path) -> Path:
    """Copy an installation, with the layout that its RPATH (``../../../NAME.libs``) needs."""
    prefix, package = bindir.parent, bindir.parents[1]
    copied = target / package.name / prefix.name
    ignore = shutil.ignore_patterns("include", "*.a", "__pycache__")
    shutil.copytree(prefix, copied, symlinks=True, ignore=ignore)
    libraries = package.with_suffix(".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    for directory, _, names in os.walk(target):
        for path in [Path(directory), *(Path(directory, name) for name in names)]:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    return copied / bindir.name


def without_passwd(bindir: Path, target: Path) -> Path:
    """Return private copies of initdb and postgres that do not look up the name of their user.

    A container often runs under a user id without a passwd entry.  A server does not mind, but
    initdb, and the postgres that it runs, insist on a name (and ignore it, because we give
    ``-U``).  Such containers forbid user namespaces as well.  So the copies import ``getpwent``
    (the first entry) in the place of ``getpwuid``: same length, same result.  The rest of the
    installation is linked, in the layout that its relative paths need.
    """
    prefix, package = bindir.parent, bindir.parents[1]
    copied = target / package.name / prefix.name
    (copied / bindir.name).mkdir(parents=True)
    for path in prefix.iterdir():
        if path != bindir:
            (copied / path.name).symlink_to(path)
    (target / f"{package.name}.libs").symlink_to(f"{package}.libs")
    for name in ("initdb", "postgres"):
        program = (bindir / name).read_bytes()
        if program.count(b"\0getpwuid\0") != 1:
            msg = f"there is no passwd entry for this user, which {bindir / name} needs: add one"
            raise Failure(msg)
        copy = copied / bindir.name / name
        copy.write_bytes(program.replace(b"\0getpwuid\0", b"\0getpwent\0"))
        copy.chmod(0o700)
    return copied / bindir.name


def lock(home: Path) -> None:
    """Take the directory for this process, until it ends."""
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = "not started yet"
        with contextlib.suppress(OSError, IndexError):
            pid = "pid " + (home / "data" / "postmaster.pid").read_text().split()[0]
        msg = f"{home} is in use by another PostgreSQL server ({pid}): stop that one first"
        raise Failure(msg) from None


def open_home(home: Path, account: Account) -> bool:
    """Take the persistent directory; return whether it still has to be filled."""
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        account.make_directory(home)
    lock(home)
    if (home / "password").exists():
        return False
    entries = {path.name for path in home.iterdir()}
    if entries and ("password.new" not in entries or entries - OURS):
        msg = f"{home} is not empty and not a directory made by reana-db: choose another one"
        raise Failure(msg)
    shutil.rmtree(home / "data", ignore_errors=True)  # an initdb that was interrupted
    return True


def check_version(home: Path, version: str) -> None:
    """Refuse a cluster of another major version."""
    found = (home / "data" / "PG_VERSION").read_text().strip()
    if found != version.partition(".")[0]:
        msg = (
            f"{home} was made by PostgreSQL {found}, the binaries are {version}: set "
            "REANA_DB_EMBEDDED_BINDIR to binaries of that version, or choose another directory"
        )
        raise Failure(msg)


def create_cluster(postgres: Postgres, home: Path, scratch: Path) -> None:
    """Run initdb; the password appears under its name when the cluster is complete."""
    password = home / "password.new"
    password.write_text(secrets.token_hex(16))
    password.chmod(0o600)
    copy = scratch / "initdb-password"
    shutil.copy(password, copy)
    postgres.account.own(copy)
    data = postgres.seen(postgres.account.make_directory(home / "data"))
    options = ["--no-locale", "--encoding=UTF8", "--auth=scram-sha-256", f"--pwfile={copy}"]
    if home == scratch:
        options.append("--no-sync")
    bindir = postgres.bindir
    if not postgres.account.has_passwd_entry:
        bindir = without_passwd(bindir, scratch / "patched")
    postgres.run([bindir / "initdb", "-D", data, "-U", "postgres", *options])
    copy.unlink()
    password.rename(home / "password")


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def socket_directory(home: Path, account: Account, scratch: Path) -> Path:
    """Return the directory of the Unix socket: below ``home``, unless its path is too long."""
    path = home / "run"
    if len(os.fsencode(path / ".s.PGSQL.65535.lock")) > SOCKET_PATH_BYTES:
        path = scratch / "run"
    return path if path.is_dir() else account.make_directory(path)


def serve(spec: dict[str, object]) -> None:
    """Start the server, answer, obey until the owner is gone, stop and clean up."""
    given = spec["directory"]
    persistent = Path(given) if isinstance(given, str) else None
    account = choose_account(persistent)
    with scratch_directory(account) as scratch:
        home = persistent or scratch
        empty = open_home(home, account) if persistent else True
        bindir = usable_binaries(Path(str(spec["bindir"])), account, scratch)
        postgres = Postgres(bindir, account, home / "server.log")
        if empty:
            create_cluster(postgres, home, scratch)
        check_version(home, str(spec["version"]))
        sockets = socket_directory(home, account, scratch)
        data = postgres.seen(home / "data")
        settings = {
            "timezone": "UTC",
            "log_timezone": "UTC",
            "listen_addresses": "127.0.0.1" if spec["tcp"] else "",
            "unix_socket_directories": '"' + postgres.seen(sockets).replace('"', '""') + '"',
            "port": str(free_port() if spec["tcp"] else 5432),
            **({} if persistent else VOLATILE),
            **spec["settings"],  # type: ignore[dict-item]  # checked by the sender
        }
        pid_file = home / "data" / "postmaster.pid"
        try:
            postgres.start(data, pid_file, settings)
            answer(
                sockets=str(sockets),
                port=int(settings["port"]),
                password=(home / "password").read_text(),
            )
            for line in sys.stdin:
                postgres.stop(immediate="immediate" in line)
                postgres.start(data, pid_file, settings)
                answer()
        finally:
            postgres.stop()


def answer(**values: object) -> None:
    """Send one line of JSON to the owner."""
    print(json.dumps(values), flush=True)  # noqa: T201 - standard output is the channel


def main() -> None:
    """Do what the first line of the input says; report a failure in the answer."""
    os.umask(0o077)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        serve(json.loads(sys.stdin.readline()))
    except (Failure, OSError) as error:
        with contextlib.suppress(BrokenPipeError):
            answer(error=str(error))


if __name__ == "__main__":
    main()
