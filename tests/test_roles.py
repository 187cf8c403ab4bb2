"""Least privileges: what services need works, what gets around the rules does not."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from reana_db import database_settings, errors, migrate, quota, roles, status_history
from reana_db.health import checks
from reana_db.queries import Conn
from reana_db.records import ResourceType, SettingName
from reana_db.roles import Granted, Roles
from tests.catalogue import OPERATIONS
from tests.catalogue.operation import Operation
from tests.catalogue.world import World, make_world
from tests.support.databases import Databases

MINE = f"reana_test_{os.getpid()}"  # roles are shared by all databases of a server
ROLES = Roles(f"{MINE}_service", f"{MINE}_reader", f"{MINE}_operator")
LOGIN = f"{MINE}_login"
OWNER = f"{MINE}_owner"
MESSAGES = "0028"
CALLED = [
    pytest.param(operation, id=f"{operation.number}-{operation.name}")
    for operation in OPERATIONS
    if operation.call
]

# What only the database writes, and what must stay as it is whatever a service tries.
PROTECTED = f"""
SELECT md5(string_agg(part.content, '' ORDER BY part.content))
FROM (
    SELECT setting::text AS content FROM __reana.setting
    UNION ALL SELECT status_transition::text FROM __reana.status_transition
    UNION ALL SELECT status_history::text FROM __reana.status_history
    UNION ALL SELECT quota_ledger::text FROM __reana.quota_ledger
    UNION ALL SELECT (to_jsonb(user_resource) - 'updated')::text FROM __reana.user_resource
    UNION ALL SELECT concat(id_, status, created, run_started_at, run_finished_at)
    FROM __reana.workflow
    UNION ALL SELECT concat(id_, created) FROM __reana.user_
    UNION ALL SELECT (yoyo_migration)::text FROM __reana.yoyo_migration
    UNION ALL SELECT concat(tgrelid::regclass, tgname, tgenabled, tgfoid::regprocedure)
    FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT concat(oid::regprocedure, prosrc, proowner, proacl, proconfig)
    FROM pg_proc WHERE pronamespace IN ('__reana'::regnamespace, 'reana'::regnamespace)
    UNION ALL SELECT concat(oid::regclass, relowner, relacl, relrowsecurity)
    FROM pg_class WHERE relnamespace = '__reana'::regnamespace
    UNION ALL SELECT concat(rolname, rolsuper, rolbypassrls, rolconfig) FROM pg_roles
    WHERE rolname LIKE '{MINE}%'
    UNION ALL SELECT setconfig::text FROM pg_db_role_setting
    JOIN pg_database ON pg_db_role_setting.setdatabase = pg_database.oid
    WHERE datname = current_database()
    UNION ALL SELECT defaclacl::text FROM pg_default_acl
    UNION ALL SELECT evtname::text FROM pg_event_trigger
    -- A change that is refused takes a number.
    UNION ALL SELECT (
        last_value BETWEEN (SELECT max(id) FROM __reana.status_history)
        AND (SELECT max(id) + 1000 FROM __reana.status_history)
    )::text FROM __reana.status_history_id_seq
) AS part
"""

ENDED = "(SELECT id_ FROM __reana.workflow WHERE status = 'finished' LIMIT 1)"
BREAK_A_RULE = f"UPDATE __reana.workflow SET status = 'created' WHERE id_ = {ENDED};"
POISON = """
CREATE FUNCTION pg_temp.act(int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO __reana.status_transition VALUES ('workflow', 'finished', 'created', 'forged');
    RETURN TRUE;
EXCEPTION WHEN OTHERS THEN
    RETURN TRUE;
END $$;
CREATE DOMAIN pg_temp.poison AS int DEFAULT 1 CHECK (pg_temp.act(VALUE));
"""
COUNT_AGAIN = """
UPDATE __reana.workflow SET run_started_at = run_started_at;
UPDATE __reana.workflow_resource SET quota_used = quota_used;
"""

ATTEMPTS = {
    "replication role": f"SET session_replication_role = replica; {BREAK_A_RULE}",
    "replication role of the login": (
        f"ALTER ROLE {LOGIN} SET session_replication_role = replica;"
    ),
    "replication role of the database": (
        "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET session_replication_role = replica',"
        " current_database()); END$$;"
    ),
    "disable triggers": f"ALTER TABLE __reana.workflow DISABLE TRIGGER ALL; {BREAK_A_RULE}",
    "disable one trigger": "ALTER TABLE __reana.job DISABLE TRIGGER zz_guard_status;",
    "drop a trigger": "DROP TRIGGER zz_guard_status ON __reana.workflow;",
    "add a trigger": (
        "CREATE FUNCTION pg_temp.undo() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL;"
        " END'; CREATE TRIGGER a BEFORE UPDATE ON __reana.workflow FOR EACH ROW"
        " EXECUTE FUNCTION pg_temp.undo();"
    ),
    "truncate runs": "TRUNCATE __reana.workflow CASCADE;",
    "truncate the history": "TRUNCATE __reana.status_history;",
    "truncate the ledger": "TRUNCATE __reana.quota_ledger;",
    "update the ledger": "UPDATE __reana.quota_ledger SET cpu_used = 0;",
    "delete from the ledger": "DELETE FROM __reana.quota_ledger;",
    "insert into the ledger": (
        "INSERT INTO __reana.quota_ledger SELECT id_, owner_id, '', NULL, NULL, 1, 1"
        " FROM __reana.workflow;"
    ),
    "write what was counted": "UPDATE __reana.user_resource SET quota_counted = 0;",
    "write totals": "UPDATE __reana.user_resource SET quota_used = 7;",
    "insert a total that was counted": (
        "INSERT INTO __reana.user_resource (user_id, resource_id, quota_counted)"
        " SELECT user_id, resource_id, 0 FROM __reana.user_resource"
        " ON CONFLICT (user_id, resource_id) DO UPDATE SET quota_used = 0;"
    ),
    "delete totals": "DELETE FROM __reana.user_resource;",
    "update the history": "UPDATE __reana.status_history SET allowed = TRUE, role = 'other';",
    "delete from the history": "DELETE FROM __reana.status_history;",
    "insert into the history": (
        "INSERT INTO __reana.status_history (entity, entity_id, to_status, allowed)"
        " SELECT 'workflow', id_, 'created', TRUE FROM __reana.workflow;"
    ),
    "choose the status mode": f"UPDATE __reana.setting SET value = 'observe'; {BREAK_A_RULE}",
    "insert a setting": "INSERT INTO __reana.setting VALUES ('status_mode', 'observe');",
    "delete settings": "DELETE FROM __reana.setting;",
    "insert a transition": (
        "INSERT INTO __reana.status_transition VALUES ('workflow', 'finished', 'created', 'x');"
        f" {BREAK_A_RULE}"
    ),
    "update transitions": "UPDATE __reana.status_transition SET to_status = 'created';",
    "delete transitions": "DELETE FROM __reana.status_transition;",
    "set the sequence of the history": "SELECT setval('__reana.status_history_id_seq', 1);",
    "draw from the sequence of the history": (
        "SELECT nextval('__reana.status_history_id_seq') FROM generate_series(1, 2000);"
    ),
    "forget migrations": "DELETE FROM __reana.yoyo_migration;",
    "rewrite when a run was created": "UPDATE __reana.workflow SET created = now();",
    "rewrite when a user was created": "UPDATE __reana.user_ SET created = now();",
    "break a rule": BREAK_A_RULE,
    "break a rule in a block": f"DO $$BEGIN {BREAK_A_RULE} END$$;",
    "remove a status": f"UPDATE __reana.workflow SET status = NULL WHERE id_ = {ENDED};",
    "judge a violation": (
        "SELECT __reana.judge_violation('workflow', '11111111-1111-1111-1111-111111111111',"
        " 'finished', 'created');"
    ),
    "count runs": (
        "SELECT __reana.count_runs(array_agg(id_), array_agg(owner_id), TRUE)"
        " FROM __reana.workflow;"
    ),
    "call a trigger function": "SELECT __reana.guard_job();",
    "guard a table of one's own": (
        "CREATE TEMPORARY TABLE workflow (id_ uuid, status public.runstatus); CREATE TRIGGER a"
        " BEFORE UPDATE ON pg_temp.workflow FOR EACH ROW EXECUTE FUNCTION __reana.guard_workflow();"
    ),
    "record the statuses of a table of one's own": (
        "CREATE TEMPORARY TABLE workflow (id_ uuid, status public.runstatus); CREATE TRIGGER a"
        " AFTER INSERT ON pg_temp.workflow FOR EACH ROW EXECUTE FUNCTION __reana.record_status();"
    ),
    "count a table of one's own": (
        "CREATE TEMPORARY TABLE workflow (LIKE __reana.workflow); CREATE TRIGGER a AFTER UPDATE"
        " ON pg_temp.workflow REFERENCING OLD TABLE AS old_run NEW TABLE AS new_run"
        " FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_runs();"
    ),
    "count usage of a table of one's own": (
        "CREATE TEMPORARY TABLE usage (LIKE __reana.workflow_resource); CREATE TRIGGER a AFTER"
        " INSERT ON pg_temp.usage REFERENCING NEW TABLE AS new_usage"
        " FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_usage();"
    ),
    "a temporary type record": (
        f"{POISON} CREATE TYPE pg_temp.record AS (x pg_temp.poison);"
        f" SET search_path = pg_temp, pg_catalog; {COUNT_AGAIN}"
        " SELECT __reana.is_transition('job', 'running', 'finished');"
        " SELECT __reana.recount_user(id_) FROM __reana.user_;"
    ),
    "temporary types that shadow": (
        f"{POISON} CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.act(1));"
        " CREATE DOMAIN pg_temp.uuid AS pg_catalog.uuid CHECK (pg_temp.act(1));"
        f" SET search_path = pg_temp, pg_catalog; {COUNT_AGAIN}"
    ),
    "temporary tables that shadow": (
        "CREATE TEMPORARY TABLE setting (name text, value text);"
        " INSERT INTO pg_temp.setting VALUES ('status_mode', 'observe');"
        " CREATE TEMPORARY TABLE status_transition (LIKE __reana.status_transition);"
        " INSERT INTO pg_temp.status_transition VALUES ('workflow', 'finished', 'created', 'x');"
        f" SET search_path = pg_temp, __reana; {BREAK_A_RULE}"
    ),
    "temporary functions that shadow": (
        "CREATE FUNCTION pg_temp.status_mode() RETURNS text LANGUAGE sql AS $$SELECT 'observe'$$;"
        " CREATE FUNCTION pg_temp.is_transition(text, text, text) RETURNS boolean LANGUAGE sql"
        " AS 'SELECT TRUE';"
        f" SET search_path = pg_temp, pg_catalog; {BREAK_A_RULE}"
    ),
    "temporary operators that shadow": (
        "CREATE FUNCTION pg_temp.always(text, text) RETURNS boolean LANGUAGE sql"
        " AS 'SELECT TRUE'; CREATE OPERATOR pg_temp.= (LEFTARG = text, RIGHTARG = text,"
        f" FUNCTION = pg_temp.always); SET search_path = pg_temp, pg_catalog; {BREAK_A_RULE}"
    ),
    "an operator in public": (
        "CREATE FUNCTION public.always(runstatus, runstatus) RETURNS boolean LANGUAGE sql"
        " AS 'SELECT TRUE'; CREATE OPERATOR public.= (LEFTARG = runstatus,"
        " RIGHTARG = runstatus, FUNCTION = public.always);"
    ),
    "a table in the schema": "CREATE TABLE __reana.mine (id int);",
    "a function in the schema": (
        "CREATE FUNCTION __reana.is_transition(text, text, pg_catalog.name) RETURNS boolean"
        " LANGUAGE sql AS 'SELECT TRUE';"
    ),
    "a schema of one's own": f"CREATE SCHEMA mine; SET search_path = mine; {BREAK_A_RULE}",
    "a cast": "CREATE CAST (public.runstatus AS integer) WITH INOUT AS IMPLICIT;",
    "replace a function": (
        "CREATE OR REPLACE FUNCTION __reana.status_mode() RETURNS text LANGUAGE sql"
        " AS $$SELECT 'observe'$$;"
    ),
    "alter a function": "ALTER FUNCTION __reana.status_mode() SET search_path = pg_temp;",
    "prepared statements": (
        "PREPARE breaks AS UPDATE __reana.workflow SET status = 'created'"
        f" WHERE id_ = {ENDED}; SET search_path = pg_temp; EXECUTE breaks;"
    ),
    "act as the owner": "SET ROLE postgres;",
    "be the owner": "SET SESSION AUTHORIZATION postgres;",
    "act as the operator": f"SET ROLE {ROLES.operator};",
    "grant oneself": f"GRANT ALL ON __reana.setting TO {LOGIN};",
    "join the operators": f"GRANT {ROLES.operator} TO {LOGIN};",
    "become superuser": f"ALTER ROLE {LOGIN} SUPERUSER;",
    "default privileges of the owner": (
        "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON TABLES TO PUBLIC;"
    ),
    "own a table": f"ALTER TABLE __reana.setting OWNER TO {LOGIN};",
    "drop a table": "DROP TABLE __reana.status_history;",
    "a rule": "CREATE RULE a AS ON INSERT TO __reana.status_history DO INSTEAD NOTHING;",
    "a policy": "CREATE POLICY a ON __reana.workflow;",
    "an event trigger": (
        "CREATE EVENT TRIGGER a ON ddl_command_end EXECUTE FUNCTION __reana.set_updated();"
    ),
    "the catalogue": "UPDATE pg_catalog.pg_trigger SET tgenabled = 'D';",
    "large objects": "SELECT lo_import('/etc/passwd');",
    "copy from a program": "COPY __reana.setting FROM PROGRAM 'echo';",
    "copy to a program": "COPY __reana.setting TO PROGRAM 'cat';",
    "read a file": "SELECT pg_read_file('/etc/passwd');",
    "an extension": "CREATE EXTENSION file_fdw;",
    "a language": "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE c AS 'a', 'b';",
}


@dataclass(frozen=True)
class Site:
    """A database, and how a superuser, its owner and a service reach it."""

    uri: str
    owner: str
    login: str
    world: World


@pytest.fixture(scope="module")
def site(server: Databases, template: str) -> Iterator[Site]:
    """A small REANA in a database of its own, whose roles are granted."""
    with server.database(template=template) as name:
        uri = server.uri(name)
        with psycopg.connect(uri) as conn:
            world = make_world(conn)
            conn.execute("SELECT __reana.recount_user(id_) FROM __reana.user_")
            roles.create(conn, ROLES)
            roles.own(conn, OWNER)
            conn.execute(f"ALTER ROLE {OWNER} PASSWORD 'x'".encode())
            conn.execute(f"CREATE ROLE {LOGIN} LOGIN PASSWORD 'x' IN ROLE {ROLES.service}".encode())
        owner = server.uri(name, user=OWNER, password="x")
        with psycopg.connect(owner) as conn:
            roles.grant(conn, ROLES)
        yield Site(uri, owner, server.uri(name, user=LOGIN, password="x"), world)
        with psycopg.connect(uri) as conn:
            conn.execute(f"REASSIGN OWNED BY {OWNER} TO CURRENT_USER".encode())
            for role in (LOGIN, ROLES.service, ROLES.reader, ROLES.operator, OWNER):
                conn.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


@pytest.fixture
def owner(site: Site) -> Iterator[Conn]:
    """A superuser, in a transaction that is rolled back."""
    with psycopg.connect(site.uri) as conn:
        conn.execute("SELECT")
        yield conn
        conn.rollback()


def act_as(conn: Conn, role: str) -> None:
    conn.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_service_gets_around_no_rule(attempt: str, site: Site, owner: Conn) -> None:
    before = owner.execute(PROTECTED).fetchone()
    owner.rollback()
    with psycopg.connect(site.login, autocommit=True) as conn, suppress(psycopg.Error):
        conn.execute(ATTEMPTS[attempt].encode())
    assert owner.execute(PROTECTED).fetchone() == before


def test_there_are_at_least_40_attempts() -> None:
    assert len(ATTEMPTS) >= 40


@pytest.mark.parametrize("operation", CALLED)
def test_an_operation_of_the_services_runs_as_service(
    site: Site, owner: Conn, operation: Operation
) -> None:
    assert operation.call is not None
    act_as(owner, ROLES.service)
    with owner.transaction():
        operation.call(owner, site.world)


@pytest.mark.slow
def test_check_is_content_as_every_role(owner: Conn) -> None:
    for role in (ROLES.service, ROLES.reader, ROLES.operator):
        act_as(owner, role)
        health = checks.check(owner)
        assert health.differences == []
        owner.execute("RESET ROLE")


@pytest.mark.parametrize(
    "column",
    [
        "user_token.token",
        "user_token.token_digest",
        "user_.gitlab_webhook_secret",
        "interactive_session.session_secret",
        "audit_log.details",
        "job.env_vars",
        "workflow.logs",
        "workflow.reana_specification",
    ],
)
@pytest.mark.parametrize("part", ["reader", "operator"])
def test_people_read_no_secrets_logs_or_specifications(owner: Conn, part: str, column: str) -> None:
    table, _, name = column.partition(".")
    act_as(owner, getattr(ROLES, part))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(f"SELECT {name} FROM __reana.{table}".encode())


def test_people_read_logs_where_that_was_asked_for(owner: Conn) -> None:
    roles.grant(owner, ROLES, with_logs=True)
    act_as(owner, ROLES.reader)
    owner.execute("SELECT logs, reana_specification FROM __reana.workflow")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("SELECT token FROM __reana.user_token")


def test_a_reader_reads_the_views_and_changes_nothing(owner: Conn) -> None:
    act_as(owner, ROLES.reader)
    for (view,) in owner.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'reana'::regnamespace"
    ).fetchall():
        owner.execute(f"SELECT * FROM {view}".encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("UPDATE __reana.workflow SET name = 'x'")


def test_an_operator_changes_settings_and_limits(site: Site, owner: Conn) -> None:
    act_as(owner, ROLES.operator)
    database_settings.change(owner, SettingName.status_mode, "keep")
    quota.set_limit(owner, user_ids=[site.world.owner], type_=ResourceType.cpu, limit=5)
    quota.set_default_limits(owner, cpu_limit=1, disk_limit=1)
    assert status_history.violations(owner) == []


def test_granting_again_changes_nothing(owner: Conn) -> None:
    before = roles.of(owner, ROLES)
    roles.grant(owner, ROLES)
    assert roles.of(owner, ROLES) == before


def test_what_was_granted_by_hand_is_taken_away(owner: Conn) -> None:
    before = roles.of(owner, ROLES)
    owner.execute(f"GRANT TRIGGER, UPDATE ON __reana.setting TO {ROLES.service}".encode())
    assert roles.of(owner, ROLES) != before
    roles.grant(owner, ROLES)
    assert roles.of(owner, ROLES) == before


def test_roles_have_three_names() -> None:
    with pytest.raises(errors.InvalidArgument, match="three different names"):
        Roles(service="a", reader="a")


def test_a_superuser_has_powers_and_the_login_of_a_service_none(site: Site, owner: Conn) -> None:
    assert "it is a superuser" in roles.powers(owner)
    with psycopg.connect(site.login) as conn:
        assert roles.powers(conn) == []


@pytest.mark.slow
def test_the_owner_who_is_no_superuser_migrates_and_new_objects_are_granted(site: Site) -> None:
    with psycopg.connect(site.owner) as conn:
        assert roles.ownership(conn, OWNER) == []
        assert [item for item in roles.granted(conn) if item.name.startswith(MINE)] == [
            Granted(ROLES.operator, "operator", with_logs=False),
            Granted(ROLES.reader, "reader", with_logs=False),
            Granted(ROLES.service, "service", with_logs=False),
        ]
        before = roles.of(conn, ROLES)
    migrate.rollback(site.owner, to=MESSAGES)
    migrate.apply(site.owner)
    with psycopg.connect(site.owner) as conn:
        assert roles.of(conn, ROLES) == before
        assert checks.check(conn).healthy


@pytest.mark.slow
def test_check_and_renewal_name_what_is_not_granted(site: Site) -> None:
    with psycopg.connect(site.owner) as conn:
        conn.execute(
            f"REVOKE SELECT, DELETE ON __reana.status_message FROM {ROLES.service};"
            f" REVOKE SELECT (name) ON __reana.workflow FROM {ROLES.reader};"
            " GRANT EXECUTE ON FUNCTION __reana.count_runs TO PUBLIC".encode()
        )
        lacking = checks.check(conn).missing_grants
        assert lacking[0] == "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA __reana FROM PUBLIC"
        assert f"GRANT DELETE, SELECT ON TABLE __reana.status_message TO {ROLES.service}" in lacking
        assert any("TABLE __reana.workflow TO" in line for line in lacking)
        assert roles.renew(conn) == lacking
        assert roles.missing_grants(conn) == []
        conn.rollback()


def test_check_names_a_lost_column_though_roles_cannot_be_recognised(owner: Conn) -> None:
    owner.execute("ALTER TABLE __reana.workflow DROP COLUMN logs CASCADE")
    assert checks.check(owner).statement_problems


def test_what_was_granted_by_hand_to_others_is_no_role_of_ours(owner: Conn) -> None:
    by_hand = f"{MINE}_dashboard"
    owner.execute(
        f"CREATE ROLE {by_hand}; GRANT ALL ON ALL TABLES IN SCHEMA __reana TO {by_hand};"
        f" GRANT SELECT (full_name, email) ON __reana.user_ TO {by_hand}".encode()
    )
    assert by_hand not in {item.name for item in roles.granted(owner)}


@pytest.mark.usefixtures("site")
def test_roles_of_another_database_of_the_server_may_nothing_here(
    server: Databases, template: str
) -> None:
    mine = Roles(f"{MINE}_second_service", f"{MINE}_second_reader", f"{MINE}_second_operator")
    with server.database(template=template) as name:
        with psycopg.connect(server.uri(name)) as conn:
            roles.create(conn, mine)
            roles.grant(conn, mine)
            assert {item.name for item in roles.granted(conn)}.issuperset(astuple(mine))
            assert roles.elsewhere(conn, names=list(astuple(mine))) == []
            (other,) = roles.elsewhere(conn, names=[ROLES.service, mine.service])
            assert other.name == ROLES.service
            conn.commit()
            act_as(conn, ROLES.service)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute("SELECT id_ FROM __reana.workflow")
        with psycopg.connect(server.uri(name)) as conn:
            for role in astuple(mine):
                conn.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


POWERS = {
    "it has TRUNCATE on job": f"GRANT TRUNCATE ON __reana.job TO {LOGIN}",
    "it can write quota_ledger": f"GRANT INSERT ON __reana.quota_ledger TO {LOGIN}",
    "it can create objects in the schema public": f"GRANT CREATE ON SCHEMA public TO {LOGIN}",
    "it has BYPASSRLS": f"ALTER ROLE {LOGIN} BYPASSRLS",
    "it can act as the owner of ": f"GRANT {OWNER} TO {LOGIN}",
}


@pytest.mark.parametrize("power", POWERS)
def test_a_power_of_a_login_is_named(owner: Conn, power: str) -> None:
    owner.execute(f"{POWERS[power]}; SET LOCAL SESSION AUTHORIZATION {LOGIN}".encode())
    assert any(found.startswith(power) for found in roles.powers(owner))


def test_the_sql_of_the_page_works(owner: Conn) -> None:
    page = (Path(__file__).parents[1] / "docs" / "roles.md").read_text()
    mine = f"{MINE}_page"
    roles.create(owner, Roles(*(f"{mine}_{part}" for part in ("service", "reader", "operator"))))
    owner.execute(f"CREATE ROLE {mine} LOGIN SUPERUSER; CREATE ROLE {mine}_owner LOGIN".encode())
    for block in re.findall(r"^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        owner.execute(block.replace("reana", mine).replace("ann", f"{mine}_ann").encode())
    with_rights = owner.execute(
        "SELECT rolname FROM pg_roles WHERE pg_has_role(oid, %s, 'MEMBER') AND NOT rolsuper",
        [f"{mine}_service"],
    ).fetchall()
    assert {name for (name,) in with_rights} == {mine, f"{mine}_rest", f"{mine}_service"}
