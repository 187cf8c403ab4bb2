"""What importing the package costs, and what it does not load."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"yoyo", "sqlparse", "cryptography", "click", "psycopg_pool", "yaml"}
"""Packages that only some commands and functions need."""


def loaded_by(code: str) -> set[str]:
    """Return the top-level modules that a statement loads in a new interpreter."""
    script = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_no_heavy_dependency() -> None:
    assert not loaded_by("import reana_db") & HEAVY


def test_importing_every_subject_loads_no_heavy_dependency() -> None:
    code = "from reana_db import queries\nqueries.registered()"
    assert not loaded_by(code) & HEAVY


def test_importing_takes_less_than_150_milliseconds() -> None:
    code = "import time\nt = time.perf_counter()\nimport reana_db\nprint(time.perf_counter() - t)"
    runs = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
        for _ in range(5)
    ]
    assert min(runs) < 0.150
