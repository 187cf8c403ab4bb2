"""The consumer: starts queued runs and applies what their engines report."""

from __future__ import annotations

import logging
from functools import partial
from queue import SimpleQueue
from uuid import UUID

import reana_db as db


def consume(pool: db.Pool, queued: SimpleQueue[UUID | None]) -> None:
    """Take runs and work on them, until None comes."""
    while workflow_id := queued.get():
        try:
            pool.run(partial(db.lifecycle.start, workflow_id=workflow_id))
        except db.errors.InvalidTransition:
            continue  # another consumer has it, or its owner stopped it
        report(pool, workflow_id, db.RunStatus.running, "Started.")
        try:
            work(pool, workflow_id)
            report(pool, workflow_id, db.RunStatus.finished, "Done.")
        except Exception as error:
            logging.exception("run %s", workflow_id)
            report(pool, workflow_id, db.RunStatus.failed, f"{type(error).__name__}")


def report(pool: db.Pool, workflow_id: UUID, status: db.RunStatus, text: str) -> None:
    """Apply a status message; a late or wrong one changes nothing."""
    pool.run(
        lambda conn: db.lifecycle.apply_status_message(conn, workflow_id, status=status, logs=text)
    )


def work(pool: db.Pool, workflow_id: UUID) -> None:
    """Stand in for an engine: each step becomes a job that says what it would run."""
    with pool.connection() as conn:
        found = db.workflows.specification(conn, workflow_id).reana_specification
    for step in found["workflow"]["specification"]["steps"]:
        job = db.NewJob(
            compute_backend="Kubernetes", job_name=step["name"], docker_img=step["environment"]
        )
        commands = "".join(f"$ {command}\n" for command in step["commands"])

        def done(conn: db.Connection, job: db.NewJob = job, logs: str = commands) -> None:
            job_id = db.jobs.create(conn, workflow_id, job)
            db.transitions.set_job_status(conn, job_id, db.JobStatus.finished, replace_logs=logs)

        pool.run(done)
