"""Watches what the library emits for the tokens, secrets and keys that it was given.

Learned is every text that goes through a :class:`~reana_db.encryption.keyring.Key` while the watch
is on, and every secret key.  Watched are log records (at DEBUG), the output of commands, the
messages and representations of errors, and the representations of all results of statements.
"""

from __future__ import annotations

import logging
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reana_db import errors, queries
from reana_db.encryption import keyring

SHORTEST = 8
"""Shorter texts are in every sentence."""


class Watch(logging.Handler):
    """What was learned and what was emitted."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(message)s"))
        self.secrets: set[str] = set()
        self.emitted: list[str] = []
        self.raised: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.emitted.append(f"{self.format(record)} {record.args}")

    def leaks(self) -> set[tuple[str, str]]:
        """Return each secret that was emitted, with the first text that holds it."""
        texts = [*self.emitted, *(text for error in self.raised for text in _said(error))]
        return {
            (secret, text)
            for secret in self.secrets
            if len(secret) >= SHORTEST
            for text in [text for text in texts if secret in text][:1]
        }


def _said(error: BaseException | None) -> list[str]:
    said = []
    while error is not None:
        said += [str(error), repr(error), str(vars(error))]
        error = error.__cause__ or error.__context__
    return said


def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Begin to learn and to watch, until the patches are undone."""
    this = Watch()
    _learn(this, monkeypatch)
    _watch_results(this, monkeypatch)
    _watch_errors(this, monkeypatch)
    _watch_commands(this, monkeypatch)
    for name in ("reana_db", "psycopg"):
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "level", logging.DEBUG)
        monkeypatch.setattr(logger, "handlers", [*logger.handlers, this])
        logger.manager._clear_cache()  # type: ignore[attr-defined]  # what setLevel does
    return this


def _learn(this: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("__init__", "digest", "encrypt_cbc", "encrypt_gcm", "seal"):
        original = getattr(keyring.Key, name)

        def given(key: keyring.Key, text: str, *rest: Any, _original: Any = original) -> Any:
            this.secrets.add(text)
            return _original(key, text, *rest)

        monkeypatch.setattr(keyring.Key, name, given)
    for name in ("decrypt_cbc", "decrypt_gcm", "unseal"):
        original = getattr(keyring.Key, name)

        def found(key: keyring.Key, value: bytes, *rest: Any, _original: Any = original) -> Any:
            text = _original(key, value, *rest)
            this.secrets.add(text)
            return text

        monkeypatch.setattr(keyring.Key, name, found)


def _watch_results(this: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    original = queries._BoundQuery.call

    def call(*arguments: Any) -> Any:
        result = original(*arguments)
        this.emitted.append(repr(result))
        return result

    monkeypatch.setattr(queries._BoundQuery, "call", call)


def _watch_errors(this: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    def init(error: errors.ReanaDBError, *arguments: Any, **named: Any) -> None:
        super(errors.ReanaDBError, error).__init__(*arguments, **named)
        this.raised.append(error)

    monkeypatch.setattr(errors.ReanaDBError, "__init__", init, raising=False)


def _watch_commands(this: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    original = CliRunner.invoke

    def invoke(*arguments: Any, **named: Any) -> Result:
        result: Result = original(*arguments, **named)
        this.emitted.append(result.output)
        this.raised += [result.exception] if result.exception else []
        return result

    monkeypatch.setattr(CliRunner, "invoke", invoke)
