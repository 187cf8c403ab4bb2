"""What goes over the wire: a proxy that counts statements and round trips.

It stands between a contender and the server and reads the messages of PostgreSQL's protocol, so
that all contenders are counted alike.  Never in the way of a measurement of time.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self, TypeAlias

from psycopg.conninfo import conninfo_to_dict

from benchmarks.servers import uri

FRAMES = (b"BEGIN", b"COMMIT", b"ROLLBACK", b"START TRANSACTION", b"SAVEPOINT", b"RELEASE")
"""What does not count as a statement."""
_HEADER = 5
_Count: TypeAlias = Callable[[bytes, bytes], None]


@dataclass(slots=True)
class Traffic:
    """What was counted."""

    statements: float = 0
    """Without those that begin and end transactions."""
    round_trips: float = 0

    def per(self, repetitions: int) -> Traffic:
        """Return the average of a number of repetitions."""
        return Traffic(self.statements / repetitions, self.round_trips / repetitions)


class Proxy:
    """A listening socket that leads to a server; one connection after the other."""

    def __init__(self, server: str) -> None:
        self.traffic = Traffic()
        parameters = conninfo_to_dict(server)
        self._server = str(parameters["host"]), int(str(parameters.get("port", 5432)))
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        place = {"host": "127.0.0.1", "port": port, "sslmode": "disable", "gssencmode": "disable"}
        self.uri = uri(**{**parameters, **place})
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self) -> None:
        """Count from nothing again."""
        self.traffic = Traffic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = self._connect()
                for end in (client, server):
                    if end.family is not socket.AF_UNIX:
                        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for source, sink, count in (
                    (client, server, self._count_sent),
                    (server, client, self._count_received),
                ):
                    pump = _Pump(source, sink, count, starts=source is client)
                    threading.Thread(target=pump.run, daemon=True).start()

    def _connect(self) -> socket.socket:
        host, port = self._server
        if not host.startswith("/"):
            return socket.create_connection(self._server)
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _count_sent(self, kind: bytes, body: bytes) -> None:
        if kind == b"E" or (kind == b"Q" and not body.upper().startswith(FRAMES)):
            self.traffic.statements += 1

    def _count_received(self, kind: bytes, body: bytes) -> None:
        self.traffic.round_trips += kind == b"Z"


class _Pump:
    """Passes on what comes from a socket, message by message."""

    def __init__(
        self, source: socket.socket, sink: socket.socket, count: _Count, *, starts: bool
    ) -> None:
        self._source, self._sink, self._count = source, sink, count
        self._starts = starts

    def run(self) -> None:
        """Pass on until one side closes."""
        with self._source, contextlib.suppress(OSError):
            for message, kind, body in self._messages():
                self._count(kind, body)
                self._sink.sendall(message)
        with contextlib.suppress(OSError):
            self._sink.shutdown(socket.SHUT_RDWR)

    def _messages(self) -> Iterator[tuple[bytes, bytes, bytes]]:
        if self._starts:
            length = self._read(4)
            rest = self._read(int.from_bytes(length) - 4)
            yield length + rest, b"", rest
        while True:
            header = self._read(_HEADER)
            body = self._read(int.from_bytes(header[1:]) - 4)
            yield header + body, header[:1], body

    def _read(self, size: int) -> bytes:
        parts = []
        while size:
            part = self._source.recv(size)
            if not part:
                raise OSError("closed")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)
