"""A primary and two standbys under Patroni and etcd, on loopback."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import Any

import psutil  # type: ignore[import-untyped]

from tests.failover.cluster import Node
from tests.failover.ground import Ground
from tests.failover.programs import Programs

LEASE = 20.0
"""Seconds after which the lock of a leader who is not heard of is free; Patroni takes no less."""
WAL_DISK = 512
"""Megabytes for the WAL of a node."""
PORT, API, ETCD, PEER = 5432, 8008, 2379, 2380

PARAMETERS = {
    "max_connections": 200,
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "wal_log_hints": "on",
    "max_wal_size": "128MB",
    "min_wal_size": "64MB",
    "wal_keep_size": "32MB",
    "max_slot_wal_keep_size": "256MB",
    "checkpoint_timeout": "60s",
    "wal_receiver_timeout": "5s",
    "wal_sender_timeout": "5s",
    "tcp_keepalives_idle": 5,
    "tcp_keepalives_interval": 1,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 5000,
}
DYNAMIC: dict[str, Any] = {
    "ttl": int(LEASE),
    "loop_wait": 1,
    "retry_timeout": 3,
    "synchronous_mode": True,
    "primary_start_timeout": 0,
    "maximum_lag_on_failover": 64 << 20,
    "postgresql": {"use_pg_rewind": True, "use_slots": True, "parameters": PARAMETERS},
}


@dataclass
class PatroniNode:
    """A server and the Patroni that looks after it."""

    number: int
    ground: Ground
    programs: Programs
    password: str
    manager: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return f"node{self.number}"

    @property
    def host(self) -> str:
        return self.ground.address(10 + self.number)

    @property
    def door(self) -> str:
        """The address at which this node, and nobody else, finds etcd."""
        return self.ground.address(20 + self.number)

    @property
    def folder(self) -> Path:
        return self.ground.folder / self.name

    def uri(self, dbname: str) -> str:
        """Return the URI of a database of this server, whatever it is at the moment."""
        return f"postgresql://postgres:{self.password}@{self.host}:{PORT}/{dbname}"

    def start(self) -> None:
        """Start Patroni, which starts the server."""
        with (self.folder / "log").open("ab") as log:
            command = [*self.programs.patroni, self.folder / "patroni.yml"]
            self.manager = self.ground.account.spawn(command, log.fileno())

    def prepare(self) -> None:
        """Make the folder, the disk of the WAL and the configuration."""
        self.ground.make_directory(self.name)
        disk = self.ground.make_directory(f"{self.name}/disk")
        if self.ground.private:
            self.ground.mount(disk, WAL_DISK)
        path = self.folder / "patroni.yml"
        path.write_text(json.dumps(self._configuration()))  # YAML too
        path.chmod(0o600)
        self.ground.account.own(path)

    def _configuration(self) -> dict[str, Any]:
        login = {"username": "postgres", "password": self.password}
        copier = {"username": "copier", "password": self.password}
        wal = {"waldir": str(self.folder / "disk" / "wal")}
        return {
            "scope": "drill",
            "name": self.name,
            "restapi": {"listen": f"{self.host}:{API}", "connect_address": f"{self.host}:{API}"},
            # etcd tells the addresses of all; with a proxy between, Patroni keeps to the given one.
            "etcd3": {"hosts": [f"{self.door}:{ETCD}"], "use_proxies": True},
            "bootstrap": {
                "dcs": DYNAMIC,
                "initdb": ["data-checksums", {"encoding": "UTF8"}, {"locale": "C"}, wal],
            },
            "postgresql": {
                "listen": f"{self.host}:{PORT}",
                "connect_address": f"{self.host}:{PORT}",
                "data_dir": str(self.folder / "data"),
                "bin_dir": str(self.programs.bindir),
                "pgpass": str(self.folder / "pgpass"),
                "authentication": {"superuser": login, "replication": copier},
                # By a socket, a node that is cut off still sees its own server.
                "use_unix_socket": True,
                "parameters": {
                    "unix_socket_directories": str(self.folder),
                    "password_encryption": "scram-sha-256",
                },
                "basebackup": [wal, {"checkpoint": "fast"}],
                "pg_hba": [
                    "local all postgres scram-sha-256",
                    "host all all 127.0.0.0/8 scram-sha-256",
                    "host replication copier 127.0.0.0/8 scram-sha-256",
                ],
            },
        }

    def postgres(self) -> list[psutil.Process]:
        """Return the processes of the server, the postmaster first."""
        with contextlib.suppress(OSError, psutil.NoSuchProcess):
            pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
            postmaster = psutil.Process(pid)
            return [postmaster, *postmaster.children(recursive=True)]
        return []

    def signal(self, number: Signals, *, manager: bool = False) -> None:
        """Send a signal to all processes of the server, and to Patroni before it."""
        if manager and self.manager:
            self.manager.send_signal(number)
        for process in self.postgres():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def stop_server(self, number: Signals) -> None:
        """Tell the postmaster to stop: SIGINT is fast, SIGQUIT immediate."""
        self.postgres()[0].send_signal(number)

    def fill(self) -> None:
        """Leave no room for WAL."""
        path = self.folder / "disk" / "ballast"
        with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
            while file.write(b"\0" * (1 << 20)):
                pass

    def make_room(self) -> None:
        """Undo :meth:`fill`."""
        (self.folder / "disk" / "ballast").unlink(missing_ok=True)

    def ask(self, path: str, data: dict[str, Any] | None = None, seconds: float = 2) -> Any:
        """Call the API of Patroni; None if it does not answer."""
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(f"http://{self.host}:{API}{path}", body)
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError:
            return None
        return json.loads(text) if text.startswith("{") else text


class PatroniCluster:
    """Three nodes and their etcd."""

    lease = LEASE

    def __init__(self, ground: Ground, programs: Programs) -> None:
        password = secrets.token_hex(16)
        self.ground = ground
        self.nodes = [PatroniNode(number, ground, programs, password) for number in (1, 2, 3)]
        self.password = password
        self._start_etcd(str(programs.etcd))
        for node in self.nodes:
            node.prepare()
            node.start()

    def _start_etcd(self, program: str) -> None:
        folder = self.ground.make_directory("etcd")
        doors = ",".join(f"http://{node.door}:{ETCD}" for node in self.nodes)
        peer = f"http://{self.ground.address(29)}:{PEER}"
        options = {
            "name": "etcd",
            "data-dir": folder / "data",
            "unsafe-no-fsync": "true",
            "listen-client-urls": doors,
            "advertise-client-urls": doors,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"etcd={peer}",
            "log-level": "warn",
        }
        command = [program, *(f"--{name}={value}" for name, value in options.items())]
        with (folder / "log").open("wb") as log:
            self.ground.account.spawn(list(command), log.fileno())

    def describe(self) -> list[Any]:
        """Return what each node says of all: the former primary may not know yet."""
        answers = [node.ask("/cluster") for node in self.nodes]
        return [answer["members"] for answer in answers if isinstance(answer, dict)]

    @property
    def primary(self) -> PatroniNode:
        return self._node("leader")

    @property
    def standby(self) -> PatroniNode:
        """The synchronous standby, which is promoted next."""
        return self._node("sync_standby")

    def _node(self, role: str) -> PatroniNode:
        names = [item["name"] for item in self.describe()[0] if item["role"] == role]
        return next(node for node in self.nodes if node.name in names)

    def switch_over(self, primary: Node, standby: Node) -> None:
        """Exchange the two, on purpose."""
        assert isinstance(primary, PatroniNode)
        names = {"leader": primary.name, "candidate": standby.name}
        answer = primary.ask("/switchover", names, 60)
        assert "witched over" in str(answer), answer

    def _is_whole(self) -> bool:
        """Tell whether all agree on a leader, a synchronous standby, and another that streams."""
        views = [
            sorted((item["role"], item["name"], item["state"]) for item in members)
            for members in self.describe()
        ]
        found = [(role, state) for role, _, state in views[0]] if views else []
        whole = [("leader", "running"), ("replica", "streaming"), ("sync_standby", "streaming")]
        return found == whole and views == [views[0]] * len(self.nodes)

    def wait_until_whole(self, seconds: float = 180) -> None:
        """Wait for all nodes; a Patroni that has ended is started again."""
        ends = time.monotonic() + seconds
        while not self._is_whole():
            assert time.monotonic() < ends, self.describe()
            for node in self.nodes:
                if node.manager is None or node.manager.poll() is not None:
                    node.start()
            time.sleep(0.2)

    def place(self, dbname: str) -> str:
        """Return a connection string that finds the primary among all hosts."""
        hosts = ",".join(node.host for node in self.nodes)
        return (
            f"host={hosts} port={PORT} user=postgres password={self.password} dbname={dbname}"
            " target_session_attrs=read-write load_balance_hosts=random connect_timeout=2"
        )

    def logs(self) -> Iterator[str]:
        """Yield the ends of the logs, for a failure that must be understood."""
        for node in self.nodes:
            lines = (node.folder / "log").read_text(errors="replace").splitlines()
            yield from (f"{node.name}: {line}" for line in lines[-30:])
