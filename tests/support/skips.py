"""Why tests were skipped, and how they run: ``python -m tests.support.skips report.xml``.

Exits with 1 if there is a reason that is not known here.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from xml.etree import ElementTree as ET

KNOWN = {
    r"runs released versions": "tox -e interop",
    r"runs the suite through PgBouncer": "tox -e pgbouncer",
    r"needs a database of 200,000 runs": "tox -e scale",
    r"needs root|only root ": "the same command as root",
    r"needs psql|needs pg_dump": "install postgresql-client",
    r"needs pg_basebackup": "pip install 'reana-db[embedded]'",
    r"setpriv is not installed": "install util-linux",
    r"other users can read neither this interpreter": "a Python that other users can read",
    r"this machine has no PostgreSQL": "install postgresql",
}
"""Reasons, and what to run or to have so that these tests run."""


def main(report: str) -> int:
    """Print the skips of a report by reason."""
    skipped = ET.parse(report).getroot().iter("skipped")
    reasons = Counter(element.get("message", "") for element in skipped)
    unknown = False
    for reason, number in reasons.most_common():
        commands = [how for pattern, how in KNOWN.items() if re.match(pattern, reason)]
        unknown = unknown or not commands
        line = f"{number:5} skipped: {reason}; to run: {(commands or ['NOT KNOWN'])[0]}\n"
        sys.stdout.write(line)
    return int(unknown)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
