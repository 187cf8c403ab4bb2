"""The HTTP side: create, start, list, show and delete runs."""

from __future__ import annotations

from contextlib import AbstractContextManager
from queue import SimpleQueue
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue

import reana_db as db

STATUS_OF = {db.errors.NotFound: 404, db.errors.InvalidTransition: 409}
STATUS_OF |= {db.errors.InvalidArgument: 400, db.errors.AmbiguousWorkflow: 409}
api = Blueprint("workflows", __name__, url_prefix="/workflows")


def create_app(pool: db.Pool, queued: SimpleQueue[UUID | None]) -> Flask:
    """Return the application; runs to be started go into ``queued``."""
    app = Flask(__name__)
    app.extensions.update(pool=pool, queued=queued)
    app.register_blueprint(api)
    return app


def connection() -> AbstractContextManager[db.Connection]:
    """Lend a connection, in a transaction."""
    pool: db.Pool = current_app.extensions["pool"]
    return pool.connection()


def user(conn: db.Connection) -> UUID:
    """Return whose token a request has."""
    owner = db.tokens.find_owner(conn, request.args.get("access_token", ""))
    if owner is None or owner.token_status is not db.TokenStatus.active:
        abort(401, "Token not valid.")
    return owner.id_


@api.errorhandler(db.errors.ReanaDBError)
def failed(error: db.errors.ReanaDBError) -> ResponseReturnValue:
    status = STATUS_OF.get(type(error), 503 if error.retryable else 500)
    return jsonify(message=str(error) if status < 500 else "Try again later."), status


@api.post("")
def create() -> ResponseReturnValue:
    body: dict[str, Any] = request.get_json()
    with connection() as conn:
        owner_id = user(conn)
        if db.quota.exceeded(conn, owner_id):
            return jsonify(message="User db.quota exceeded."), 403
        run = db.lifecycle.create(
            conn,
            owner_id=owner_id,
            name=body["name"],
            specification=body["specification"],
            type_=body["specification"]["workflow"]["type"],
        )
    return jsonify(id=str(run.id_), name=run.full_name), 201


@api.get("")
def show_all() -> ResponseReturnValue:
    with connection() as conn:
        page = db.listing.page(conn, user(conn), size=20)
    items = [{"name": run.full_name, "status": run.status} for run in page.items]
    return jsonify(total=page.total, items=items)


@api.post("/<name>/start")
def start(name: str) -> ResponseReturnValue:
    with connection() as conn:
        run = db.workflows.resolve(conn, name, user_id=user(conn))
        change = db.lifecycle.queue(conn, run.id_)
    current_app.extensions["queued"].put(run.id_)  # after the commit: now others see it queued
    return jsonify(status=change.after)


@api.get("/<name>/logs")
def logs(name: str) -> ResponseReturnValue:
    with connection() as conn:
        run = db.workflows.resolve(conn, name, user_id=user(conn), include_shared=True)
        found = {job.job_name: job.logs for job in db.jobs.with_logs(conn, run.id_).items}
        return jsonify(engine=db.workflows.logs(conn, run.id_), jobs=found)


@api.delete("/<name>")
def delete(name: str) -> ResponseReturnValue:
    with connection() as conn:
        run = db.workflows.resolve(conn, name, user_id=user(conn))
        deleted = db.deletion.delete_run(conn, run.id_)
    if deleted.outcome is db.DeletionOutcome.RUNNING:
        return jsonify(message="Stop it first."), 409
    return jsonify(deleted=name)
