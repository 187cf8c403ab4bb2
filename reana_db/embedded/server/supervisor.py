"""Start a server, obey its owner, and stop the server when the owner is gone.

Reads one line of JSON (what to start), answers one line of JSON (where it listens, or why not),
then obeys lines until the input ends.  The input is a pipe that only the owner holds, so its end
means that the owner has ended, however it did.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from . import binaries
from .account import Failure, choose_account, complaint
from .cluster import Cluster, scratch_directory

START_SECONDS = 120.0  # crash recovery of a persistent directory may take a while
STOP_SECONDS = 15.0
PORT_ATTEMPTS = 10
NO_PORT = "could not create any TCP/IP sockets"
# Survives a crash of the server, not of the machine; without fsync, commits need not be deferred.
VOLATILE = {"fsync": "off", "full_page_writes": "off"}


class Postmaster:
    """The server process of a cluster."""

    def __init__(self, cluster: Cluster, bindir: Path, settings: dict[str, str]) -> None:
        options = [word for item in settings.items() for word in ("-c", "=".join(item))]
        data = cluster.seen(cluster.data)
        self._command: list[str | Path] = [bindir / "postgres", "-D", data, *options]
        self._cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, port: int) -> None:
        """Start the server and wait until it accepts connections."""
        cluster = self._cluster
        with cluster.log.open("ab") as log:
            begin = log.tell()
            command = [*self._command, "-c", f"port={port}"]
            process = cluster.account.spawn(command, log.fileno(), cluster.descriptors)
        self._process = process
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready(process.pid):
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                said = complaint(cluster.log.read_bytes()[begin:].decode(errors="replace"))
                msg = f"PostgreSQL as {cluster.account} did not start: {said}"
                raise Failure(msg)
            time.sleep(0.005)

    def _is_ready(self, pid: int) -> bool:
        """Whether the server's own status line says so (what pg_ctl waits for)."""
        try:
            lines = (self._cluster.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def start_on_free_port(self) -> int:
        """Start the server on a TCP port that nobody uses, and return it."""
        for attempt in range(PORT_ATTEMPTS):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port: int = probe.getsockname()[1]
            try:
                self.start(port)
            except Failure as error:  # somebody else may have taken it in between
                if NO_PORT not in str(error) or attempt == PORT_ATTEMPTS - 1:
                    raise
            else:
                break
        return port

    def stop(self, *, immediate: bool = False) -> None:
        """Stop the server: fast (clients are disconnected), or immediate (like a crash)."""
        signals = [signal.SIGQUIT, signal.SIGKILL]
        for number in signals if immediate else [signal.SIGINT, *signals]:
            if self._process is None or self._process.poll() is not None:
                return
            self._process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)


def serve(request: dict[str, Any]) -> None:
    """Start the server, answer, obey until the owner is gone, stop and clean up."""
    home = Path(request["directory"]) if request["directory"] else None
    account = choose_account(home and home / "data")
    with scratch_directory(account) as scratch:
        cluster = Cluster(home, account, scratch)
        bindir = binaries.usable(Path(request["bindir"]), account, scratch)
        cluster.require(bindir, request["version"])
        postmaster = Postmaster(cluster, bindir, all_settings(cluster, request))
        try:
            obey(postmaster, cluster, tcp=request["tcp"])
        finally:
            postmaster.stop()


def all_settings(cluster: Cluster, request: dict[str, Any]) -> dict[str, str]:
    """Return the settings of the server but the port: defaults, and those of the caller."""
    sockets = cluster.seen(cluster.sockets).replace('"', '""')
    return {
        "timezone": "UTC",
        "log_timezone": "UTC",
        **({} if request["directory"] else VOLATILE),
        **request["settings"],
        "listen_addresses": "127.0.0.1" if request["tcp"] else "",
        "unix_socket_directories": f'"{sockets}"',
    }


def obey(postmaster: Postmaster, cluster: Cluster, *, tcp: bool) -> None:
    """Start the server, and again whenever a line of the owner says so, until there are no more."""
    port = 5432
    if tcp:
        port = postmaster.start_on_free_port()
    else:
        postmaster.start(port)
    answer(sockets=str(cluster.sockets), port=port, password=cluster.password.read_text())
    for line in sys.stdin:
        postmaster.stop(immediate=json.loads(line)["restart"] == "immediate")
        postmaster.start(port)
        answer()


def answer(**values: object) -> None:
    """Send one line of JSON to the owner."""
    os.write(sys.stdout.fileno(), json.dumps(values).encode() + b"\n")


def terminate(*_: object) -> None:
    """End in an orderly way on SIGTERM, once."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(1)


def main() -> None:
    """Do what the first line of the input says; report a failure in the answer."""
    os.umask(0o077)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, terminate)
    try:
        if line := sys.stdin.readline():
            serve(json.loads(line))
    except (Failure, OSError) as error:
        reason = str(error) if isinstance(error, Failure) else f"cannot start PostgreSQL: {error}"
        with contextlib.suppress(BrokenPipeError):
            answer(error=reason)
