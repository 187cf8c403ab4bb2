"""What a refresh is to do, and what it found and did."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from uuid import UUID

from reana_db import config
from reana_db.records import ResourceType

RUNS_PER_TRANSACTION = 1000
PASSES = 3
"""How often rows that somebody else was changing are tried again."""


def _configured_roots() -> tuple[str, ...]:
    settings = config.settings()
    return (settings.shared_volume_path, *settings.workspace_paths.values())


@dataclass(frozen=True, slots=True)
class Plan:
    """What a refresh does."""

    types: frozenset[ResourceType] = frozenset(ResourceType)
    user_id: UUID | None = None
    """Only the runs and totals of this user."""
    dry_run: bool = False
    """Whether to look for differences without correcting them."""
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    """Processes that measure workspaces."""
    roots: tuple[str, ...] = field(default_factory=_configured_roots)
    """Directories that hold the workspaces."""
    force: bool = False
    """Whether to record what was measured although files seem to be missing."""


@dataclass(slots=True)
class Summary:
    """What a refresh found and did; differences are corrected unless it was a dry run."""

    dry_run: bool
    users: int = 0
    runs: int = 0
    workspaces: int = 0
    bytes_: int = 0
    """Of all workspaces that were measured."""
    cpu_differences: int = 0
    """Runs whose recorded processing time was not their time."""
    disk_differences: int = 0
    """Runs whose recorded size was not the size of their workspace."""
    total_differences: int = 0
    """Users whose totals were not what their runs use, or whose quota period was over."""
    cpu_drift: int = 0
    """By how much runs and totals were wrong, in milliseconds."""
    disk_drift: int = 0
    """By how much runs and totals were wrong, in bytes."""
    left_out: int = 0
    """Runs that others were changing all the time."""
    unreadable: int = 0
    """Workspaces that could not be measured; their runs keep what was recorded."""
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether everything was looked at."""
        return not (self.unreadable or self.left_out)
