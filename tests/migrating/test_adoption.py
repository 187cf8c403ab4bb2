"""Databases of released versions are adopted, migrated and given back."""

from __future__ import annotations

import hashlib
import re
from uuid import uuid4

import psycopg
import pytest

from reana_db import migrate
from reana_db.encryption.keyring import Key
from reana_db.errors import ConfigurationError, MigrationError
from reana_db.migrating import adoption, files, preflight, session
from reana_db.migrating.preflight import Report
from reana_db.registry import sql_files
from tests.support import migration_steps, released_schemas
from tests.support.migration_sets import rows
from tests.support.schema_snapshot import snapshot

pytestmark = pytest.mark.slow

FILES = files.read()
TOKENS = "a6c2120d5b2b"


@pytest.fixture(scope="module")
def newest(db_uri: str) -> str:
    """The schema of a new database."""
    return snapshot(db_uri)


def execute(uri: str, *statements: str) -> None:
    with psycopg.connect(uri) as conn:
        for statement in statements:
            conn.execute(statement.encode())


def facts_of(uri: str) -> set[str]:
    with psycopg.connect(uri) as conn:
        return set(adoption.facts(conn))


def report_of(uri: str) -> Report:
    with session.connection(uri) as conn:
        return preflight.report(conn, migrate.status(conn))


# --- what a revision looks like


def test_each_revision_is_described_as_the_migrations_make_it(empty_db: str) -> None:
    revisions = {item.migration: item for item in adoption.history() if item.id != TOKENS}
    for file in FILES[: len(revisions)]:
        migration_steps.apply(empty_db, [file])
        made = {fact for fact in facts_of(empty_db) if "yoyo" not in fact}
        assert made == revisions[file.id].facts, file.id


def test_the_last_revision_is_described_as_the_release_makes_it(empty_db: str) -> None:
    released_schemas.load(empty_db, TOKENS)
    ours = {fact for fact in facts_of(empty_db) if "alembic_version" not in fact}
    assert ours == adoption.history()[-1].facts


# --- adoption and return


@pytest.mark.parametrize("name", released_schemas.NAMES)
def test_a_released_schema_is_adopted_migrated_and_given_back(
    name: str, empty_db: str, newest: str
) -> None:
    released_schemas.load(empty_db, name)
    before, stamp = snapshot(empty_db), rows(empty_db, "SELECT * FROM __reana.alembic_version")
    outcome = migrate.apply(empty_db)
    through = released_schemas.last_migration(name)
    assert outcome.adopted == [file.id for file in FILES if file.id[:4] <= through]
    assert outcome.applied == [file.id for file in FILES if file.id[:4] > through]
    assert snapshot(empty_db) == newest
    migrate.rollback(empty_db, everything=True)
    assert snapshot(empty_db) == before
    assert rows(empty_db, "SELECT * FROM __reana.alembic_version") == stamp
    assert not any("yoyo" in fact for fact in facts_of(empty_db))


@pytest.mark.parametrize("name", released_schemas.FRESH)
def test_a_schema_that_init_never_stamped_is_adopted_by_its_shape(
    name: str, empty_db: str, newest: str
) -> None:
    released_schemas.load(empty_db, name)
    execute(empty_db, "DROP TABLE __reana.alembic_version")
    before = snapshot(empty_db)
    outcome = migrate.apply(empty_db)
    assert outcome.origin == f"Alembic {released_schemas.FRESH[name]} by its shape"
    assert snapshot(empty_db) == newest
    migrate.rollback(empty_db, everything=True)
    assert snapshot(empty_db) == before


@pytest.mark.parametrize("release", ["0.8.0", "0.9.5", "0.95.0a8"])
def test_a_released_database_keeps_all_rows(release: str, empty_db: str) -> None:
    expected = released_schemas.load_database(empty_db, release)
    migrate.apply(empty_db)
    for table, count in expected["counts"].items():
        found = sum(
            int(str(number))
            for name in (table, f"orphan_{table}")
            if table != "alembic_version"
            and rows(empty_db, f"SELECT to_regclass('__reana.{name}')") != [(None,)]
            for (number,) in rows(empty_db, f"SELECT count(*) FROM __reana.{name}")
        )
        # Where two tokens of a user were active, one is revoked, with an audit entry.
        assert found == count or (table == "audit_log" and found > count), table


def test_status_tells_what_a_database_was_adopted_from(empty_db: str) -> None:
    released_schemas.load(empty_db, "eb5309f3d8ee")
    state = migrate.status(empty_db)
    assert state.adoption is not None
    assert [file.id[:4] for file in state.adoptable][-1] == "0007"
    assert state.pending[0].id.startswith("0008")
    migrate.apply(empty_db, to="0009")
    state = migrate.status(empty_db)
    assert (state.origin, state.alembic_revision) == ("Alembic eb5309f3d8ee", "eb5309f3d8ee")
    assert [item.adopted for item in state.applied] == [True] * 7 + [False] * 2


def test_a_rollback_ends_at_the_adoption(empty_db: str) -> None:
    released_schemas.load(empty_db, "eb5309f3d8ee")
    migrate.apply(empty_db, to="0009")
    with pytest.raises(MigrationError, match=r"0007-run-number-unique was there when"):
        migrate.rollback(empty_db, to="0006")
    assert migrate.rollback(empty_db, to="0007").rolled_back == [
        "0009-sharing",
        "0008-job-workflow-key",
    ]
    assert migrate.status(empty_db).applied == []


def test_a_database_upgraded_by_alembic_after_its_adoption_is_adopted_again(
    empty_db: str, newest: str
) -> None:
    released_schemas.load(empty_db, "86435bb00714")
    assert migrate.apply(empty_db, to="0008").applied == []
    migration_steps.apply(empty_db, [FILES[8]])
    execute(empty_db, "UPDATE __reana.alembic_version SET version_num = '2e82f33ee37d'")
    outcome = migrate.apply(empty_db)
    assert outcome.origin == "Alembic 2e82f33ee37d"
    assert outcome.applied[0] == "0010-services"
    assert snapshot(empty_db) == newest


def test_tables_that_init_of_a_newer_release_made_are_adopted_with_the_rest(
    empty_db: str, newest: str
) -> None:
    released_schemas.load(empty_db, "6568d7cb6710")
    early = [file for file in FILES if file.id[:4] in {"0003", "0004", "0009", "0010", "0011"}]
    migration_steps.apply(empty_db, early)
    before = snapshot(empty_db)
    outcome = migrate.apply(empty_db)
    assert outcome.adopted == ["0001-initial", *(file.id for file in early)]
    assert snapshot(empty_db) == newest
    migrate.rollback(empty_db, everything=True)
    assert set(facts_of(empty_db)) >= set(adoption.history()[0].facts)
    assert before.count("CREATE TABLE") == snapshot(empty_db).count("CREATE TABLE")


# --- what is refused, with nothing changed


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "UPDATE __reana.alembic_version SET version_num = 'c0ffee'",
            r"unknown Alembic revision c0ffee: .* upgrade with 0\.8\.0 first",
        ),
        (
            "INSERT INTO __reana.alembic_version VALUES ('c0ffee')",
            "several revisions: c0ffee, eb5309f3d8ee",
        ),
        (
            "ALTER TABLE __reana.workflow DROP COLUMN git_ref",
            r"at Alembic revision eb5309f3d8ee, but it lacks 'column workflow\.git_ref .*'",
        ),
        (
            "ALTER TABLE __reana.job ALTER COLUMN docker_img TYPE text",
            r"lacks 'column job\.docker_img character varying\(256\)'",
        ),
        (
            "ALTER TABLE __reana.job_cache DROP CONSTRAINT fk_job_cache_job_id_job",
            r"lacks 'foreign key job_cache \(job_id\) to job'",
        ),
        (
            "ALTER TABLE __reana.user_ ADD COLUMN idp_issuer character varying(255)",
            r"has 'column user_\.idp_issuer .*' of the later revision 25a9293c27cc without",
        ),
        (
            "DELETE FROM __reana.alembic_version; DROP TABLE __reana.job_cache",
            r"no alembic_version, and they fit no release",
        ),
    ],
    ids=[
        "unknown revision",
        "two revisions",
        "missing column",
        "other type",
        "missing key",
        "later column",
        "no stamp and no known shape",
    ],
)
def test_a_database_that_is_not_what_it_says_is_refused(
    statement: str, message: str, empty_db: str
) -> None:
    released_schemas.load(empty_db, "eb5309f3d8ee")
    execute(empty_db, statement)
    before = snapshot(empty_db)
    with pytest.raises(MigrationError, match=message):
        migrate.apply(empty_db)
    assert snapshot(empty_db) == before
    assert not any("yoyo" in fact for fact in facts_of(empty_db))


def test_a_stamp_without_tables_is_refused(empty_db: str) -> None:
    execute(
        empty_db,
        "CREATE SCHEMA __reana",
        "CREATE TABLE __reana.alembic_version (version_num varchar(32))",
        "INSERT INTO __reana.alembic_version VALUES ('eb5309f3d8ee')",
    )
    with pytest.raises(MigrationError, match="eb5309f3d8ee is stamped, but nothing is there"):
        migrate.apply(empty_db)


def test_tables_and_columns_of_the_site_do_not_disturb(empty_db: str) -> None:
    released_schemas.load(empty_db, "eb5309f3d8ee")
    execute(
        empty_db,
        "CREATE TABLE __reana.site_notes (id int)",
        "ALTER TABLE __reana.workflow ADD COLUMN site_tag text",
    )
    migrate.apply(empty_db)
    assert migrate.status(empty_db).current


# --- preflight


def test_the_preflight_counts_what_0_8_0_left(empty_db: str) -> None:
    released_schemas.load_database(empty_db, "0.8.0")
    before = snapshot(empty_db)
    report = report_of(empty_db)
    counts = {finding.check: finding.count for finding in report.findings}
    jobs = rows(
        empty_db,
        "SELECT count(*) FROM __reana.job"
        " WHERE workflow_uuid IS NULL"
        " OR workflow_uuid NOT IN (SELECT id_ FROM __reana.workflow)",
    )
    assert (counts["float_run_numbers"], [(counts["orphan_jobs"],)]) == (40, jobs)
    assert counts["overflown_restarts"] > 0
    assert report.pending[0] == "0002-launcher-url"
    assert {hold.migration for hold in report.holds} >= {"0005-run-numbers"}
    assert snapshot(empty_db) == before
    migrate.apply(empty_db)
    set_aside = rows(empty_db, "SELECT count(*) FROM __reana.orphan_job")
    assert set_aside == jobs
    assert report_of(empty_db) == Report(pending=[], findings=[], holds=[])


def test_every_check_of_the_preflight_runs_and_names_a_migration(empty_db: str) -> None:
    known = {file.id for file in FILES}
    assert {check.migration for check in preflight.CHECKS} <= known
    assert {check.name for check in preflight.CHECKS} == set(
        sql_files.statements_of("migrating.preflight")
    )
    for revision in ("6568d7cb6710", "f7c88ca6b713", TOKENS):
        with psycopg.connect(empty_db) as conn:
            conn.execute("DROP SCHEMA IF EXISTS __reana CASCADE")
            for (name,) in conn.execute(
                "SELECT oid::regtype::text FROM pg_type"
                " WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'"
            ).fetchall():
                conn.execute(f"DROP TYPE {name}".encode())
        released_schemas.load(empty_db, revision)
        assert report_of(empty_db).findings == []


# --- webhook secrets


@pytest.fixture
def with_webhook_secret(empty_db: str) -> str:
    """A database whose only user has a webhook secret in the old cipher, made with "key"."""
    released_schemas.load(empty_db, "f7c88ca6b713")
    with psycopg.connect(empty_db) as conn:
        conn.execute(
            "INSERT INTO __reana.user_"
            " (created, updated, id_, email, gitlab_webhook_secret)"
            " VALUES (now(), now(), %s, 'a@example.org', %s)",
            [uuid4(), Key("key").encrypt_cbc("sécret")],
        )
    return empty_db


def test_webhook_secrets_are_digested_and_encrypted_anew(with_webhook_secret: str) -> None:
    (finding,) = report_of(with_webhook_secret).findings
    assert (finding.check, finding.count) == ("webhook_secrets", 1)
    for _ in range(2):
        migrate.apply(with_webhook_secret, secret_key="key")
        ((digest, secret),) = rows(
            with_webhook_secret,
            "SELECT gitlab_webhook_secret_digest, gitlab_webhook_secret FROM __reana.user_",
        )
        assert digest == hashlib.sha256("sécret".encode()).hexdigest()
        assert isinstance(secret, bytes)
        assert Key("key").decrypt_gcm(secret) == "sécret"
        migrate.rollback(with_webhook_secret, everything=True)


@pytest.mark.parametrize("key", [None, "another key"])
def test_webhook_secrets_need_the_key(
    key: str | None, with_webhook_secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reana_db import config

    monkeypatch.setattr(config, "settings", config.Settings)
    with pytest.raises(ConfigurationError, match="REANA_SECRET_KEY") as error:
        migrate.apply(with_webhook_secret, secret_key=key)
    assert not re.search("sécret|another", str(error.value))
    assert migrate.status(with_webhook_secret).pending[0].id == "0018-webhook-secret-digest"
