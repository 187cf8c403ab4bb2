"""Sharing: letting another user read a run.

A share past its ``valid_until`` does not count, anywhere: only the owner still sees it in
:func:`of_workflow`, and sharing again replaces it.  Services of released versions store midnight of
the last day and mean the whole day, so a share that ends at midnight lasts until the end of the day
that begins then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from reana_db import errors
from reana_db.queries import Conn, query
from reana_db.records import AccessType
from reana_db.registry.arguments import Id, checked

_SOME_MIDNIGHT = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Share:
    """With whom a run is shared."""

    user_id: UUID
    email: str
    access_type: AccessType
    message: str | None
    valid_until: datetime | None
    """The end of the share (midnight: of the day that begins then); None for one without end."""
    expired: bool


@dataclass(frozen=True, slots=True)
class _Outcome:
    receiver_id: UUID | None
    owned: bool
    shared: bool


@checked
def share(
    conn: Conn,
    workflow_id: Id,
    *,
    owner_id: Id,
    email: str,
    message: str | None = None,
    valid_until: date | datetime | None = None,
) -> None:
    """Let the user with this e-mail address read a run.

    ``message`` has at most 5000 characters.  ``valid_until`` is a moment, or a day whose end in UTC
    ends the share; neither may be over.  One statement.

    Raises InvalidArgument, also for the owner's own address; NotFound for a run that ``owner_id``
    does not own or an unknown address; AlreadyExists when it is shared with that user.
    """
    outcome = _share(
        conn,
        workflow_id=workflow_id,
        owner_id=owner_id,
        email=email,
        message=message,
        valid_until=_end(valid_until),
    )
    _check(outcome, workflow_id, owner_id, email)
    if not outcome.shared:
        raise errors.AlreadyExists(f"workflow {workflow_id} is already shared with {email}")


@checked
def unshare(conn: Conn, workflow_id: Id, *, owner_id: Id, email: str) -> None:
    """End a share.

    Raises InvalidArgument for the owner's own address; NotFound for a run that ``owner_id`` does
    not own, an unknown address, or a run that is not shared with that user.  One statement.
    """
    outcome = _unshare(conn, workflow_id=workflow_id, owner_id=owner_id, email=email)
    _check(outcome, workflow_id, owner_id, email)
    if not outcome.shared:
        raise errors.NotFound(f"workflow {workflow_id} is not shared with {email}")


def _end(valid_until: date | datetime | None) -> datetime | None:
    if isinstance(valid_until, date) and not isinstance(valid_until, datetime):
        valid_until = datetime.combine(valid_until, time.max, UTC)
    if not isinstance(valid_until, datetime) or valid_until.utcoffset() is None:
        return valid_until
    if valid_until <= datetime.now(UTC):
        raise errors.InvalidArgument(f"valid_until must not be over: {valid_until.isoformat()}")
    if (valid_until - _SOME_MIDNIGHT) % _DAY == timedelta():
        return valid_until - timedelta(microseconds=1)  # midnight would be a whole day more
    return valid_until


def _check(outcome: _Outcome, workflow_id: Id, owner_id: Id, email: str) -> None:
    if outcome.receiver_id == owner_id:
        raise errors.InvalidArgument("a run cannot be shared with its owner")
    if outcome.receiver_id is None:
        raise errors.NotFound(f"no user with the e-mail address {email}")
    if not outcome.owned:
        raise errors.NotFound(f"no workflow {workflow_id} of this user")


@query
def _share(
    conn: Conn,
    *,
    workflow_id: Id,
    owner_id: Id,
    email: str,
    message: str | None,
    valid_until: datetime | None,
) -> _Outcome:
    """Insert a share, or replace one that has expired."""


@query
def _unshare(conn: Conn, *, workflow_id: Id, owner_id: Id, email: str) -> _Outcome:
    """Delete a share."""


@query
def of_workflow(conn: Conn, workflow_id: Id) -> list[Share]:
    """Return with whom a run is or was shared, by e-mail address; for its owner's eyes."""


@query
def sharing_with(conn: Conn, user_id: Id) -> list[str]:
    """Return the e-mail addresses of the users who share runs with a user, in order."""


@query
def shared_with_by(conn: Conn, user_id: Id) -> list[str]:
    """Return the e-mail addresses of the users with whom a user shares runs, in order."""
