"""A PgBouncer in transaction mode, in front of the server of the tests."""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from reana_db import database
from reana_db.config import PGBOUNCER_PORT, Settings
from reana_db.embedded.server.account import Account, choose_account
from reana_db.errors import NoConnection
from tests.support.databases import Address, Databases

VARIABLE = "REANA_DB_PGBOUNCER"
"""Programs to use, separated as in PATH; without it, the one that is found on the PATH."""

SETTINGS: Mapping[str, object] = MappingProxyType(
    {
        "pool_mode": "transaction",
        "default_pool_size": 20,
        # A transaction that the pool has no connection for fails, before the test times out.
        "query_wait_timeout": 60,
        "max_client_conn": 500,
        "server_login_retry": 1,
        "log_connections": 0,
        "log_disconnections": 0,
    }
)
_FIRST_WITH_PREPARED_STATEMENTS = (1, 21)


@dataclass(frozen=True)
class Program:
    """An installed PgBouncer."""

    path: Path
    version: tuple[int, ...]

    @property
    def can_prepare(self) -> bool:
        """Whether it follows prepared statements from one connection to the next."""
        return self.version >= _FIRST_WITH_PREPARED_STATEMENTS

    def __str__(self) -> str:
        return "PgBouncer " + ".".join(map(str, self.version))


def programs() -> list[Program]:
    """Return what is installed, or what the variable names."""
    named = os.environ.get(VARIABLE)
    if named:
        return [_program(Path(path)) for path in named.split(os.pathsep)]
    found = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")
    return [_program(Path(found))] if found else []


def _program(path: Path) -> Program:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"PgBouncer (\d+)\.(\d+)(?:\.(\d+))?", said)
    assert version, said
    return Program(path, tuple(int(part) for part in version.groups() if part))


def slots(program: Program) -> dict[str, object]:
    """Return the setting with which a program follows prepared statements, if it can."""
    return {"max_prepared_statements": 200} if program.can_prepare else {}


@contextmanager
def running(program: Program, server: Databases, **settings: object) -> Iterator[Address]:
    """Run a pooler in front of a server and yield its address; ``settings`` are its own."""
    account = choose_account(None)
    host = _unused_host()
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as name:
        directory = Path(name)
        account.own(directory)
        main = configuration(directory, account, server, host, settings)
        log = directory / "log"
        with log.open("wb") as output:
            process = account.spawn([program.path, main], output.fileno())
        try:
            address = Address(host, PGBOUNCER_PORT)
            _wait(server, address, log)
            yield address
        finally:
            process.terminate()
            process.wait()


def _unused_host() -> str:
    """Return a loopback address on which the pooler's usual port is free."""
    for last in random.sample(range(2, 255), k=253):  # several workers look for one at once
        host = f"127.0.64.{last}"
        with socket.socket() as probe:
            try:
                probe.bind((host, int(PGBOUNCER_PORT)))
            except OSError:
                continue
            return host
    raise AssertionError("no loopback address is free")


def _wait(server: Databases, address: Address, log: Path) -> None:
    try:
        database.wait(Settings(conninfo=server.uri_at(address, "postgres")), 10)
    except NoConnection as error:
        error.add_note(log.read_text())
        raise


def configuration(
    directory: Path,
    account: Account,
    server: Databases,
    host: str,
    settings: Mapping[str, object],
) -> Path:
    """Write the files of a pooler that knows the superuser of the server, and return the main."""
    users = directory / "users.txt"
    users.write_text(f'"{server.user}" "{server.password or ""}"\n')
    lines = {
        "listen_addr": host,
        "listen_port": PGBOUNCER_PORT,
        "unix_socket_dir": "",
        "auth_type": "scram-sha-256" if server.password else "trust",
        "auth_file": users,
        **SETTINGS,
        **settings,
    }
    main = directory / "pgbouncer.ini"
    main.write_text(
        f"[databases]\n* = host={server.host} port={server.port}\n[pgbouncer]\n"
        + "".join(f"{name} = {value}\n" for name, value in lines.items())
    )
    for path in (users, main):
        path.chmod(0o600)
        account.own(path)
    return main
