"""Settings that live in the database."""

from __future__ import annotations

import re

import psycopg
import pytest

from reana_db import database_settings, errors
from reana_db.queries import Conn
from reana_db.records import SettingName


@pytest.mark.parametrize("name", SettingName)
def test_a_setting_has_its_default_until_it_is_set(conn: Conn, name: SettingName) -> None:
    default, *others = database_settings.VALUES[name]
    assert database_settings.get(conn, name) == default
    database_settings.change(conn, name, others[-1])
    assert database_settings.get(conn, name) == others[-1]


@pytest.mark.parametrize("name", SettingName)
def test_a_setting_whose_row_is_missing_has_its_default(conn: Conn, name: SettingName) -> None:
    conn.execute("DELETE FROM __reana.setting")
    assert database_settings.get(conn, name) == database_settings.VALUES[name][0]
    assert {item.updated for item in database_settings.all_settings(conn)} == {None}
    database_settings.change(conn, name, database_settings.VALUES[name][1])
    assert database_settings.get(conn, name) == database_settings.VALUES[name][1]


def test_all_settings_are_listed_with_the_time_of_their_last_change(conn: Conn) -> None:
    before = database_settings.all_settings(conn)
    assert [item.name for item in before] == sorted(SettingName)
    database_settings.change(conn, SettingName.secrets_form, "sealed")
    changed = [
        new.name
        for old, new in zip(before, database_settings.all_settings(conn), strict=True)
        if old.updated != new.updated
    ]
    assert changed == [SettingName.secrets_form]


def test_a_value_that_a_setting_cannot_have_is_refused(conn: Conn) -> None:
    expected = "status_mode must be one of 'enforce', 'keep', 'observe', not 'off'"
    with pytest.raises(errors.InvalidArgument, match=re.escape(expected)):
        database_settings.change(conn, SettingName.status_mode, "off")


def test_the_database_refuses_what_the_function_refuses(conn: Conn) -> None:
    allowed = {
        (str(name), value) for name, values in database_settings.VALUES.items() for value in values
    }
    tried = {(name, value) for name, _ in allowed | {("other", "")} for _, value in allowed}
    accepted = set()
    for name, value in tried:
        try:
            with conn.transaction(force_rollback=True):
                conn.execute("DELETE FROM __reana.setting")
                conn.execute("INSERT INTO __reana.setting VALUES (%s, %s)", [name, value])
                accepted.add((name, value))
        except psycopg.errors.CheckViolation:
            continue
    assert accepted == allowed
