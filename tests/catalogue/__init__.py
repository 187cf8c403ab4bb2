"""The operations of REANA's services and the functions that stand for them."""

from __future__ import annotations

from tests.catalogue import jobs, quota, site, users, workflows
from tests.catalogue.operation import Operation

OPERATIONS: list[Operation] = sorted(
    [
        *users.OPERATIONS,
        *workflows.OPERATIONS,
        *jobs.OPERATIONS,
        *quota.OPERATIONS,
        *site.OPERATIONS,
    ],
    key=lambda operation: operation.number,
)
LAST_NUMBER = 136
