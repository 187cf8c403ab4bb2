"""Workflows: finding runs and reading what they hold.

A run belongs to its owner.  *Owner scope* is what one owns; *shared scope* adds what others share
with one, as long as the share is valid.  The big columns (logs, specification, parameters) are read
only by the functions named after them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from reana_db import errors
from reana_db.queries import Conn, query
from reana_db.records import JSON, Workflow, WorkflowSpecification, WorkspaceLocation
from reana_db.registry.arguments import Id, checked
from reana_db.registry.scalars import uuid_of
from reana_db.values import Amount, Object

_RUN = re.compile(r"(?P<name>[^.]+)\.(?P<major>[0-9]{1,9})(?:\.(?P<minor>[0-9]{1,9}))?")


@query
def get(conn: Conn, workflow_id: Id) -> Workflow:
    """Return the run with this id, whoever owns it; raises NotFound."""


@query
def find_by_id(conn: Conn, workflow_id: Id) -> Workflow | None:
    """Return the run with this id, whoever owns it, or None."""


@query
def logs(conn: Conn, workflow_id: Id) -> str:
    """Return the logs of a run, an empty text if it has none; raises NotFound."""


@query
def specification(conn: Conn, workflow_id: Id) -> WorkflowSpecification:
    """Return the specification and parameters of a run; raises NotFound."""


@query
def specification_parameters(conn: Conn, workflow_id: Id) -> JSON:
    """Return ``inputs.parameters`` of the specification of a run, or None; raises NotFound."""


@query
def operational_options(conn: Conn, workflow_id: Id) -> JSON:
    """Return the operational options of a run, an object or None; raises NotFound."""


@query
def job_progress(conn: Conn, workflow_id: Id) -> JSON:
    """Return the progress of the jobs of a run; raises NotFound.

    An object with the keys ``total``, ``running``, ``finished`` and ``failed``, each
    ``{"total": int, "job_ids": [text, …]}``; keys can be missing.
    """


@query
def workspace_location(conn: Conn, workflow_id: Id) -> WorkspaceLocation:
    """Return where the files of a run are; raises NotFound."""


@query
def restarts(conn: Conn, workflow_id: Id) -> list[Workflow]:
    """Return all runs with the owner, name and major number of a run, oldest number first."""


@query
def many(conn: Conn, workflow_ids: Sequence[Id]) -> list[Workflow]:
    """Return those of these runs that exist, oldest first."""


@query
def replace_specification(conn: Conn, workflow_id: Id, reana_specification: Object) -> UUID:
    """Replace the specification of a run, and return its id; raises NotFound.

    For engines whose specification is expanded, or loaded, after the run was created.
    """


@checked
def set_complexity(
    conn: Conn, workflow_id: Id, complexity: Sequence[tuple[Amount, Amount]]
) -> UUID:
    """Store how many first jobs of which size a run has, and return its id.

    Pairs of a number of jobs and the bytes that each of them needs; none when it cannot be
    estimated.  Raises NotFound and InvalidArgument.
    """
    return _set_complexity(
        conn,
        workflow_id,
        jobs=[jobs for jobs, _ in complexity],
        sizes=[size for _, size in complexity],
    )


@query
def _set_complexity(conn: Conn, workflow_id: Id, *, jobs: list[int], sizes: list[int]) -> UUID:
    """Store two columns as an array of pairs."""


@checked
def resolve(conn: Conn, text: str, *, user_id: Id, include_shared: bool = False) -> Workflow:
    """Return the run that a user means by a uuid, ``name``, ``name.M`` or ``name.M.m``.

    A bare name means its newest run, deleted ones included; ``name.M`` means ``name.M.0``.  Runs of
    the user come before runs shared with the user.  One statement.  Raises InvalidArgument for an
    empty or a non-ASCII text, NotFound, and AmbiguousWorkflow when several people share a run that
    fits.  (The rule is REANA's; shares past their ``valid_until`` do not count.)

    Runs on a standby.
    """
    reference = parse_reference(text)
    if not include_shared:
        found = _resolved_own(conn, reference, user_id)
        candidates = [found] if found else []
    else:
        candidates = _resolved_shared(conn, reference, user_id)
    if not candidates:
        raise errors.NotFound(f"no workflow {text!r} of this user")
    if len(candidates) > 1:
        shown = ", ".join(f"{run.full_name} ({run.id_})" for run in candidates)
        raise errors.AmbiguousWorkflow(f"{text!r} is shared by several owners: {shown}")
    return candidates[0]


@dataclass(frozen=True, slots=True)
class Reference:
    """What a user wrote to name a run."""

    workflow_id: UUID | None = None
    name: str = ""
    run: tuple[int, int] | None = None
    """Major and minor number; None stands for the newest run."""


def parse_reference(text: str) -> Reference:
    """Read a uuid, ``name``, ``name.M`` or ``name.M.m``.

    Raises InvalidArgument for an empty or a non-ASCII text.
    """
    if not isinstance(text, str) or not text:
        raise errors.InvalidArgument("a workflow id or name must be a text that is not empty")
    if not text.isascii():
        raise errors.InvalidArgument(f"a workflow id or name must be ASCII, not {text!r}")
    if workflow_id := uuid_of(text):
        return Reference(workflow_id=workflow_id)
    if match := _RUN.fullmatch(text):
        return Reference(name=match["name"], run=(int(match["major"]), int(match["minor"] or 0)))
    name, _, rest = text.partition(".")
    return Reference(name=text if rest or not name else name)


def _resolved_own(conn: Conn, reference: Reference, user_id: Id) -> Workflow | None:
    if reference.workflow_id:
        return _own_by_id(conn, workflow_id=reference.workflow_id, user_id=user_id)
    if reference.run is None:
        return _own_newest(conn, name=reference.name, user_id=user_id)
    major, minor = reference.run
    return _own_by_run(conn, name=reference.name, major=major, minor=minor, user_id=user_id)


def _resolved_shared(conn: Conn, reference: Reference, user_id: Id) -> list[Workflow]:
    if reference.workflow_id:
        found = _visible_by_id(conn, workflow_id=reference.workflow_id, user_id=user_id)
        return [found] if found else []
    if reference.run is None:
        return _visible_newest(conn, name=reference.name, user_id=user_id)
    major, minor = reference.run
    return _visible_by_run(conn, name=reference.name, major=major, minor=minor, user_id=user_id)


@query
def _own_by_id(conn: Conn, *, workflow_id: Id, user_id: Id) -> Workflow | None:
    """Return a run if the user owns it."""


@query
def _own_newest(conn: Conn, *, name: str, user_id: Id) -> Workflow | None:
    """Return the newest run of a name that the user owns."""


@query
def _own_by_run(conn: Conn, *, name: str, major: int, minor: int, user_id: Id) -> Workflow | None:
    """Return one run of a name that the user owns."""


@query
def _visible_by_id(conn: Conn, *, workflow_id: Id, user_id: Id) -> Workflow | None:
    """Return a run if the user owns it or it is shared with the user."""


@query
def _visible_newest(conn: Conn, *, name: str, user_id: Id) -> list[Workflow]:
    """Return the user's newest run of a name, else the newest of each owner who shares one."""


@query
def _visible_by_run(
    conn: Conn, *, name: str, major: int, minor: int, user_id: Id
) -> list[Workflow]:
    """Return the user's run, else those with its number that others share."""
