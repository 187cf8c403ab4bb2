"""``reana-db secrets``: how tokens and secrets are stored, and their re-encryption."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TextIO, TypeAlias, TypeVar

import click

from reana_db import config
from reana_db.commands import progress
from reana_db.commands.connecting import connected
from reana_db.commands.printing import Group, counted, json_option, print_json
from reana_db.encryption import keyring, redaction, rotation
from reana_db.encryption.keyring import KeyRing
from reana_db.encryption.rotation import Leftover, Rotation, Status
from reana_db.errors import ConfigurationError
from reana_db.queries import Conn
from reana_db.records import Progress

_F = TypeVar("_F", bound=Callable[..., Any])
_Work: TypeAlias = Callable[[Conn, KeyRing, Progress], Rotation]


def key_options(function: _F) -> _F:
    """Add the options that say where keys are; none takes a key itself, which ``ps`` would show."""
    current = click.option(
        "--key-file",
        type=click.File(),
        help="Read the key from a file (- is standard input) instead of REANA_SECRET_KEY.",
    )
    previous = click.option(
        "--old-key-file",
        type=click.File(),
        help="Read the old key from a file instead of REANA_SECRET_KEY_PREVIOUS.",
    )
    return current(previous(function))


@click.group("secrets", cls=Group)
def command() -> None:
    """Look after access tokens, GitLab webhook secrets and secrets of interactive sessions.

    Keys come from REANA_SECRET_KEY and REANA_SECRET_KEY_PREVIOUS, from files, or from a prompt.
    """


@command.command("status")
@key_options
@json_option
def show_status(key_file: TextIO | None, old_key_file: TextIO | None, *, as_json: bool) -> None:
    """Count values by column, cipher and key, and name the rows that no key opens.

    Exit status 1 if there are such rows.  Without a key, only sealed values tell which one they
    need.  Writes nothing.
    """
    current = _given(key_file) or config.settings().secret_key
    keys = keyring.of(current, _previous(old_key_file)) if current else None
    if warning := keyring.warning(current):
        click.echo(f"Warning: {warning}", err=True)
    with connected(autocommit=True) as conn:
        found, suspects = rotation.status(conn, keys), redaction.suspects(conn)
    if as_json:
        print_json(_described(found, suspects))
    else:
        for line in _report(found, suspects):
            click.echo(line)
    if found.leftovers:
        raise click.exceptions.Exit(1)


@command.command("rotate")
@key_options
@json_option
def rotate(key_file: TextIO | None, old_key_file: TextIO | None, *, as_json: bool) -> None:
    """Encrypt with the current key what an old key encrypted.

    Services keep working: give them the new key as REANA_SECRET_KEY and the old one as
    REANA_SECRET_KEY_PREVIOUS until this has finished.  Can be interrupted and repeated.
    """
    current = _current(key_file)
    old = _previous(old_key_file) or _prompted("Old key")
    if old is None:
        raise ConfigurationError("REANA_SECRET_KEY_PREVIOUS is not set, nor --old-key-file given")
    re_encrypt(rotation.rotate, keyring.of(current, old), as_json=as_json)


@command.command("seal")
@key_options
@json_option
def seal(key_file: TextIO | None, old_key_file: TextIO | None, *, as_json: bool) -> None:
    """Seal all values, and new ones from now on.

    Sealed values are authenticated and bound to their rows.  Services of released reana-db versions
    cannot read them: run this when those are gone.  Can be interrupted and repeated; unseal is the
    way back.
    """
    re_encrypt(rotation.seal, _keys(key_file, old_key_file), as_json=as_json)


@command.command("unseal")
@key_options
@json_option
def unseal(key_file: TextIO | None, old_key_file: TextIO | None, *, as_json: bool) -> None:
    """Store all values, and new ones from now on, as released services read them."""
    re_encrypt(rotation.unseal, _keys(key_file, old_key_file), as_json=as_json)


@command.command("redact-audit")
@key_options
@click.option("--dry-run", is_flag=True, help="Only count.")
@json_option
def redact_audit(
    key_file: TextIO | None, old_key_file: TextIO | None, *, dry_run: bool, as_json: bool
) -> None:
    """Remove tokens that old command lines wrote into the audit log.

    With a key, tokens of this database are recognised whatever they look like.
    """
    current = _given(key_file) or config.settings().secret_key
    keys = keyring.of(current, _previous(old_key_file)) if current else None
    with connected(autocommit=True) as conn:
        number = redaction.redact_audit(conn, keys, dry_run=dry_run)
    if as_json:
        print_json({"entries": number, "redacted": not dry_run})
        return
    entries = counted(number, "audit entry", "audit entries")
    holds = "holds a token" if number == 1 else "hold tokens"
    click.echo(f"{entries} {holds if dry_run else 'redacted'}")


def re_encrypt(work: _Work, keys: KeyRing, *, as_json: bool) -> None:
    """Do the work and print what it did; exit status 1 if anything was left."""
    with connected(autocommit=True) as conn:
        outcome = work(conn, keys, progress.shown())
    if as_json:
        print_json(asdict(outcome))
    else:
        click.echo(f"{outcome.rewritten} of {outcome.values} tokens and secrets rewritten")
    for leftover in outcome.leftovers:
        click.echo(_line(leftover), err=True)
    if outcome.leftovers:
        raise click.exceptions.Exit(1)


def _keys(key_file: TextIO | None, old_key_file: TextIO | None) -> KeyRing:
    return keyring.of(_current(key_file), _previous(old_key_file))


def _current(key_file: TextIO | None) -> str:
    key = _given(key_file) or config.settings().secret_key or _prompted("Key")
    if key is None:
        raise ConfigurationError("REANA_SECRET_KEY is not set, nor --key-file given")
    return key


def _previous(old_key_file: TextIO | None) -> str | None:
    return _given(old_key_file) or config.settings().previous_secret_key


def _given(file: TextIO | None) -> str | None:
    """Return the key in a file, without the line end that editors add."""
    if file is None:
        return None
    try:
        return file.read().removesuffix("\n").removesuffix("\r") or None
    except UnicodeDecodeError:
        pass
    # Not inside an except clause: the error would keep the other one, which holds the key.
    raise ConfigurationError(f"{file.name}: a key must be UTF-8")


def _prompted(what: str) -> str | None:
    if not sys.stdin.isatty():
        return None
    key: str = click.prompt(what, hide_input=True, err=True)
    return key


def _described(found: Status, suspects: int) -> dict[str, object]:
    return {
        "form": found.form,
        "current_key": found.current_key,
        "previous_key": found.previous_key,
        "values": [{**asdict(kind), "number": number} for kind, number in found.kinds],
        "leftovers": [asdict(item) for item in found.leftovers],
        "audit_entries_with_tokens": suspects,
    }


def _report(found: Status, suspects: int) -> list[str]:
    entries = "audit entry" if suspects == 1 else "audit entries"
    names = {found.current_key: "current key", found.previous_key: "previous key"}
    return [
        f"new values: {found.form}",
        *(
            f"{number:>8}  {kind.column:<34} {kind.layout:<8} "
            f"{names.get(kind.key, f'key {kind.key}'):<13}"
            f"{'' if kind.digested else '  without digest'}"
            f"{f'  {kind.trouble}' if kind.trouble else ''}"
            for kind, number in found.kinds
        ),
        *(_line(item) for item in found.leftovers),
        f"{suspects:>8}  {entries} with what looks like a token",
    ]


def _line(item: Leftover) -> str:
    return f"{item.trouble}: {item.column} of row {item.row_id}"
