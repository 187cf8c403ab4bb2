"""Adoption: what a database made by Alembic has already counts as applied.

Nothing is believed unseen.  ``alembic_history.txt`` has, for each revision that a released
reana-db ended at or passed, what it added and removed; a database must have everything of its
revision.  Names of constraints and indexes are not compared: they differ between databases with
the same past, and the migrations find constraints by their columns.

The *origin* of a database is the revision that it comes from.  The *stamp* is what Alembic's table
says: ``reana-db init`` of a newer release over an older database adds the tables that are new and
leaves the old stamp.  Such tables are adopted too.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from reana_db import config
from reana_db.encryption.keyring import Key, Undecipherable
from reana_db.errors import ConfigurationError, MigrationError
from reana_db.queries import Conn, query
from reana_db.registry.arguments import Secret

OLDEST = "6568d7cb6710"
"""The revision of reana-db 0.8.0."""

WEBHOOK_DIGESTS = "0018-webhook-secret-digest"
SETTINGS = "0023-settings"

_HISTORY = Path(__file__).parent / "alembic_history.txt"
_NOT_OURS = ("column alembic_version.", "column yoyo_migration.", "column yoyo_log.")
_SHOWN = 3


@dataclass(frozen=True)
class Revision:
    """An Alembic revision, and what a database that is there looks like."""

    id: str
    migration: str
    """The last migration of ours that it has."""
    facts: frozenset[str]
    """Columns, enum labels, constraints and indexes, as :func:`facts` describes them."""
    added: frozenset[str]
    """Those that came with this revision."""
    only_adds_tables: bool
    """Whether ``init`` of a newer release makes all of it, without an upgrade."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a database that these migrations have not made comes from, and what it has."""

    revision: str
    stamped: bool
    """Whether ``alembic_version`` says so; else its shape does."""
    through: str
    """The last migration that its revision has."""
    migrations: frozenset[str] = frozenset()
    """Every migration that it has besides those up to :attr:`through`."""

    @property
    def origin(self) -> str:
        """Where the database comes from, for the log of migrations."""
        return f"Alembic {self.revision}" + ("" if self.stamped else " by its shape")


@query
def facts(conn: Conn) -> list[str]:
    """Describe the tables of ``__reana`` and the enums of ``public``, a line for each fact."""


@query
def has_alembic_version(conn: Conn) -> bool:
    """Tell whether Alembic has left its table."""


def stamps(conn: Conn) -> list[str]:
    """Return the revisions in ``__reana.alembic_version``: none if there is no such table."""
    return _alembic_revisions(conn) if has_alembic_version(conn) else []


def stamp(conn: Conn, revision: str | None) -> None:
    """Make ``alembic_version`` say a revision; with None, the table goes."""
    if stamps(conn) == ([revision] if revision else []):
        return
    with conn.transaction():
        if revision is None:
            _drop_alembic_version(conn)
            return
        _create_alembic_version(conn)
        _clear_alembic_version(conn)
        _set_alembic_revision(conn, revision)


def stamped_revision(origin: str) -> str | None:
    """Return the revision in an :attr:`Adoption.origin`; None if the shape told it."""
    revision, _, by_shape = origin.removeprefix("Alembic ").partition(" ")
    return None if by_shape else revision


def adoption_of(conn: Conn) -> Adoption | None:
    """Tell what a database that these migrations have not made is; None for an empty one.

    Raises :class:`~reana_db.errors.MigrationError` for a database that cannot be adopted.
    """
    present = {fact for fact in facts(conn) if not fact.startswith(_NOT_OURS)}
    stamped = stamps(conn)
    if not any(fact.startswith("column ") for fact in present):
        if stamped:
            raise MigrationError(f"Alembic revision {stamped[0]} is stamped, but nothing is there")
        return None
    if len(stamped) > 1:
        raise MigrationError(f"alembic_version has several revisions: {', '.join(stamped)}")
    if not stamped:
        return _by_shape(present)
    revision = {known.id: known for known in history()}.get(stamped[0])
    if revision is None:
        raise MigrationError(
            f"unknown Alembic revision {stamped[0]}: if it is older than reana-db 0.8.0 "
            f"({OLDEST}), upgrade with 0.8.0 first; if newer, this release cannot adopt it"
        )
    _refuse_lacking(present, revision)
    early = frozenset(_early(present, revision))
    return Adoption(revision.id, stamped=True, through=revision.migration, migrations=early)


def _by_shape(present: set[str]) -> Adoption:
    for revision in history():
        later = {fact for newer in _after(revision) for fact in newer.added} - revision.facts
        if revision.facts <= present and not later & present:
            return Adoption(revision.id, stamped=False, through=revision.migration)
    raise MigrationError(
        "there are tables in the schema __reana but no alembic_version, and they fit no release "
        "of reana-db from 0.8.0 on: nothing was changed"
    )


def _refuse_lacking(present: set[str], revision: Revision) -> None:
    if lacking := revision.facts - present:
        raise MigrationError(
            f"the database says that it is at Alembic revision {revision.id}, but it lacks "
            f"{_listed(lacking)}: nothing was changed"
        )


def _early(present: set[str], revision: Revision) -> Iterable[str]:
    """Yield later migrations whose objects are there already."""
    for newer in _after(revision):
        added = newer.added - revision.facts
        found = added & present
        if not found:
            continue
        if found == added and newer.only_adds_tables:
            yield newer.migration
            continue
        raise MigrationError(
            f"the database says that it is at Alembic revision {revision.id}, but it has "
            f"{_listed(found)} of the later revision {newer.id}"
            + (f" without {_listed(added - found)}" if found != added else "")
            + ": nothing was changed"
        )


def _after(revision: Revision) -> list[Revision]:
    revisions = history()
    return revisions[revisions.index(revision) + 1 :]


def _listed(found: Iterable[str]) -> str:
    ordered = sorted(found)
    more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
    return ", ".join(f"'{fact}'" for fact in ordered[:_SHOWN]) + more


@functools.cache
def history() -> list[Revision]:
    """Return the known revisions, oldest first."""
    revisions: list[Revision] = []
    for block in _HISTORY.read_text(encoding="utf-8").split("\n= ")[1:]:
        heading, *lines = block.splitlines()
        before = revisions[-1].facts if revisions else frozenset()
        added = frozenset(line[2:] for line in lines if line.startswith("+ "))
        removed = frozenset(line[2:] for line in lines if line.startswith("- "))
        name, migration = heading.split()
        revisions.append(
            Revision(
                id=name,
                migration=migration,
                facts=before - removed | added,
                added=added,
                only_adds_tables=not removed and not _tables(added) & _tables(before),
            )
        )
    return revisions


def _tables(among: Iterable[str]) -> set[str]:
    """Return the tables that facts are about; an enum label is about none."""
    kinds = ("column ", "primary key ", "unique ", "foreign key ", "check ", "index ")
    return {
        fact.removeprefix(kind).split(".")[0].split(" ")[0]
        for fact in among
        for kind in kinds
        if fact.startswith(kind)
    }


def prepare(conn: Conn, migration_id: str, secret_key: str | None) -> None:
    """Hand a migration what the database does not know, in its transaction.

    ``0018-webhook-secret-digest`` gets the digests and new ciphertexts of all webhook secrets, as
    JSON: ``{"<user id>": {"digest": "<SHA-256 in hex>", "secret": "<base64 of the AES-GCM
    value>"}}``; ``0023-settings`` the termination policy.  Raises
    :class:`~reana_db.errors.ConfigurationError` if there are secrets and no key reads them.
    """
    if migration_id == WEBHOOK_DIGESTS:
        _lock_users(conn)
        if stored := _webhook_secrets(conn):
            key = _key_for(secret_key or config.settings().secret_key, len(stored))
            digests = {secret.user_id: _digested(key, secret.value) for secret in stored}
            _hand_over(conn, "reana_db.webhook_secrets", json.dumps(digests))
    elif migration_id == SETTINGS:
        policy = ",".join(sorted(config.settings().termination_quota_policy or ()))
        _hand_over(conn, "reana_db.termination_quota_update_policy", policy)


def _key_for(secret_key: str | None, number: int) -> Key:
    if not secret_key:
        raise ConfigurationError(
            f"REANA_SECRET_KEY is not set, and {WEBHOOK_DIGESTS} needs it to read the GitLab "
            f"webhook secrets of {number} users"
        )
    return Key(secret_key)


def _digested(key: Key, stored: bytes) -> dict[str, str]:
    plaintext = _plaintext(key, stored)
    return {
        "digest": hashlib.sha256(plaintext.encode()).hexdigest(),
        "secret": key.encrypt_gcm(plaintext).decode(),
    }


def _plaintext(key: Key, stored: bytes) -> str:
    """Read a secret; it is in AES-GCM already if the migration was rolled back once."""
    for decrypt in (key.decrypt_gcm, key.decrypt_cbc):
        try:
            return decrypt(stored)
        except Undecipherable:
            continue
    raise ConfigurationError(
        f"REANA_SECRET_KEY does not fit this database: {WEBHOOK_DIGESTS} cannot read the GitLab "
        "webhook secrets with it"
    )


@dataclass(frozen=True, slots=True)
class _WebhookSecret:
    user_id: str
    value: bytes = field(repr=False)


@query
def _hand_over(conn: Conn, name: str, value: Secret) -> None: ...


@query
def _alembic_revisions(conn: Conn) -> list[str]: ...


@query
def _drop_alembic_version(conn: Conn) -> None: ...


@query
def _create_alembic_version(conn: Conn) -> None: ...


@query
def _clear_alembic_version(conn: Conn) -> None: ...


@query
def _set_alembic_revision(conn: Conn, revision: str) -> None: ...


@query
def _lock_users(conn: Conn) -> None: ...


@query
def _webhook_secrets(conn: Conn) -> list[_WebhookSecret]: ...
