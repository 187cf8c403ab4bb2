"""A service of a released version of reana-db, told what to do by lines of JSON.

Runs in the virtual environment of the release, where ``reana_db`` is SQLAlchemy models: it shares
no code with ours.  Each request names a function of this file and its arguments; each answer holds
its result, or the error with its SQLSTATE.  As in a real service, the session lives on.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import uuid4

models: Any = importlib.import_module("reana_db.models")
utils: Any = importlib.import_module("reana_db.utils")
config: Any = importlib.import_module("reana_db.config")
database: Any = importlib.import_module("reana_db.database")
Session: Any = database.Session


def _run(workflow_id: str) -> Any:
    return Session.query(models.Workflow).filter_by(id_=workflow_id).one()


def _user(user_id: str) -> Any:
    return Session.query(models.User).filter_by(id_=user_id).one()


def _used(user_id: str, resource: str) -> int:
    usage = _user(user_id).get_quota_usage()
    return int(usage[resource]["usage"]["raw"])


def init() -> None:
    """Call the release's own init_db, which creates what is missing."""
    database.init_db()


def create_resources() -> list[str]:
    return [item.name for item in models.Resource.initialise_default_resources()]


def create_user(email: str, token: str | None = None) -> str:
    user = models.User(email=email, **({"access_token": token} if token else {}))
    Session.add(user)
    Session.commit()
    return str(user.id_)


def request_token(user_id: str) -> None:
    _user(user_id).request_access_token()


def grant_token(user_id: str, token: str) -> None:
    user = _user(user_id)
    user.access_token = token
    Session.commit()


def grant_token_unchecked(user_id: str, token: str) -> None:
    """Insert an active token, as the second of two grants at the same moment does."""
    Session.add(
        models.UserToken(
            user_id=user_id,
            token=token,
            status=models.UserTokenStatus.active,
            type_=models.UserTokenType.reana,
        )
    )
    Session.commit()


def request_token_unchecked(user_id: str) -> None:
    """Insert a requested token, as the second of two requests at the same moment does."""
    Session.add(
        models.UserToken(
            user_id=user_id,
            status=models.UserTokenStatus.requested,
            type_=models.UserTokenType.reana,
        )
    )
    Session.commit()


def revoke_token(user_id: str) -> None:
    _user(user_id).active_token.status = models.UserTokenStatus.revoked
    Session.commit()


def active_token(user_id: str) -> str | None:
    token: str | None = _user(user_id).access_token
    return token


def find_user_by_token(token: str) -> str | None:
    found = (
        Session.query(models.UserToken)
        .filter_by(token=token, type_=models.UserTokenType.reana)
        .one_or_none()
    )
    return str(found.user_id) if found else None


def log_action(user_id: str, action: str) -> None:
    _user(user_id).log_action(action, {"source": "test"})


def _new_run(user_id: str, name: str, status: str = "created", **arguments: Any) -> Any:
    """Construct a run, which reads the highest number."""
    return models.Workflow(
        id_=str(uuid4()),
        name=name,
        owner_id=user_id,
        reana_specification={"workflow": {"type": "serial"}, "title": "é"},
        input_parameters={"n": 1},
        type_="serial",
        status=models.RunStatus[status],
        **arguments,
    )


def create_run(user_id: str, name: str, **arguments: Any) -> dict[str, Any]:
    run = _new_run(user_id, name, **arguments)
    Session.add(run)
    Session.commit()
    return describe_run(run.id_)


_prepared: list[Any] = []


def prepare_run(user_id: str, name: str) -> None:
    """Construct a run and insert it later: what happens in between, they do not see."""
    _prepared.append(_new_run(user_id, name))


def insert_prepared_run() -> None:
    Session.add(_prepared.pop())
    Session.commit()


def describe_run(workflow_id: str) -> dict[str, Any]:
    run = _run(workflow_id)
    return {
        "id": str(run.id_),
        "run_number": str(run.run_number),
        "full_name": run.get_full_workflow_name(),
        "status": run.status.name,
        "logs": run.logs,
        "specification": run.reana_specification,
        "parameters": run.input_parameters,
        "job_progress": run.job_progress,
        "workspace_path": run.workspace_path,
        "started": run.run_started_at,
        "finished": run.run_finished_at,
        "stopped": run.run_stopped_at,
    }


def find_run(user_id: str, name: str, *, shared: bool = False) -> str:
    options = {"include_shared_workflows": True} if shared else {}
    return str(utils._get_workflow_with_uuid_or_name(name, user_id, **options).id_)


def set_run_status(workflow_id: str, status: str, logs: str = "") -> None:
    """Write a status without looking, as the services do."""
    models.Workflow.update_workflow_status(
        Session, workflow_id, models.RunStatus[status], logs, None
    )


def restamp_end(workflow_id: str) -> None:
    """Write the end again on a final row, as the consumer of messages does."""
    _run(workflow_id).run_finished_at = datetime.now()  # noqa: DTZ005 - local, as the services
    Session.commit()


def create_job(workflow_id: str) -> str:
    job = models.Job(workflow_uuid=workflow_id, job_name="step", compute_backend="Kubernetes")
    Session.add(job)
    Session.commit()
    return str(job.id_)


def set_job_status(job_id: str, status: str) -> None:
    job = Session.query(models.Job).filter_by(id_=job_id).one()
    job.status = models.JobStatus[status]
    Session.commit()


def describe_job(job_id: str) -> dict[str, Any]:
    job = Session.query(models.Job).filter_by(id_=job_id).one()
    return {"status": job.status.name, "started": job.started_at, "finished": job.finished_at}


def add_rules(workflow_id: str, days: dict[str, int]) -> None:
    rules = [{"workspace_files": files, "retention_days": number} for files, number in days.items()]
    _run(workflow_id).set_workspace_retention_rules(rules)


def set_rules_status(workflow_id: str, status: str) -> None:
    rules = Session.query(models.WorkspaceRetentionRule).filter_by(workflow_id=workflow_id).all()
    utils.update_workspace_retention_rules(rules, models.WorkspaceRetentionRuleStatus[status])


def inactivate_rules(workflow_id: str) -> None:
    _run(workflow_id).inactivate_workspace_retention_rules()


def has_pending_rules(workflow_id: str) -> bool:
    return bool(_run(workflow_id).workspace_has_pending_retention_rules())


def rules(workflow_id: str) -> list[dict[str, Any]]:
    found = Session.query(models.WorkspaceRetentionRule).filter_by(workflow_id=workflow_id).all()
    return [{**rule.serialize(), "audit": len(list(rule.audit_logs))} for rule in found]


def share(workflow_id: str, user_id: str) -> None:
    Session.add(models.UserWorkflow(workflow_id=workflow_id, user_id=user_id))
    Session.commit()


def shared_with_me(user_id: str) -> list[str]:
    return [str(run.id_) for run in _user(user_id).workflows_shared_with_me]


def unshare(workflow_id: str, user_id: str) -> int:
    shares = Session.query(models.UserWorkflow)
    count = shares.filter_by(workflow_id=workflow_id, user_id=user_id).delete()
    Session.commit()
    return int(count)


def create_service(workflow_id: str, name: str) -> str:
    service = models.Service(name=name, uri=f"/{name}", type_=models.ServiceType.dask)
    run = _run(workflow_id)
    run.services.append(service)
    Session.commit()
    return str(service.id_)


def set_service_status(service_id: str, status: str) -> None:
    service = Session.query(models.Service).filter_by(id_=service_id).one()
    service.status = models.ServiceStatus[status]
    Session.commit()


def add_service_log(service_id: str, log: dict[str, Any]) -> None:
    Session.add(models.ServiceLog(service_id=service_id, log=log))
    Session.commit()


def service_logs(service_id: str) -> list[dict[str, Any]]:
    found = Session.query(models.ServiceLog).filter_by(service_id=service_id).all()
    return [item.log for item in found]


def open_session(workflow_id: str, name: str, secret: str | None = None) -> str:
    run = _run(workflow_id)
    session = models.InteractiveSession(
        name=name,
        path=f"/{name}",
        owner_id=run.owner_id,
        **({"session_secret": secret} if secret else {}),
    )
    run.sessions.append(session)
    Session.commit()
    return str(session.id_)


def close_session(session_id: str) -> None:
    session = Session.query(models.InteractiveSession).filter_by(id_=session_id).one()
    Session.delete(session)
    Session.commit()


def session_secret(session_id: str) -> str | None:
    session = Session.query(models.InteractiveSession).filter_by(id_=session_id).one()
    secret: str | None = session.session_secret
    return secret


def set_webhook_secret(user_id: str, secret: str) -> None:
    _user(user_id).gitlab_webhook_secret = secret
    Session.commit()


def webhook_secret(user_id: str) -> str | None:
    secret: str | None = _user(user_id).gitlab_webhook_secret
    return secret


def find_user_by_webhook_secret(secret: str) -> str | None:
    """Look a secret up by its digest, as the authentication of webhooks does."""
    secrets: Any = importlib.import_module("reana_db.secrets")
    digest = secrets.compute_lookup_digest(secret)
    found = Session.query(models.User).filter_by(gitlab_webhook_secret_digest=digest).one_or_none()
    return str(found.id_) if found else None


def add_disk_usage(workflow_id: str, number: int) -> None:
    """Account files that were uploaded or removed: of the run, then of its owner."""
    run = _run(workflow_id)
    utils.store_workflow_disk_quota(run, bytes_to_sum=number)
    utils.update_users_disk_quota(_user(str(run.owner_id)), bytes_to_sum=number)


def add_to_total(user_id: str, number: int) -> None:
    utils.update_users_disk_quota(_user(user_id), bytes_to_sum=number)


def write_total(user_id: str, resource: str, number: int) -> None:
    for item in _user(user_id).resources:
        if item.resource.type_.name == resource:
            item.quota_used = number
    Session.commit()


def set_disk_usage(workflow_id: str, number: int) -> None:
    """Write the usage of a run as a measurement, and compute the total of the owner."""
    run = _run(workflow_id)
    resource = utils.get_default_quota_resource("disk")
    found = (
        Session.query(models.WorkflowResource)
        .filter_by(workflow_id=workflow_id, resource_id=resource.id_)
        .one_or_none()
    ) or models.WorkflowResource(workflow_id=workflow_id, resource_id=resource.id_)
    found.quota_used = number
    Session.add(found)
    Session.commit()
    utils.update_users_disk_quota(_user(str(run.owner_id)))


def update_quotas() -> None:
    """Do what the release's nightly job does, but for walking the workspaces."""
    utils.update_users_disk_quota()
    utils.update_workflows_cpu_quota()
    utils.update_users_cpu_quota()


def used(user_id: str) -> dict[str, int]:
    return {name: _used(user_id, name) for name in ("cpu", "disk")}


def set_limit(user_id: str, resource: str, limit: int) -> None:
    for item in _user(user_id).resources:
        if item.resource.type_.name == resource:
            item.quota_limit = limit
    Session.commit()


def has_exceeded_quota(user_id: str) -> bool:
    return bool(_user(user_id).has_exceeded_quota())


_variables: dict[str, Any] = {}


def run_code(code: str, **variables: Any) -> None:
    """Run statements as a request does; variables stay for the next ones."""
    _variables.update(variables)
    exec(code, _variables)


def change_key(old_key: str) -> None:
    """Encrypt everything anew with the key of this process."""
    utils.change_key_encrypted_columns(old_key)


def _json(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    msg = f"no JSON for {type(value)}"
    raise TypeError(msg)


def _answer(line: str) -> dict[str, Any]:
    request = json.loads(line)
    function: Callable[..., Any] = globals()[request.pop("do")]
    try:
        return {"result": function(**request)}
    except Exception as error:  # noqa: BLE001 - reported to the test
        Session.rollback()
        cause = getattr(error, "orig", None) or error
        state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
        return {"error": str(error), "type": type(error).__name__, "sqlstate": state}
    finally:
        Session.remove()


def main() -> None:
    """Answer requests until the input ends."""
    logging.disable()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(line), default=_json) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
