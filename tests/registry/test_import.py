"""What importing the package costs, and what it does not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

HEAVY = {"yoyo", "sqlparse", "cryptography", "click", "yaml"}
"""Packages that only some commands and functions need."""


def loaded_by(code: str) -> set[str]:
    """Return the top-level modules that a statement loads in a new interpreter."""
    script = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_no_subject_and_no_driver() -> None:
    assert not loaded_by("import reana_db") & {*HEAVY, "psycopg", "hashlib", "dataclasses"}


def test_importing_every_subject_loads_no_heavy_dependency() -> None:
    code = "from reana_db import queries\nqueries.registered()"
    assert not loaded_by(code) & HEAVY


def test_importing_all_subjects_costs_about_as_much_as_the_driver_at_most() -> None:
    # CPU time and a ratio: the machine that runs the tests may be slow or busy.
    code = """
import time
start = time.process_time()
import psycopg, psycopg_pool
driver = time.process_time()
from reana_db import *
print((time.process_time() - driver) / (driver - start))
"""
    runs = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
        for _ in range(3)
    ]
    assert min(runs) < 1.2


def test_importing_what_a_service_needs_costs_little_beside_the_driver_and_its_pool() -> None:
    code = """
import sys, time
start = time.process_time()
import psycopg, psycopg_pool
driver = time.process_time()
import reana_db
from reana_db import workflows
print((time.process_time() - start) / (driver - start))
print([name for name in sys.modules if name == "reana_db.lifecycle"])
"""
    runs = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        for _ in range(3)
    ]
    assert min(float(run.stdout.splitlines()[0]) for run in runs) < 1.3
    assert {run.stdout.splitlines()[1] for run in runs} == {"[]"}  # no other subject
