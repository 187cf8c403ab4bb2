"""A connection whose errors are all of this package, and which does not wait for ever."""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import make_conninfo
from psycopg.pq import Format, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.sql import SQL, Composed

from reana_db import errors, hosts

_T = TypeVar("_T")

_COMMIT = b"COMMIT"
_INTERVAL = 0.1
"""Seconds between two looks at the clock while the server is silent."""


class Connection(psycopg.Connection[Any]):
    """What :func:`reana_db.connect` opens and :class:`reana_db.Pool` lends.

    It is psycopg's connection with three differences.  Whatever fails raises an error of
    :mod:`reana_db.errors`, which is an error of psycopg too.  A commit of a transaction that has
    failed raises :class:`~reana_db.errors.TransactionAborted`; PostgreSQL itself answers it with a
    rollback and no word.  With a ``deadline`` it gives up on a server that does not answer.
    """

    deadline: float | None = None
    """Seconds that one statement may take; None: no limit.

    Later the socket is shut down: only the client's own clock ends a wait for a server that was
    frozen, because its kernel goes on to acknowledge what is sent.
    """
    ends_at: float = math.inf
    """When every wait ends, by ``time.monotonic()``; set by ``Pool.run``."""
    pooled: bool = False
    """Whether a pool lends it."""

    _command: bytes = b""
    _cut: bool = False

    @classmethod
    def connect(cls, conninfo: str = "", **options: Any) -> Self:
        """Connect to the first of the hosts that is of the wanted kind; see :mod:`reana_db.hosts`.

        ``options`` are those of psycopg.  Raises the error of the last host, with all in its text.
        """
        failures: list[psycopg.OperationalError] = []
        for place in hosts.places(conninfo):
            try:
                conn = super().connect(make_conninfo("", **place), **options)
            except psycopg.OperationalError as error:
                if isinstance(error, psycopg.errors.ConnectionTimeout):
                    hosts.note_silence(place)
                failures.append(error)
            else:
                hosts.note_answer(place)
                return conn
        if len(failures) == 1:
            raise failures[0]
        raise type(failures[-1])("\n".join(map(str, reversed(failures))))

    def wait(self, gen: PQGen[_T], interval: float = _INTERVAL, *args: Any, **options: Any) -> _T:
        """Run an operation of psycopg to its end: everything that is sent or read passes here."""
        self._command = b""
        alone = self.autocommit and self.pgconn.transaction_status == TransactionStatus.IDLE
        if self.deadline is not None:
            gen = self._limited(gen, min(time.monotonic() + self.deadline, self.ends_at))
        elif self.ends_at < math.inf:
            gen = self._limited(gen, self.ends_at)
        try:
            return super().wait(gen, interval, *args, **options)
        except psycopg.Error as error:
            ours = self._translated(error, alone=alone)
            if ours is error:
                raise
            raise ours from error

    @contextmanager
    def transaction(
        self,
        savepoint_name: str | None = None,
        force_rollback: bool = False,  # noqa: FBT001, FBT002 - psycopg's signature
    ) -> Iterator[psycopg.Transaction]:
        """Begin a block as psycopg does; on a connection of a pool it never commits.

        What a pool lends a connection for is one transaction, so that the block is a savepoint.
        """
        idle = self.pgconn.transaction_status == TransactionStatus.IDLE
        if self.pooled and idle and not self.autocommit:
            self.wait(self._exec_command(self._get_tx_start_command()))
        with super().transaction(savepoint_name, force_rollback) as block:
            yield block

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Commit, or roll back after an exception, and close in any case."""
        try:
            if self.broken and exc_type is None:
                self.commit()  # raises ConnectionLost
            super().__exit__(exc_type, exc_val, exc_tb)
        finally:
            self.close()

    def _translated(self, error: psycopg.Error, *, alone: bool) -> psycopg.Error:
        """Return the error of this package, which says whether the transaction may be there."""
        if not self.closed:
            read_only = bool(self.read_only)
            return errors.translated(error, standby=self._is_standby(), read_only=read_only)
        ends = self._command == _COMMIT or (alone and not self._command)
        in_doubt = ends and not self.read_only
        silent, self._cut = self._cut, False
        return errors.lost(error, in_doubt=in_doubt, silent=silent)

    def _is_standby(self) -> bool | None:
        """Tell whether the server is a standby; None where it does not say (before 14)."""
        said = self.info.parameter_status("in_hot_standby")
        return None if said is None else said == "on"

    def _limited(self, gen: PQGen[_T], ends_at: float) -> PQGen[_T]:
        """Do what ``gen`` does, and shut the socket down if the answer is not there in time."""
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() >= ends_at and not self._cut:
                    self._shut_down()
                wanted = gen.send(ready)
        except StopIteration as end:
            result: _T = end.value
            return result

    def _shut_down(self) -> None:
        self._cut = True
        with socket.socket(fileno=os.dup(self.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    def _exec_command(
        self, command: bytes | str | SQL | Composed, result_format: Format = Format.TEXT
    ) -> PQGen[PGresult | None]:
        """Send a command that begins or ends a transaction or a savepoint."""
        if command == _COMMIT and self.pgconn.transaction_status == TransactionStatus.INERROR:
            yield from super()._exec_command(b"ROLLBACK")
            raise errors.TransactionAborted(
                "the transaction was rolled back: a statement in it had failed"
            )
        self._command = command if isinstance(command, bytes) else b"?"
        return (yield from super()._exec_command(command, result_format))
