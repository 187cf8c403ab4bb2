"""Backups and going back in time, as docs/running.md says: ``python -m tests.failover.backups``.

Runs the blocks of the page in a folder of its own, with pgBackRest and the newest PostgreSQL of the
machine that it knows.  Ends with 1 if what was there before a table was dropped is not there again.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg

from reana_db import embedded
from reana_db.embedded.server.account import Account, Failure, choose_account
from reana_db.embedded.server.cluster import Cluster, scratch_directory
from reana_db.migrating import installation
from tests.support import factories
from tests.support.contents import contents
from tests.support.replication import Node

PAGE = Path(__file__).parents[2] / "docs" / "running.md"
NEWEST = 15
"""The newest PostgreSQL that pgBackRest 2.45 knows."""
DATABASE = "reana"
LIFE = ("queued", "pending", "running", "finished")


class Page:
    """The section of the page, with its folders replaced by those of the drill."""

    def __init__(self, folder: Path, data: Path) -> None:
        text = PAGE.read_text().partition("## Backups\n")[2].partition("\n## ")[0]
        text = text.replace("\\\n", " ").replace("/var/lib/postgresql/15/main", str(data))
        text = text.replace("/var/lib/pgbackrest", str(folder / "repository"))
        command = f"pgbackrest --config={folder}/pgbackrest.conf"
        text = text.replace("pgbackrest --stanza", f"{command} --stanza")
        for name in ("log", "lock", "spool"):
            text = text.replace("[global]\n", f"[global]\n{name}-path={folder}\n")
        self.configuration, settings = _blocks(text, "ini")
        self.setting_up, self.going_back = (block.splitlines() for block in _blocks(text, "sh"))
        found = (line.split(" = ", 1) for line in settings.splitlines())
        self.settings = {name: value.strip("'") for name, value in found}


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class Drill:
    """A server that is backed up."""

    def __init__(self, bindir: Path, account: Account, folder: Path) -> None:
        self.bindir, self.account = bindir, account
        self.home = Cluster(None, account, account.make_directory(folder / "node"))
        self.home.create(bindir, NEWEST)
        _let_in(self.home.data)
        account.make_directory(folder / "repository")
        self.page = Page(folder, self.home.data)
        self.node = Node(self.home, bindir, self.page.settings)
        self.node.start()
        where = f"pg1-port={self.node.port}\npg1-socket-path={self.home.sockets}\n"
        where += "pg1-user=postgres\n"
        (folder / "pgbackrest.conf").write_text(self.page.configuration + where)
        account.own(folder / "pgbackrest.conf")

    def run(self, line: str) -> float:
        """Run a line of the page, and return how long it took."""
        began = time.monotonic()
        program, *words = shlex.split(line)
        if program == "pg_ctl":
            act = self.node.start if words[-1] == "start" else self.node.stop
            act()
        elif program == "reana-db":
            environment = {"REANA_SQLALCHEMY_DATABASE_URI": self.node.uri(DATABASE)}
            command = [sys.executable, "-m", "reana_db", *words]
            subprocess.run(command, env=environment, check=True)
        else:
            self.account.run([shutil.which(program) or program, *words])
        seconds = time.monotonic() - began
        say(f"{seconds:5.1f} s  {program} {' '.join(words[-2:])}")
        return seconds

    def write(self, runs: int) -> None:
        """Let runs be created, and live until their end."""
        with psycopg.connect(self.node.uri(DATABASE)) as conn:
            owner = factories.make_user(conn)
            made = [factories.make_workflow(conn, owner) for _ in range(runs)]
            for run in made:
                factories.make_job(conn, run)
                factories.set_usage(conn, run, 10)
            for status in LIFE:
                conn.execute(
                    "UPDATE __reana.workflow SET status = %s WHERE id_ = ANY (%s)", [status, made]
                )

    def play(self) -> list[str]:
        """Back up, lose a table, go back; return what is not as it was."""
        uri = self.node.uri(DATABASE)
        installation.install(uri)
        self.write(100)
        for line in self.page.setting_up:
            self.run(line)
        self.write(100)
        self.run(self.page.setting_up[-1].replace("full", "incr"))
        self.write(100)
        before = contents(uri)
        target = self.node.execute("SELECT clock_timestamp()::timestamptz(6)::text")
        time.sleep(1)
        with psycopg.connect(uri) as conn:
            conn.execute("DROP TABLE __reana.job CASCADE")
            conn.execute("CREATE TABLE __reana.too_late ()")
        self.node.execute("SELECT pg_switch_wal()")
        back = 0.0
        for line in self.page.going_back:
            back += self.run(re.sub(r"--target='[^']*'", f"--target='{target}'", line))
        say(f"{back:5.1f} s  in all to go back to {target}")
        after = contents(uri)
        return [table for table in {*before, *after} if after.get(table) != before.get(table)]


def _let_in(data: Path) -> None:
    """Let the user of the server in without a password, as Debian does."""
    rules = data / "pg_hba.conf"
    rules.write_text("local all postgres trust\n" + rules.read_text())


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _server() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
    known = [path for path in found if int(path.parent.name) <= NEWEST]
    return embedded.find_binaries(known[-1])[0] if known else None


def main() -> int:
    """Play it, and return the exit status."""
    bindir = _server()
    if not shutil.which("pgbackrest") or bindir is None:
        say(f"backups: left out: needs pgBackRest and a PostgreSQL up to {NEWEST}")
        return 0
    account = choose_account(None)
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_directory(account))
        drill = Drill(bindir, account, folder)
        stack.callback(drill.node.stop)
        try:
            missing = drill.play()
        except Failure as failure:
            missing = [str(failure)]
    for text in missing:
        say(f"FAILED: not as before: {text}")
    say("backups: everything is as it was" if not missing else "backups: FAILED")
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
