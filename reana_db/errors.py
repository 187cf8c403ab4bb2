"""Every exception that this package raises on purpose.

::

    ReanaDBError
    ├── ConfigurationError      a setting is missing or wrong; names its environment variable
    ├── InvalidArgument         an argument breaks a rule; names the argument and the rule
    │   └── InvalidValue        the database refused a value (SQLSTATE class 22, 23502, 23514, 54)
    ├── NotFound                the row that a function must return does not exist
    │   ├── MissingReference    the row that another one refers to does not exist (23503)
    │   └── NoActiveToken       the user has no active token
    ├── UnreadableSecret        a stored secret does not open with the keys; names its row
    │   └── TamperedSecret      it was changed, or moved to another row, after it was sealed
    ├── AmbiguousWorkflow       several runs fit a name; the message lists them
    ├── RegistryError           a statement and its signature do not fit; names file and line
    ├── ServerError             a PostgreSQL server cannot be found, started or reached
    │   ├── NoConnection        no connection could be made, or none became free in time
    │   └── ConnectionLost      a connection broke during a call
    │       └── DeadlineExceeded    the server did not answer in time, and the line was cut
    ├── WriteRefused            a write where one can only read: on a standby, or by choice (25006)
    ├── StandbyBehind           a standby has not replayed, in time, what the caller wants to see
    ├── TransactionAborted      the end of a transaction in which a statement had failed (25P02)
    ├── DatabaseFailure         whatever else a server says: a deadlock, a lock timeout, no rights
    ├── MigrationError          a migration, adoption or rollback was refused; nothing was changed
    ├── RefreshRefused          a refresh of quota would wipe what is recorded
    ├── RefreshRunning          another refresh of quota runs in this database; says which
    ├── InvalidTransition       a status change against the rules (SQLSTATE 23R01)
    ├── WorkflowDeleted         a run is deleted; nothing can be opened or added
    ├── RestartRefused          a run cannot be restarted now (SQLSTATE 23R02)
    └── AlreadyExists           a unique value is taken (SQLSTATE 23505)
        ├── SessionAlreadyOpen      the run has an interactive session
        ├── TokenAlreadyActive      the user has an active token
        └── TokenAlreadyRequested   the user has a requested token

Errors that the database raises are errors of psycopg too, of the very class that psycopg has for
the SQLSTATE: ``except psycopg.IntegrityError`` and ``except psycopg.errors.DeadlockDetected`` keep
working.  No message holds a token or a secret.

Two attributes say what to do.  ``retryable``: the same transaction may succeed if it is run again.
``in_doubt``: it may have been committed, so that only what may happen twice is run again.
:meth:`reana_db.Pool.run` acts on both.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn, cast
from uuid import UUID

import psycopg


class ReanaDBError(Exception):
    """The base of every error of this package."""

    retryable: bool = False
    """Whether the same transaction may succeed when it is run again on another connection."""
    in_doubt: bool = False
    """Whether the transaction may have been committed although its end was not seen."""
    function: str | None = None
    """The public function that raised it, for example ``lifecycle.create``."""

    def __str__(self) -> str:
        return f"{self.function}: {self.reason}" if self.function else self.reason

    @property
    def reason(self) -> str:
        """The message without the function."""
        return super().__str__()


class ConfigurationError(ReanaDBError):
    """A setting is missing or wrong; the message names its environment variable."""


class InvalidArgument(ReanaDBError, ValueError):
    """An argument breaks a rule; the message names the argument, the value and the rule."""


class NotFound(ReanaDBError, LookupError):
    """The row that a function must return does not exist."""


class UnreadableSecret(ReanaDBError):
    """A stored token or secret does not open with the keys of this process."""


class TamperedSecret(UnreadableSecret):
    """A sealed value was changed, or moved to another row, after it was written."""


class AmbiguousWorkflow(ReanaDBError, LookupError):
    """Several runs fit a name; the message lists them."""


class RegistryError(ReanaDBError):
    """A statement and its signature do not fit; the message names file and line."""


class ServerError(ReanaDBError):
    """A PostgreSQL server cannot be found, started or reached."""


class NoConnection(ServerError, psycopg.OperationalError):
    """No connection could be made, or none of the pool became free in time.

    Not ``retryable`` where waiting does not help: a wrong password, a missing database.
    """

    retryable = True


class ConnectionLost(ServerError, psycopg.OperationalError):
    """A connection broke during a call; ``in_doubt`` if that call was to commit."""

    retryable = True


class DeadlineExceeded(ConnectionLost):
    """The server did not answer before the deadline of the client, who cut the connection."""


class TransactionAborted(ReanaDBError, psycopg.errors.InFailedSqlTransaction):
    """A transaction came to its end after a statement in it had failed: it was rolled back.

    Somebody caught the error of that statement.  Do so around a block ``with conn.transaction():``,
    which is rolled back alone.
    """


class WriteRefused(ReanaDBError, psycopg.errors.ReadOnlySqlTransaction):
    """A write was refused, on a standby or in a transaction that was begun to read only.

    ``retryable`` unless it was begun so: the server may be a former primary that failed over.
    """


class StandbyBehind(ReanaDBError):
    """A server did not have, within the time limit, what was written before; others may have."""

    retryable = True


class DatabaseFailure(ReanaDBError, psycopg.Error):
    """An error of the server that has no class of its own here.

    It is also of psycopg's class for its SQLSTATE, whose name it has.
    """


class MigrationError(ReanaDBError):
    """A migration, an adoption or a rollback was refused; the database is as it was."""


class RefreshRunning(ReanaDBError):
    """Another refresh of quota runs in this database; the message says since when and where."""


class RefreshRefused(ReanaDBError):
    """A refresh of quota would set to zero what is recorded; nothing was written."""


class InvalidTransition(ReanaDBError, psycopg.IntegrityError, code="23R01"):
    """A status change against the rules of ``__reana.status_transition``; nothing was changed.

    The attributes are the same whether the database refused a statement or a function of
    :mod:`reana_db.transitions` found out before.
    """

    detail: str | None = None
    """``entity=… id=… from=… to=…``, if a function found out; else the database says it."""

    @classmethod
    def of(
        cls, entity: str, entity_id: UUID | str, from_status: str | None, to_status: str
    ) -> InvalidTransition:
        """Return the error for a change that was found to be refused before it was tried."""
        error = cls(f"{entity} {entity_id} cannot go from {from_status or 'NULL'} to {to_status}.")
        before = from_status or "NULL"
        error.detail = f"entity={entity} id={entity_id} from={before} to={to_status}"
        return error

    @property
    def entity(self) -> str | None:
        """The table whose row has the status, for example ``workflow``."""
        return self._part("entity")

    @property
    def entity_id(self) -> UUID | None:
        """The row whose status was to change."""
        text = self._part("id")
        return UUID(text) if text else None

    @property
    def from_status(self) -> str | None:
        """The status that the row has, or None."""
        return self._part("from")

    @property
    def to_status(self) -> str | None:
        """The status that was refused, or None."""
        return self._part("to")

    def _part(self, name: str) -> str | None:
        parts = (self.detail or self.diag.message_detail or "").split()
        values = dict(part.split("=", 1) for part in parts if "=" in part)
        return None if values.get(name) == "NULL" else values.get(name)


class RestartRefused(ReanaDBError, psycopg.IntegrityError, code="23R02"):
    """A run cannot be restarted: it still runs, is deleted, or files of it are being removed."""


class WorkflowDeleted(ReanaDBError):
    """A run is deleted, so that nothing can be opened on it or added to it."""


class AlreadyExists(ReanaDBError, psycopg.errors.UniqueViolation):
    """A value that must be unique is taken."""


class SessionAlreadyOpen(AlreadyExists):
    """The run has an interactive session; close it first."""


class TokenAlreadyActive(AlreadyExists):
    """The user has an active token; revoke it first."""


class TokenAlreadyRequested(AlreadyExists):
    """The user has a requested token; grant it instead."""


class NoActiveToken(NotFound):
    """The user has no active token."""


class MissingReference(psycopg.errors.ForeignKeyViolation, NotFound):
    """A row that another one refers to does not exist (SQLSTATE 23503)."""


class InvalidValue(psycopg.DataError, InvalidArgument):
    """A value that the database refuses: too long, out of range, against a CHECK."""


_TRANSLATIONS: dict[type[psycopg.Error], type[Any]] = {
    psycopg.errors.UniqueViolation: AlreadyExists,
    psycopg.errors.ForeignKeyViolation: MissingReference,
    psycopg.errors.CheckViolation: InvalidValue,
    psycopg.errors.NotNullViolation: InvalidValue,
    psycopg.DataError: InvalidValue,
    psycopg.errors.ProgramLimitExceeded: InvalidValue,
    psycopg.errors.StatementTooComplex: InvalidValue,
    psycopg.errors.ReadOnlySqlTransaction: WriteRefused,
}

_READ_ONLY = "25006"
_RETRYABLE = frozenset(
    {
        _READ_ONLY,  # a primary that became a standby
        "40001",  # serialization failure
        "40P01",  # deadlock
        "55P03",  # lock timeout
        "57014",  # statement timeout, or cancelled by an administrator
        "57P01",  # the server is shut down
        "57P02",  # it crashed
        "57P03",  # it is starting
    }
)
_LONGEST_DETAIL = 200
_classes: dict[tuple[type[Any], type[psycopg.Error]], type[Any]] = {}
_KEY = re.compile(r"\((?P<columns>[^)]*)\)=\(")


def reraise(error: psycopg.Error, conn: psycopg.Connection[Any]) -> NoReturn:
    """Raise the error of this package for one of the database."""
    ours = lost(error, in_doubt=conn.autocommit) if conn.closed else translated(error)
    if ours is error:
        raise ours
    raise ours from error


def translated(
    error: psycopg.Error, *, standby: bool | None = None, read_only: bool = False
) -> psycopg.Error:
    """Return the error of this package that stands for one of the database.

    ``standby``: whether the server is one, if it said so: that may be old behind a pooler, or too
    new while it is promoted.  ``read_only``: whether the client itself chose not to write.
    """
    if isinstance(error, ReanaDBError):
        return error
    kinds = (ours for theirs, ours in _TRANSLATIONS.items() if isinstance(error, theirs))
    reason = error.diag.message_primary or str(error) or type(error).__name__
    refused = error.sqlstate == _READ_ONLY
    why = ": this server is a standby" if refused and standby and not read_only else _detail(error)
    ours = _made(next(kinds, DatabaseFailure), error, reason + why)
    ours.retryable = error.sqlstate in _RETRYABLE and not (refused and read_only)
    return cast(psycopg.Error, ours)


def lost(error: psycopg.Error, *, in_doubt: bool, silent: bool = False) -> psycopg.Error:
    """Return the error for one after which the connection is closed."""
    if isinstance(error, ServerError):
        return error
    if silent:
        ours = _made(DeadlineExceeded, error, "the server did not answer before the deadline")
    else:
        reason = str(error).partition("\n")[0] or type(error).__name__
        ours = _made(ConnectionLost, error, f"the connection was lost: {reason}")
    ours.in_doubt = in_doubt
    return cast(psycopg.Error, ours)


def _made(kind: type[Any], error: psycopg.Error, message: str) -> Any:
    ours = _class(kind, type(error))(message, info=error.pgresult)
    ours.sqlstate = error.sqlstate
    return ours


def _class(ours: type[Any], theirs: type[psycopg.Error]) -> type[Any]:
    """Return the class of the errors that are of both classes, always the same one."""
    if issubclass(ours, theirs):
        return ours
    if (ours, theirs) not in _classes:
        _classes[ours, theirs] = _combined(ours, theirs)
    return _classes[ours, theirs]


def _combined(ours: type[Any], theirs: type[psycopg.Error]) -> type[Any]:
    name = theirs.__name__ if ours is DatabaseFailure else ours.__name__

    def reduced(self: psycopg.Error) -> tuple[Any, ...]:
        _, arguments, state = cast(tuple[Any, ...], psycopg.Error.__reduce__(self))
        return _unpickled, (ours, theirs, arguments), state

    return type(name, (ours, theirs), {"__module__": __name__, "__reduce__": reduced})


def _unpickled(ours: type[Any], theirs: type[psycopg.Error], arguments: tuple[Any, ...]) -> Any:
    return _class(ours, theirs)(*arguments)


def _detail(error: psycopg.Error) -> str:
    """Return which value is taken or missing, unless it is a secret."""
    if not isinstance(error, psycopg.errors.UniqueViolation | psycopg.errors.ForeignKeyViolation):
        return ""
    detail = error.diag.message_detail or ""
    key = _KEY.search(detail)
    if key is None or re.search("token|secret", key["columns"]):
        return ""
    return f": {detail[:_LONGEST_DETAIL]}"
