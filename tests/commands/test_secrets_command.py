"""``reana-db secrets`` and its old name, as people call them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from click.testing import CliRunner, Result

from reana_db import config, tokens
from reana_db.cli import main
from reana_db.commands import progress
from reana_db.encryption import keyring
from reana_db.queries import Conn
from tests.encryption.test_redaction import TOKEN, entry
from tests.support.secret_values import KEYS, grant, old_token, old_webhook_secret, token_of

pytestmark = pytest.mark.usefixtures("no_leaks")


LOST = keyring.of("the key that is lost")
KEY = "the key of this site"
NEXT_KEY = "the next key of it"
NEXT = keyring.of(NEXT_KEY)


class Run(Protocol):
    def __call__(self, *arguments: str, stdin: str = ..., **environment: str) -> Result: ...


@pytest.fixture
def own(fresh_db: str) -> Iterator[Conn]:
    with psycopg.connect(fresh_db, autocommit=True) as conn:
        yield conn


@pytest.fixture
def run(fresh_db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run reana-db on ``fresh_db`` with these variables."""

    def call(*arguments: str, stdin: str = "", **environment: str) -> Result:
        config.settings.cache_clear()
        for name in ("REANA_SECRET_KEY", "REANA_SECRET_KEY_PREVIOUS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", fresh_db)
        return CliRunner().invoke(main, arguments, input=stdin)

    yield call
    config.settings.cache_clear()


def expect_found(conn: Conn, token: str, keys: keyring.KeyRing) -> None:
    assert tokens.find_owner(conn, token, keys=keys) is not None


def test_status_counts_by_column_cipher_and_key(own: Conn, run: Run) -> None:
    old_token(own, "theirs")
    grant(own, "ours")
    old_webhook_secret(own, "secret", NEXT)
    entry(own, {"reana_admin": TOKEN})
    keys = {"REANA_SECRET_KEY": NEXT_KEY, "REANA_SECRET_KEY_PREVIOUS": KEY}
    result = run("secrets", "status", **keys)
    assert result.exit_code == 0
    assert [" ".join(line.split()) for line in result.stdout.splitlines()] == [
        "new values: compatible",
        "1 user_.gitlab_webhook_secret gcm current key",
        "1 user_token.token cbc previous key",
        "1 user_token.token cbc previous key without digest",
        "1 audit entry with what looks like a token",
    ]


def test_status_as_json(own: Conn, run: Run) -> None:
    old_token(own, "theirs")
    result = run("secrets", "status", "--json", REANA_SECRET_KEY=KEY)
    found = json.loads(result.stdout)
    assert found["current_key"] == KEYS.current.id
    assert found["values"] == [
        {
            "column": "user_token.token",
            "layout": "cbc",
            "key": KEYS.current.id,
            "digested": False,
            "trouble": None,
            "number": 1,
        }
    ]


def test_status_works_without_any_key(own: Conn, run: Run) -> None:
    old_token(own, "theirs")
    result = run("secrets", "status")
    assert result.exit_code == 0
    assert "unknown" in result.stdout


def test_the_status_is_1_if_no_key_opens_a_row(own: Conn, run: Run) -> None:
    old_token(own, "theirs")
    result = run("secrets", "status", REANA_SECRET_KEY="a key that opens nothing")
    assert result.exit_code == 1
    assert "unreadable" in result.stdout


def test_rotate_with_both_keys_from_the_environment(own: Conn, run: Run) -> None:
    old_token(own, "theirs")
    keys = {"REANA_SECRET_KEY": NEXT_KEY, "REANA_SECRET_KEY_PREVIOUS": KEY}
    result = run("secrets", "rotate", **keys)
    assert (result.exit_code, result.stdout) == (0, "1 of 1 tokens and secrets rewritten\n")
    expect_found(own, "theirs", NEXT)
    assert run("secrets", "rotate", **keys).stdout == "0 of 1 tokens and secrets rewritten\n"


def test_rotate_with_both_keys_from_files(own: Conn, run: Run, tmp_path: Path) -> None:
    old_token(own, "theirs")
    (tmp_path / "new").write_text(f"{NEXT_KEY}\n")
    (tmp_path / "old").write_text(KEY)
    files = ("--key-file", str(tmp_path / "new"), "--old-key-file", str(tmp_path / "old"))
    assert run("secrets", "rotate", *files).exit_code == 0
    expect_found(own, "theirs", NEXT)


def test_rotate_with_the_old_key_from_standard_input(own: Conn, run: Run) -> None:
    old_token(own, "theirs")
    arguments = ("secrets", "rotate", "--old-key-file", "-")
    assert run(*arguments, stdin=f"{KEY}\n", REANA_SECRET_KEY=NEXT_KEY).exit_code == 0
    expect_found(own, "theirs", NEXT)


@pytest.mark.parametrize(
    ("environment", "variable"),
    [({}, "REANA_SECRET_KEY "), ({"REANA_SECRET_KEY": NEXT_KEY}, "REANA_SECRET_KEY_PREVIOUS")],
)
def test_a_missing_key_is_named(run: Run, environment: dict[str, str], variable: str) -> None:
    result = run("secrets", "rotate", **environment)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {variable}")


def test_on_a_terminal_keys_are_asked_for_without_echo_and_progress_is_a_bar(
    own: Conn, fresh_db: str
) -> None:
    old_token(own, "theirs")
    ours, theirs = pty.openpty()
    hidden = ("REANA_SECRET_KEY", "REANA_SECRET_KEY_PREVIOUS")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    process = subprocess.Popen(
        [sys.executable, "-m", "reana_db", "secrets", "rotate"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "REANA_SQLALCHEMY_DATABASE_URI": fresh_db},
        start_new_session=True,
    )
    os.close(theirs)
    output = answer(ours, {b"Key: ": f"{NEXT_KEY}\n".encode(), b"Old key: ": f"{KEY}\n".encode()})
    assert process.wait(30) == 0, output
    assert "1/1" in output
    assert "1 of 1 tokens and secrets rewritten" in output
    assert KEY not in output
    assert NEXT_KEY not in output
    expect_found(own, "theirs", NEXT)


def answer(terminal: int, answers: dict[bytes, bytes]) -> str:
    """Answer prompts until the process ends, and return all that it wrote."""
    output, left = b"", dict(answers)
    while True:
        try:
            output += os.read(terminal, 4096)
        except OSError:
            return output.decode()
        for prompt in [item for item in left if output.endswith(item)]:
            os.write(terminal, left.pop(prompt))


def test_what_no_key_opens_is_named_without_its_value_and_the_status_is_1(
    own: Conn, run: Run
) -> None:
    lost = token_of(own, old_token(own, "lost", LOST))
    old_token(own, "theirs")
    keys = {"REANA_SECRET_KEY": NEXT_KEY, "REANA_SECRET_KEY_PREVIOUS": KEY}
    result = run("secrets", "rotate", **keys)
    assert result.exit_code == 1
    assert result.stdout == "1 of 2 tokens and secrets rewritten\n"
    assert result.stderr == f"unreadable: user_token.token of row {lost[0]}\n"
    expect_found(own, "theirs", NEXT)


def test_seal_and_unseal(own: Conn, run: Run) -> None:
    user_id = old_token(own, "theirs")
    assert run("secrets", "seal", REANA_SECRET_KEY=KEY).exit_code == 0
    assert token_of(own, user_id)[1].startswith(b"sealed1:")
    result = run("secrets", "unseal", "--json", REANA_SECRET_KEY=KEY)
    assert json.loads(result.stdout) == {"values": 1, "rewritten": 1, "leftovers": []}
    assert token_of(own, user_id)[1] == KEYS.current.encrypt_cbc("theirs")


def test_redact_audit_counts_first_and_then_removes(own: Conn, run: Run) -> None:
    entry(own, {"reana_admin": TOKEN})
    assert run("secrets", "redact-audit", "--dry-run").stdout == "1 audit entry holds a token\n"
    assert run("secrets", "redact-audit").stdout == "1 audit entry redacted\n"
    assert run("secrets", "redact-audit").stdout == "0 audit entries redacted\n"


def test_redact_audit_with_the_key_knows_the_tokens_of_the_database(own: Conn, run: Run) -> None:
    old_token(own, "my-own")
    entry(own, {"reana_admin": "Token my-own granted"})
    result = run("secrets", "redact-audit", REANA_SECRET_KEY=KEY)
    assert result.stdout == "1 audit entry redacted\n"


def test_the_old_name_still_rotates_and_warns_about_its_argument(own: Conn, run: Run) -> None:
    old_token(own, "theirs")
    arguments = ("migrate-secret-key", "--old-key", KEY)
    result = run(*arguments, REANA_SECRET_KEY=NEXT_KEY)
    assert result.exit_code == 0
    assert "Warning: everybody on this machine can see --old-key" in result.stderr
    assert KEY not in result.output
    expect_found(own, "theirs", NEXT)
    assert "REANA_SECRET_KEY" in run(*arguments).stderr


def test_the_old_name_is_not_in_the_help(run: Run) -> None:
    assert "migrate-secret-key" not in run("--help").stdout


def test_in_a_log_progress_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "SECONDS_PER_LINE", 0.0)
    with caplog.at_level("INFO", logger="reana_db"):
        report = progress.shown()
        report.start("secrets", 10)
        report.advance(5)
    assert caplog.messages == ["secrets: 10 to do", "secrets: 5 of 10"]


def test_a_short_key_is_warned_of(run: Run) -> None:
    for command in ("check", "secrets status"):
        assert "Warning: REANA_SECRET_KEY" in run(*command.split(), REANA_SECRET_KEY="short").output
        assert "Warning" not in run(*command.split(), REANA_SECRET_KEY=KEY).output


def test_a_database_is_not_told_to_seal_with_a_short_key(run: Run) -> None:
    arguments = ("settings", "set", "secrets_form", "sealed")
    assert "less than 16 bytes" in run(*arguments, REANA_SECRET_KEY="short").output
    assert run(*arguments, REANA_SECRET_KEY=KEY).exit_code == 0
