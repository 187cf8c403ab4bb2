"""How long a refresh of processing time takes, and how much memory.

Of a database in which none is recorded yet, and again when all is; as a process of its own.  Exit
status 1 if it takes too much memory.  That sessions go on meanwhile is a test.

    python -m benchmarks.quota_refresh
    python -m benchmarks.quota_refresh --workflows 1000000
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psycopg

from benchmarks import options, servers
from benchmarks.servers import Site

MEMORY_LIMIT = 64 * 1000**2


def forget_usage(uri: str) -> None:
    """Take back what was recorded, as if no refresh had been."""
    servers.switch_triggers(uri, "DISABLE")
    with psycopg.connect(uri, autocommit=True) as conn:
        conn.execute("DELETE FROM __reana.workflow_resource")
        conn.execute("UPDATE __reana.quota_ledger SET cpu_used = 0, disk_used = 0")
        conn.execute("UPDATE __reana.user_resource SET quota_used = 0, quota_counted = 0")
        conn.execute("VACUUM (ANALYZE)")
        conn.execute("CHECKPOINT")
    servers.switch_triggers(uri, "ENABLE")


def refresh(uri: str) -> tuple[float, int]:
    """Run our command; return the seconds that it took, and its peak in bytes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reana_db", "quota", "refresh", "--json", "--resource", "cpu"],
        env={**os.environ, "REANA_SQLALCHEMY_DATABASE_URI": uri},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    found = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return found["seconds"], usage.ru_maxrss * 1024


def main() -> None:
    """Run the benchmark."""
    parser = options.parser("benchmarks.quota_refresh", __doc__)
    parser.add_argument("--workflows", type=int, default=100_000)
    given = parser.parse_args()
    with servers.server(given.directory) as uri:
        site = Site(uri, given.workflows, given.users)
        site.build()
        with site.copies(released=False) as uris:
            forget_usage(uris[False])
            found = [refresh(uris[False]) for _ in range(2)]
    for state, (seconds, peak) in zip(("none recorded", "all recorded"), found, strict=True):
        print(f"{state:14} {seconds:7.2f} s, peak {peak / 1000**2:.0f} MB")
    raise SystemExit(any(peak >= MEMORY_LIMIT for _, peak in found))


if __name__ == "__main__":
    main()
