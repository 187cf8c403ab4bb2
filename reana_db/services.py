"""Services that run beside a workflow, such as a Dask cluster, and their logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from reana_db import errors, transitions
from reana_db.queries import Conn, RowCount, query
from reana_db.records import JSON, ServiceStatus, ServiceType
from reana_db.registry.arguments import Id, checked
from reana_db.values import Line, Name


@dataclass(frozen=True, slots=True)
class Service:
    """A service of a run."""

    id_: UUID
    workflow_id: UUID | None
    """None for a service that lost its run."""
    name: str | None
    """Made of a part of the run's id, so it may not be unique."""
    uri: str | None
    """The address of its dashboard."""
    type_: ServiceType
    status: ServiceStatus


@dataclass(frozen=True, slots=True)
class ServiceLog:
    """What one pod of a service left behind."""

    id_: UUID
    service_id: UUID
    service_name: str | None
    event_time: datetime
    log: JSON
    """Object: ``component`` ("scheduler", "worker-…" or None), ``pod``, ``pod_uid``, ``content``
    (text).  Old entries may lack ``pod_uid``."""


@checked
def create(
    conn: Conn, workflow_id: Id, *, name: Name, uri: Line, type_: ServiceType = ServiceType.dask
) -> UUID:
    """Create a service of a run, in the status created, and return its id.

    Raises MissingReference for an unknown run, AlreadyExists for a name and address in use.
    """
    return _created(conn, workflow_id, name, uri, type_, once=False)[0]


@checked
def ensure(
    conn: Conn, workflow_id: Id, *, name: Name, uri: Line, type_: ServiceType = ServiceType.dask
) -> bool:
    """Create a service unless the run has one of this name; tell whether it was created.

    Raises MissingReference for an unknown run, AlreadyExists when another run has a service of this
    name and address.
    """
    return _created(conn, workflow_id, name, uri, type_, once=True)[1]


def _created(
    conn: Conn, workflow_id: Id, name: str, uri: str, type_: ServiceType, *, once: bool
) -> tuple[UUID, bool]:
    """Return the id of a service, and whether it is new."""
    service_id = uuid4()
    done = _create(
        conn,
        service_id=service_id,
        workflow_id=workflow_id,
        name=name,
        uri=uri,
        type_=type_,
        once=once,
    )
    if not done.run_found:
        raise errors.MissingReference(f"no workflow {workflow_id}")
    if not done.created and done.there is None:
        raise errors.AlreadyExists(f"there is a service {name} at {uri}")
    return done.there or service_id, done.created


@dataclass(frozen=True, slots=True)
class _Creation:
    run_found: bool
    there: UUID | None
    created: bool


@query
def _create(
    conn: Conn,
    *,
    service_id: Id,
    workflow_id: Id,
    name: str,
    uri: str,
    type_: ServiceType,
    once: bool,
) -> _Creation:
    """Insert a service; with ``once``, unless the run has one of this name."""


@query
def get(conn: Conn, service_id: Id) -> Service:
    """Return a service; raises NotFound."""


@query
def of_workflow(conn: Conn, workflow_id: Id) -> list[Service]:
    """Return the services of a run, ordered by name."""


@query
def named(conn: Conn, name: str) -> list[Service]:
    """Return the services of this name; several when the runs' ids begin alike."""


@checked
def mark_running(conn: Conn, service_id: Id) -> bool:
    """Change a created service to running; tell whether it was changed.

    False when it runs already, is over or does not exist: none of that is an error for somebody
    who saw its pod ready.
    """
    change = transitions.try_set_service_status(
        conn, service_id, ServiceStatus.running, expected=[ServiceStatus.created]
    )
    return change is not None and change.changed


@checked
def mark_deleted(conn: Conn, workflow_id: Id, *, name: str) -> bool:
    """Change the service of this name of a run to deleted; tell whether it was changed.

    False when there is none or it is deleted already.  At most two statements.
    """
    changes = [
        transitions.set_service_status(conn, service.id_, ServiceStatus.deleted)
        for service in of_workflow(conn, workflow_id)
        if service.name == name
    ]
    return any(change.changed for change in changes)


@query
def logs(conn: Conn, service_ids: Sequence[Id]) -> list[ServiceLog]:
    """Return the logs of these services by name of the service.

    Those of the scheduler come first, then those of the other components, oldest first.
    """


@query
def logs_of_workflow(conn: Conn, workflow_id: Id) -> list[ServiceLog]:
    """Return the logs of the services of a run, in the order of :func:`logs`."""


@checked
def store_log(conn: Conn, service_id: Id, log: JSON) -> UUID:
    """Store the log document of a pod, see :class:`ServiceLog`, and return its id.

    Raises MissingReference for an unknown service.
    """
    log_id = uuid4()
    if _store_log(conn, log_id=log_id, service_id=service_id, log=log) == 0:
        raise errors.MissingReference(f"no service {service_id}")
    return log_id


@query
def _store_log(conn: Conn, *, log_id: Id, service_id: Id, log: JSON) -> RowCount:
    """Insert a log document of a service."""


@query
def log_exists(conn: Conn, service_id: Id, *, pod_uid: str) -> bool:
    """Tell whether a service has a log document of this pod."""
