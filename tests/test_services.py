"""Services of runs and their logs."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from reana_db import errors, services
from reana_db.queries import Conn
from reana_db.records import ServiceStatus
from tests.support.factories import make_service, make_user, make_workflow


@pytest.fixture
def run(conn: Conn) -> UUID:
    return make_workflow(conn, make_user(conn))


def test_a_service_is_created_with_its_run(conn: Conn, run: UUID) -> None:
    service_id = services.create(conn, run, name="dask-1", uri="/dask")
    service = services.get(conn, service_id)
    assert (service.workflow_id, service.name, service.uri) == (run, "dask-1", "/dask")
    assert (service.type_, service.status) == ("dask", "created")
    assert services.of_workflow(conn, run) == [service] == services.named(conn, "dask-1")


def test_a_service_of_an_unknown_run_is_refused(conn: Conn) -> None:
    with pytest.raises(errors.MissingReference):
        services.create(conn, uuid4(), name="dask-1", uri="/dask")


def test_a_name_and_address_in_use_are_refused(conn: Conn, run: UUID) -> None:
    services.create(conn, run, name="dask-1", uri="/dask")
    with pytest.raises(errors.AlreadyExists):
        services.create(conn, run, name="dask-1", uri="/dask")


def test_a_service_is_ensured_once(conn: Conn, run: UUID) -> None:
    assert services.ensure(conn, run, name="dask-1", uri="/dask")
    assert not services.ensure(conn, run, name="dask-1", uri="/dask")
    assert not services.ensure(conn, run, name="dask-1", uri="/elsewhere")
    assert len(services.of_workflow(conn, run)) == 1


def test_services_of_one_name_are_told_apart_by_their_runs(conn: Conn, run: UUID) -> None:
    other = make_workflow(conn, make_user(conn))
    services.create(conn, run, name="dask-1", uri="/a")
    services.create(conn, other, name="dask-1", uri="/b")
    found = services.named(conn, "dask-1")
    assert {service.workflow_id for service in found} == {run, other}
    assert services.named(conn, "dask-2") == []


def test_only_a_created_service_is_marked_running(conn: Conn, run: UUID) -> None:
    created, gone = make_service(conn, run), make_service(conn, run, status="deleted")
    assert services.mark_running(conn, created)
    assert not services.mark_running(conn, created)
    assert not services.mark_running(conn, gone)
    assert not services.mark_running(conn, uuid4())
    assert services.get(conn, gone).status is ServiceStatus.deleted


def test_a_service_is_marked_deleted_by_name(conn: Conn, run: UUID) -> None:
    service_id = make_service(conn, run, name="dask-1", status="running")
    other = make_service(conn, run, name="dask-2", status="running")
    assert services.mark_deleted(conn, run, name="dask-1")
    assert not services.mark_deleted(conn, run, name="dask-1")
    assert not services.mark_deleted(conn, run, name="no such service")
    assert services.get(conn, service_id).status is ServiceStatus.deleted
    assert services.get(conn, other).status is ServiceStatus.running


def test_the_log_of_the_scheduler_comes_first(conn: Conn, run: UUID) -> None:
    service_id = make_service(conn, run, name="dask-1")
    for component in ("worker-1", None, "scheduler", "worker-2"):
        services.store_log(conn, service_id, {"component": component, "content": "é"})
    found = services.logs(conn, [service_id, uuid4()])
    assert [item.log["component"] for item in found] == ["scheduler", "worker-1", None, "worker-2"]
    assert {(item.service_id, item.service_name) for item in found} == {(service_id, "dask-1")}


def test_a_log_is_found_by_its_pod(conn: Conn, run: UUID) -> None:
    service_id = make_service(conn, run)
    services.store_log(conn, service_id, {"component": "scheduler"})
    assert not services.log_exists(conn, service_id, pod_uid="p1")
    services.store_log(conn, service_id, {"component": "worker-1", "pod_uid": "p1"})
    assert services.log_exists(conn, service_id, pod_uid="p1")
    assert not services.log_exists(conn, make_service(conn, run), pod_uid="p1")


def test_a_log_of_an_unknown_service_is_refused(conn: Conn) -> None:
    with pytest.raises(errors.MissingReference):
        services.store_log(conn, uuid4(), {})


def test_a_service_of_another_run_is_not_taken_for_ensured(conn: Conn, run: UUID) -> None:
    other = make_workflow(conn, make_user(conn))
    services.create(conn, other, name="dask", uri="https://example.org/dask")
    with pytest.raises(errors.AlreadyExists, match="there is a service dask at https"):
        services.ensure(conn, run, name="dask", uri="https://example.org/dask")


def test_an_unknown_run_has_no_service_ensured(conn: Conn) -> None:
    with pytest.raises(errors.MissingReference, match="no workflow"):
        services.ensure(conn, uuid4(), name="dask", uri="https://example.org/dask")
