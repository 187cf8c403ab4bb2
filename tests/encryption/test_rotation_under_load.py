"""Rotation while eight services work, killed three times on the way."""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import psycopg
import pytest

from reana_db import tokens, user_secrets
from reana_db.encryption import keyring, rotation
from reana_db.encryption.columns import counts
from reana_db.encryption.keyring import sha256_hex
from reana_db.queries import Conn
from reana_db.records import TokenStatus
from tests.support import soak
from tests.support.factories import make_user, make_workflow

pytestmark = pytest.mark.slow

NUMBER = soak.size(2_000, 100_000)
SERVICES = 8
KILL_AT = (0.15, 0.4, 0.65)

OLD = keyring.of("old key")
NEW = keyring.of("new key")
BOTH = keyring.of("new key", "old key")

logger = logging.getLogger(__name__)


@dataclass
class Values:
    """What was stored with the old key: the row to find, by value."""

    tokens: dict[str, UUID]
    webhooks: dict[str, UUID]
    sessions: dict[str, UUID]


@dataclass
class Work:
    """What the services did while the key was rotated."""

    lookups: int = 0
    grants: int = 0
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0
    """Seconds of the longest look-up."""
    owners: dict[str, tuple[UUID, TokenStatus]] = field(default_factory=dict)
    """The user and the status of each token that they made."""


def ids(number: int) -> list[UUID]:
    return [uuid4() for _ in range(number)]


def store_values(conn: Conn) -> Values:
    """Store values as services of earlier releases do: four tokens for each two secrets."""
    users = ids(NUMBER * 8 // 10)
    webhook_users, session_ids = ids(NUMBER // 10), ids(NUMBER // 10)
    owner_id = make_user(conn)
    workflow_id = make_workflow(conn, owner_id)
    values = Values(
        {f"token-{user}": user for user in users},
        {f"webhook-{user}": user for user in webhook_users},
        {f"session-{session}": session for session in session_ids},
    )
    key = OLD.current
    with conn.cursor() as cursor:
        with cursor.copy(
            "COPY __reana.user_ (created, updated, id_, email,"
            " gitlab_webhook_secret, gitlab_webhook_secret_digest) FROM STDIN"
        ) as copy:
            for user in users:
                copy.write_row(("2026-01-01", "2026-01-01", user, f"{user}@x.org", None, None))
            for value, user in values.webhooks.items():
                secret = (key.encrypt_gcm(value), sha256_hex(value))
                copy.write_row(("2026-01-01", "2026-01-01", user, f"{user}@x.org", *secret))
        with cursor.copy(
            "COPY __reana.user_token (created, updated, id_, user_id, type_, status, token)"
            " FROM STDIN"
        ) as copy:
            for value, user in values.tokens.items():
                token = (uuid4(), user, "reana", "active", key.encrypt_cbc(value))
                copy.write_row(("2026-01-01", "2026-01-01", *token))
        with cursor.copy(
            "COPY __reana.interactive_session (created, updated, id_, name, path, owner_id,"
            " status, type_, session_secret) FROM STDIN"
        ) as copy:
            for value, session in values.sessions.items():
                columns = (session, str(session), f"/{session}", owner_id, "running", "jupyter")
                copy.write_row(("2026-01-01", "2026-01-01", *columns, key.encrypt_gcm(value)))
        cursor.execute(
            "INSERT INTO __reana.workflow_session (workflow_id, session_id)"
            " SELECT %s, id_ FROM __reana.interactive_session",
            [workflow_id],
        )
    return values


def serve(uri: str, number: int, values: Values, stop: threading.Event) -> Work:
    """Look up, grant and revoke tokens like a service that has both keys."""
    work, chance, known = Work(), random.Random(number), list(values.tokens)
    with psycopg.connect(uri, autocommit=True) as conn:
        while not stop.is_set():
            for value in chance.sample(known, 5):
                look_up(conn, work, value, values.tokens[value], TokenStatus.active, BOTH)
            if work.owners:
                value = chance.choice(list(work.owners))
                look_up(conn, work, value, *work.owners[value], NEW)
            grant_and_revoke(conn, work, f"new-{number}-{work.grants}", chance)
            time.sleep(0.02)
    return work


def look_up(
    conn: Conn, work: Work, value: str, user_id: UUID, status: TokenStatus, keys: keyring.KeyRing
) -> None:
    started = time.perf_counter()
    owner = tokens.find_owner(conn, value, keys=keys)
    work.slowest = max(work.slowest, time.perf_counter() - started)
    work.lookups += 1
    if owner is None or (owner.id_, owner.token_status) != (user_id, status):
        work.failures.append(f"{value}: {owner}")


def grant_and_revoke(conn: Conn, work: Work, value: str, chance: random.Random) -> None:
    """Give a new user a token, and revoke every third of them."""
    user_id = make_user(conn, email=f"{value}@y.org")
    tokens.grant(conn, user_id, token=value, keys=BOTH)
    work.grants += 1
    work.owners[value] = (user_id, TokenStatus.active)
    if chance.random() < 0.3:
        tokens.revoke(conn, user_id)
        work.owners[value] = (user_id, TokenStatus.revoked)


def start_rotation(uri: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "REANA_SQLALCHEMY_DATABASE_URI": uri,
        "REANA_SECRET_KEY": "new key",
        "REANA_SECRET_KEY_PREVIOUS": "old key",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "reana_db", "secrets", "rotate"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Watch:
    """Tells how far the rotation has come, from every twentieth of the tokens."""

    def __init__(self, conn: Conn, values: Values) -> None:
        self.conn = conn
        chosen = list(values.tokens)[::20]
        self.before = [OLD.current.encrypt_cbc(value) for value in chosen]

    def part(self) -> float:
        row = self.conn.execute(
            "SELECT count(*) FROM __reana.user_token WHERE token = ANY(%s)", [self.before]
        ).fetchone()
        assert row is not None
        return 1 - float(row[0]) / len(self.before)

    def wait_for(self, part: float) -> None:
        deadline = time.monotonic() + 600
        while self.part() < part and time.monotonic() < deadline:
            time.sleep(0.002)


@pytest.fixture
def own(fresh_db: str) -> Iterator[Conn]:
    with psycopg.connect(fresh_db, autocommit=True) as conn:
        yield conn


def rotate_killing_three_times(uri: str, conn: Conn, values: Values) -> float:
    """Return the seconds that the four runs took together."""
    watch, started = Watch(conn, values), time.perf_counter()
    for part in KILL_AT:
        process = start_rotation(uri)
        watch.wait_for(part)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        assert process.returncode == -signal.SIGKILL
        assert watch.part() > 0
    last = start_rotation(uri)
    _, errors = last.communicate(timeout=1200)
    assert last.returncode == 0, errors
    return time.perf_counter() - started


@pytest.mark.soak
def test_services_notice_nothing_of_a_rotation_that_is_killed_three_times(
    fresh_db: str, own: Conn
) -> None:
    values = store_values(own)
    own.execute("ANALYZE")
    stop = threading.Event()
    with ThreadPoolExecutor(SERVICES) as threads:
        running: list[Future[Work]] = [
            threads.submit(serve, fresh_db, number, values, stop) for number in range(SERVICES)
        ]
        try:
            seconds = rotate_killing_three_times(fresh_db, own, values)
        finally:
            stop.set()
        done = [future.result() for future in running]
    assert [failure for work in done for failure in work.failures] == []
    logger.info(
        "%d values in %.1f s; meanwhile %d look-ups (slowest %.3f s), %d grants",
        NUMBER,
        seconds,
        sum(work.lookups for work in done),
        max(work.slowest for work in done),
        sum(work.grants for work in done),
    )
    expect_everything_with_the_new_key(own, values, done)


def expect_everything_with_the_new_key(conn: Conn, values: Values, done: list[Work]) -> None:
    made = {value: owner for work in done for value, owner in work.owners.items()}
    assert counts(conn).total == NUMBER + len(made)
    assert {kind.key for kind, _ in rotation.status(conn, NEW).kinds} == {NEW.current.id}
    expected = {value: (user, TokenStatus.active) for value, user in values.tokens.items()} | made
    work = Work()
    for value, (user_id, status) in expected.items():
        look_up(conn, work, value, user_id, status, NEW)
    assert work.failures == []
    for value, user_id in values.webhooks.items():
        owner = user_secrets.find_webhook_owner(conn, value, keys=NEW)
        assert owner is not None
        assert owner.id_ == user_id
    for value, session_id in values.sessions.items():
        session = user_secrets.find_session(conn, value, keys=NEW)
        assert session is not None
        assert session.id_ == session_id
