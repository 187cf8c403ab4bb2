"""Services and commands of released versions, as subprocesses on a database of ours."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Self

from tests.interop import environments

HERE = Path(__file__).parent
SECRET_KEY = "the key of interop"


class OldError(Exception):
    """What a service of a released version ran into."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(f"{answer['type']}: {answer['error']}")
        self.sqlstate: str | None = answer["sqlstate"]


def environment(uri: str, **settings: str) -> dict[str, str]:
    """Return the environment of a service: nothing of ours but what the chart would set."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **inherited,
        "TZ": "UTC",
        "PYTHONWARNINGS": "ignore",
        "REANA_SQLALCHEMY_DATABASE_URI": uri.replace("postgresql:", "postgresql+psycopg2:", 1),
        "REANA_SECRET_KEY": SECRET_KEY,
        **settings,
    }


class OldService:
    """A running service of a released version; see ``old_service.py`` for what it does."""

    def __init__(self, release: str, uri: str, **settings: str) -> None:
        self.release = release
        self._process = subprocess.Popen(
            [environments.python(release), HERE / "old_service.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(uri, **settings),
            cwd="/",
            text=True,
        )

    def __call__(self, do: str, **arguments: Any) -> Any:
        """Let it do something and return the result; raises OldError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {name: _plain(value) for name, value in arguments.items()}
        self._process.stdin.write(json.dumps({"do": do, **request}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise OldError(answer)
        return answer["result"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)


def command(
    release: str, uri: str, *arguments: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run ``reana-db`` of a released version."""
    return subprocess.run(
        [environments.python(release).with_name("reana-db"), *arguments],
        env=environment(uri, **settings),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | dict | None) else str(value)
