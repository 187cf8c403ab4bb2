"""The sizes of tests of chance: small by default, long with ``tox -e soak``.

``REANA_DB_TEST_SOAK`` is the number of seconds of the random workloads: 60 with ``tox -e soak``,
hours on request.
"""

from __future__ import annotations

import os

VARIABLE = "REANA_DB_TEST_SOAK"
SECONDS = float(os.environ.get(VARIABLE) or 0)


def size(small: int, long: int) -> int:
    """Return how much a test does: a little by default, much when the suite soaks."""
    return long if SECONDS else small
