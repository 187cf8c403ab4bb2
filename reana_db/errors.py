"""Every exception that this package raises on purpose.

::

    ReanaDBError
    ├── ConfigurationError      a setting is missing or wrong; names its environment variable
    ├── InvalidArgument         an argument breaks a rule; names the argument and the rule
    │   └── InvalidValue        the database refused a value (SQLSTATE class 22, 23502, 23514)
    ├── NotFound                the row that a function must return does not exist
    │   ├── MissingReference    the row that another one refers to does not exist (23503)
    │   └── NoActiveToken       the user has no active token
    ├── UnreadableSecret        a stored secret does not open with the keys; names its row
    │   └── TamperedSecret      it was changed, or moved to another row, after it was sealed
    ├── AmbiguousWorkflow       several runs fit a name; the message lists them
    ├── RegistryError           a statement and its signature do not fit; names file and line
    ├── ServerError             a PostgreSQL server cannot be found, started or reached
    │   └── NoConnection        no connection could be made, or none became free in time
    ├── MigrationError          a migration, adoption or rollback was refused; nothing was changed
    ├── RefreshRunning          another refresh of quota runs in this database; says which
    ├── InvalidTransition       a status change against the rules (SQLSTATE 23R01)
    ├── WorkflowDeleted         a run is deleted; nothing can be opened or added
    ├── RestartRefused          a run cannot be restarted now (SQLSTATE 23R02)
    └── AlreadyExists           a unique value is taken (SQLSTATE 23505)
        ├── SessionAlreadyOpen      the run has an interactive session
        ├── TokenAlreadyActive      the user has an active token
        └── TokenAlreadyRequested   the user has a requested token

Errors that the database raises are also psycopg errors, so ``except psycopg.IntegrityError``
keeps working.  No message holds a token or a secret.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import psycopg


class ReanaDBError(Exception):
    """The base of every error of this package."""

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
    """No connection could be made, or none of the pool became free in time."""


class MigrationError(ReanaDBError):
    """A migration, an adoption or a rollback was refused; the database is as it was."""


class RefreshRunning(ReanaDBError):
    """Another refresh of quota runs in this database; the message says since when and where."""


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


class AlreadyExists(ReanaDBError, psycopg.IntegrityError):
    """A value that must be unique is taken."""


class SessionAlreadyOpen(AlreadyExists):
    """The run has an interactive session; close it first."""


class TokenAlreadyActive(AlreadyExists):
    """The user has an active token; revoke it first."""


class TokenAlreadyRequested(AlreadyExists):
    """The user has a requested token; grant it instead."""


class NoActiveToken(NotFound):
    """The user has no active token."""


class MissingReference(psycopg.IntegrityError, NotFound):
    """A row that another one refers to does not exist (SQLSTATE 23503)."""


class InvalidValue(psycopg.DataError, InvalidArgument):
    """A value that the database refuses: too long, out of range, against a CHECK."""


_TRANSLATIONS: dict[type[psycopg.Error], Callable[..., psycopg.Error]] = {
    psycopg.errors.UniqueViolation: AlreadyExists,
    psycopg.errors.ForeignKeyViolation: MissingReference,
    psycopg.errors.CheckViolation: InvalidValue,
    psycopg.errors.NotNullViolation: InvalidValue,
    psycopg.DataError: InvalidValue,
}


def translated(error: psycopg.Error) -> psycopg.Error:
    """Return the error of this package that stands for a database error, else the error itself."""
    if isinstance(error, ReanaDBError):
        return error
    for kind, ours in _TRANSLATIONS.items():
        if isinstance(error, kind):
            reason = error.diag.message_primary or type(error).__name__
            translation = ours(reason, info=error.pgresult)
            translation.sqlstate = error.sqlstate
            return translation
    return error
