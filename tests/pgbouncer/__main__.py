"""The test suite through PgBouncer: ``tox -e pgbouncer``.

Once without prepared statements, through the first program, and once with them, through each
program that can.  What cannot run is shown as such.  Ends with 1 if a test failed or nothing
could run; arguments are those of pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.pgbouncer import pooler, suite


def _run(program: pooler.Program, mode: str, arguments: list[str]) -> bool:
    """Run the suite and tell whether it passed."""
    print(f"\n{program} ({program.path}), {mode} statements", flush=True)  # noqa: T201 # a command
    chosen = {pooler.VARIABLE: str(program.path), suite.VARIABLE: mode}
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    return subprocess.run(command, env=os.environ | chosen, check=False).returncode == 0


def main(arguments: list[str]) -> int:
    """Run the suite in every way, and return the exit status."""
    programs = pooler.programs()
    if not programs:
        print(f"cannot run: no pgbouncer on the PATH, nor in {pooler.VARIABLE}")  # noqa: T201 # the same
        return 1
    passed = [_run(programs[0], "plain", arguments)]
    able = [program for program in programs if program.can_prepare]
    passed += [_run(program, "prepared", arguments) for program in able]
    if not able:
        print("skipped: prepared statements, which need PgBouncer 1.21 or newer")  # noqa: T201 # the same
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
