"""A port in front of a server: closed, open, saying that the server is starting, or silent.

It is a process of its own, because libpq's ping keeps Python's global lock while it waits for an
answer.  Run as a script it takes its states, one a line, on its standard input.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import subprocess
import sys

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


class Door:
    """The port, and the process that serves it; closed at first."""

    def __init__(self, upstream: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        command = [sys.executable, __file__, str(self.port), str(upstream)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def become(self, state: str) -> None:
        """Change the state, cutting all connections; return when it has changed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{state}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == f"{state}\n"

    def remove(self) -> None:
        self._process.communicate()


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as PostgreSQL does while it recovers, in a language that nobody should parse."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while struct.unpack("!ii", await reader.readexactly(8))[1] in (SSL_REQUEST, GSS_REQUEST):
            writer.write(b"N")
        fields = b"SFATAL\0VFATAL\0C57P03\0Mdas Datenbanksystem startet\0\0"
        writer.write(b"E" + struct.pack("!i", len(fields) + 4) + fields)
        await reader.read()
    writer.close()


async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Welcome everybody and answer nothing, as PgBouncer does while its server is down."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while struct.unpack("!ii", await reader.readexactly(8))[1] in (SSL_REQUEST, GSS_REQUEST):
            writer.write(b"N")
        authenticated, ready = b"R\0\0\0\x08\0\0\0\0", b"Z\0\0\0\x05I"
        writer.write(authenticated + ready)
        await reader.read()
    writer.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def serve(port: int, upstream: int) -> None:
    present: list[asyncio.StreamWriter] = []
    server: asyncio.Server | None = None
    state = "closed"

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", upstream)
        present.append(back)
        await asyncio.gather(pump(reader, back), pump(there, writer))

    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        present.append(writer)
        handlers = {"open": forward, "starting": refuse, "silent": keep_silent}
        await handlers[state](reader, writer)

    while state := (await asyncio.to_thread(sys.stdin.readline)).strip():
        if server:
            server.close()
        for writer in present:
            writer.transport.abort()
        present.clear()
        await asyncio.sleep(0.01)  # an abort is carried out in the next round of the loop
        if state != "closed":
            server = await asyncio.start_server(welcome, "127.0.0.1", port)
        sys.stdout.write(f"{state}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
