"""Users as an identity provider names them."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg
import pytest

from reana_db import errors, identities, users
from reana_db.queries import Conn
from reana_db.records import User
from tests.support.races import at_once

ISSUER = "https://login.example.org"


def login(conn: Conn, subject: str, email: str = "lise@example.org") -> User:
    return identities.find_or_create(conn, issuer=ISSUER, subject=subject, email=email)


def test_the_first_login_creates_a_user_and_the_next_finds_the_same(conn: Conn) -> None:
    user = login(conn, "1")
    assert login(conn, "1", "changed@example.org") == user
    assert identities.find(conn, issuer=ISSUER, subject="1") == user
    assert identities.of_user(conn, user.id_) == identities.Identity(ISSUER, "1")


def test_the_user_of_the_address_gets_the_identity(conn: Conn) -> None:
    user = users.create(conn, email="lise@example.org")
    assert login(conn, "1").id_ == user.id_


def test_a_user_with_another_identity_is_not_taken_over(conn: Conn) -> None:
    login(conn, "1")
    with pytest.raises(errors.AlreadyExists, match=r"lise@example\.org has another identity"):
        login(conn, "2")


def test_an_identity_of_another_user_cannot_be_linked(conn: Conn) -> None:
    login(conn, "1")
    other = users.create(conn, email="otto@example.org")
    with pytest.raises(errors.AlreadyExists), conn.transaction():
        identities.link(conn, other.id_, issuer=ISSUER, subject="1")
    assert identities.link(conn, uuid4(), issuer=ISSUER, subject="3") is None


def test_an_identity_can_be_taken_away(conn: Conn) -> None:
    user = login(conn, "1")
    assert identities.unlink(conn, user.id_) == 1
    assert identities.unlink(conn, user.id_) == 0
    assert identities.of_user(conn, user.id_) == identities.Identity(None, None)
    assert login(conn, "2").id_ == user.id_


def test_logins_at_once_get_the_same_user(fresh_db: str) -> None:
    def attempt(conn: Conn, _: int) -> UUID:
        return login(conn, "1").id_

    assert len(set(at_once(fresh_db, 8, attempt))) == 1
    with psycopg.connect(fresh_db) as conn:
        row = conn.execute("SELECT count(*) FROM __reana.user_").fetchone()
    assert row == (1,)
