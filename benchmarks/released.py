"""The operations through released versions of reana-db, as REANA's services do them.

Runs in the virtual environment of a release, where ``reana_db`` is SQLAlchemy models; it shares no
code with ours but ``worker.py``.  What is measured begins where a service has what earlier steps
of its request left it (the user, for example) and leaves out giving the session back: fewer
statements than the real request, never more.
"""

from __future__ import annotations

import importlib
import json
import logging
import warnings
from datetime import datetime
from typing import Any
from uuid import uuid4

warnings.simplefilter("ignore")
worker: Any = importlib.import_module("worker")
models: Any = importlib.import_module("reana_db.models")
utils: Any = importlib.import_module("reana_db.utils")
reana_database: Any = importlib.import_module("reana_db.database")
sqlalchemy: Any = importlib.import_module("sqlalchemy")
orm: Any = importlib.import_module("sqlalchemy.orm")
Session: Any = reana_database.Session

ALIVE = ("created", "running", "queued", "pending")
RULES = [{"workspace_files": "**/*", "retention_days": 30}]
Arguments = dict[str, Any]


def _user(user_id: str) -> Any:
    return Session.query(models.User).filter_by(id_=user_id).one_or_none()


def _run(workflow_id: str) -> Any:
    return Session.query(models.Workflow).filter_by(id_=workflow_id).one_or_none()


def authenticate(given: Arguments) -> object:
    token = (
        Session.query(models.UserToken)
        .filter_by(token=given["token"], type_=models.UserTokenType.reana)
        .one_or_none()
    )
    return token.user_.email, token.status


def resolve(given: Arguments) -> object:
    return utils._get_workflow_with_uuid_or_name(given["text"], given["user_id"])


def _new_run(given: Arguments, **arguments: Any) -> Any:
    run = models.Workflow(
        id_=given["workflow_id"],
        owner_id=given["user_id"],
        name=given["name"],
        reana_specification=given["specification"],
        operational_options={},
        type_="serial",
        logs="",
        workspace_path=given["workspace_path"],
        **arguments,
    )
    Session.add(run)
    Session.commit()
    return run


def create(given: Arguments) -> object:
    run = _new_run(given)
    run.set_workspace_retention_rules(RULES)
    return str(run.id_), run.get_full_workflow_name()


def restart(given: Arguments) -> object:
    original = given["original"]
    assert not original.workspace_has_pending_retention_rules()
    run = models.Workflow(
        id_=given["workflow_id"],
        owner_id=original.owner_id,
        name=original.name,
        reana_specification=original.reana_specification,
        type_=original.type_,
        logs="",
        workspace_path=original.workspace_path,
        restart=True,
        run_number=original.run_number,
    )
    Session.add(run)
    Session.commit()
    original.inactivate_workspace_retention_rules()
    run.set_workspace_retention_rules(RULES)
    return str(run.id_), run.get_full_workflow_name()


def _apply(workflow_id: str, status: str, logs: str = "", progress: Any = None) -> None:
    """Do what the consumer of status messages does."""
    alive = [models.RunStatus[name] for name in ALIVE]
    run = (
        Session.query(models.Workflow)
        .filter(models.Workflow.id_ == workflow_id, models.Workflow.status.in_(alive))
        .one_or_none()
    )
    wanted = models.RunStatus[status]
    assert run.can_transition_to(wanted)
    if run.status != wanted:
        models.Workflow.update_workflow_status(Session, workflow_id, wanted, logs, None)
        if status not in ALIVE:
            run.run_finished_at = datetime.now()  # noqa: DTZ005 - local, as the services
            run.logs = (run.logs or "") + logs + "\n"
    if progress:
        _merge_progress(workflow_id, progress)
    Session.commit()


def _merge_progress(workflow_id: str, progress: Any) -> None:
    run = _run(workflow_id)
    stored = run.job_progress
    for key in ("running", "finished", "failed"):
        if key in progress:
            before = stored.get(key, {}).get("job_ids") or []
            ids = list(set(before) | set(progress[key]["job_ids"]))
            stored[key] = {"total": len(ids), "job_ids": ids}
    if "total" in progress and not stored.get("total", {}).get("total"):
        stored["total"] = progress["total"]
    run.job_progress = stored
    orm.attributes.flag_modified(run, "job_progress")
    Session.add(run)


def message(given: Arguments) -> None:
    _apply(given["workflow_id"], "running", given["logs"], given["progress"])


def last_message(given: Arguments) -> None:
    _apply(given["workflow_id"], "finished", given["logs"], given["progress"])


def _set_job_status(job_id: str, status: str) -> None:
    job = Session.query(models.Job).filter_by(id_=job_id).one_or_none()
    job.status = models.JobStatus[status]
    Session.commit()


def job(given: Arguments) -> None:
    _set_job_status(given["job_id"], "finished")
    Session.query(models.Job).filter_by(id_=given["job_id"]).update({"logs": given["logs"]})
    Session.commit()


def life(given: Arguments) -> None:
    create(given)
    workflow_id = given["workflow_id"]
    models.Workflow.update_workflow_status(Session, workflow_id, models.RunStatus.queued)
    run = _run(workflow_id)
    run.status = models.RunStatus.pending
    run.input_parameters = {"events": 20000}
    run.operational_options = {}
    Session.add(run)
    Session.commit()
    _apply(workflow_id, "running", progress={"total": {"total": 3, "job_ids": []}})
    for step in given["steps"]:
        _step(workflow_id, step)
    _apply(workflow_id, "finished", given["logs"])


def _step(workflow_id: str, given: Arguments) -> None:
    row = models.Job(
        id_=given["job_id"],
        workflow_uuid=workflow_id,
        compute_backend="Kubernetes",
        cvmfs_mounts="",
        cmd=json.dumps("root"),
        env_vars=json.dumps({}),
        deleted=False,
        job_name="fit",
        prettified_cmd="root",
    )
    Session.add(row)
    Session.commit()
    job_id = str(row.id_)
    _set_job_status(job_id, "running")
    _apply(workflow_id, "running", progress=given["running"])
    job({"job_id": job_id, "logs": given["logs"]})
    _apply(workflow_id, "running", progress=given["finished"])


def list_runs(given: Arguments) -> object:
    """Do what the listing of the workflow controller does."""
    workflow, user_id = models.Workflow, given["user_id"]
    user = _user(user_id)
    found = Session.query(workflow).filter(workflow.owner_id == user.id_)
    any_run = Session.query(found.exists()).scalar()
    found = found.order_by(workflow.created.desc())
    total = found.count()
    page = found.limit(given["size"]).offset((given["page"] - 1) * given["size"])
    owners = {run.owner_id for run in page}
    emails = dict(
        Session.query(models.User.id_, models.User.email).filter(models.User.id_.in_(owners))
    )
    items = [_item(run, emails) for run in page]
    return items, total, any_run


def _item(run: Any, emails: Any) -> object:
    item = {
        "id": str(run.id_),
        "name": run.get_full_workflow_name(),
        "status": run.status.name,
        "created": run.created,
        "launcher_url": run.launcher_url,
        "progress": (run.run_started_at, run.run_finished_at, run.run_stopped_at),
        "owner_email": emails[run.owner_id],
    }
    if hasattr(models, "UserWorkflow"):
        item["shared_with"] = [
            email
            for (email,) in Session.query(models.User.email)
            .join(models.UserWorkflow, models.User.id_ == models.UserWorkflow.user_id)
            .filter(models.UserWorkflow.workflow_id == run.id_)
        ]
        item["services"] = [(found.name, found.type_.name) for found in run.services]
    return item


def _session(run: Any) -> Any:
    """Return the open session; releases differ in how they load it."""
    found = run.sessions
    return found.first() if hasattr(found, "first") else next(iter(found), None)


def user_quota(given: Arguments) -> object:
    return given["user"].get_quota_usage()


def has_exceeded(given: Arguments) -> object:
    return given["user"].has_exceeded_quota()


def delete(given: Arguments) -> None:
    run = given["run"]
    session = _session(run)
    if session:
        Session.query(models.InteractiveSession).filter_by(id_=session.id_).one_or_none()
        Session.delete(session)
        Session.commit()
    _free_disk(run)
    run.inactivate_workspace_retention_rules()
    run.status = models.RunStatus.deleted
    Session.add(run)
    Session.commit()
    for row in Session.query(models.Job).filter_by(workflow_uuid=run.id_).all():
        Session.query(models.JobCache).filter_by(job_id=row.id_).delete()
    Session.commit()


def _free_disk(run: Any) -> None:
    usages = [item for item in run.resources if item.resource.type_.name == "disk"]
    number = -sum(item.quota_used for item in usages)
    policy = {"bytes_to_sum": number, "override_policy_checks": True}
    utils.store_workflow_disk_quota(run, **policy)
    utils.update_users_disk_quota(_user(run.owner_id), **policy)


class Released:
    """A service of a released version."""

    def __init__(self) -> None:
        functions = (
            authenticate,
            resolve,
            create,
            restart,
            message,
            last_message,
            job,
            life,
            list_runs,
            user_quota,
            has_exceeded,
            delete,
        )
        self.operations = {function.__name__: function for function in functions}

    def connect(self, uri: str) -> int:
        """Use the pool of the release, on another address."""
        engine = sqlalchemy.create_engine(uri.replace("postgresql:", "postgresql+psycopg2:", 1))
        Session.remove()
        Session.configure(bind=engine)
        backend: int = Session.execute(sqlalchemy.text("SELECT pg_backend_pid()")).scalar()
        Session.remove()
        return backend

    def prepared(self, operation: str, arguments: Arguments) -> Arguments:
        """Load what earlier steps of the request have loaded."""
        if operation in ("user_quota", "has_exceeded"):
            arguments["user"] = _user(arguments["user_id"])
        if operation == "restart":
            arguments["original"] = _run(arguments["original_id"])
        if operation == "delete":
            arguments["run"] = _run(arguments["workflow_id"])
        arguments.setdefault("workflow_id", str(uuid4()))
        return arguments

    def settled(self) -> None:
        Session.remove()


if __name__ == "__main__":
    logging.disable()
    worker.serve(Released())
