"""Workspaces: where the files of runs are.

The database stores the path of each run and does not know the shared volume; services build paths
with these functions before they create a run.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from reana_db import config
from reana_db.registry.arguments import Id


def build_workspace_path(
    user_id: Id,
    workflow_id: Id | None = None,
    *,
    root: str | None = None,
    shared_volume: str | None = None,
) -> str:
    """Return the path of the workspace of a run, or of the directory of a user's workspaces.

    ``<default root>/users/<user>/workflows[/<run>]``; with another root ``<root>[/<run>]``.  The
    default root is the first path in ``WORKSPACE_PATHS``, else ``SHARED_VOLUME_PATH``; with
    ``shared_volume``, that.  A root inside the shared volume stands for
    ``<shared volume>/users/<user>/workflows`` (REANA's rules).
    """
    volume = PurePosixPath(shared_volume or config.settings().shared_volume_path)
    users = PurePosixPath("users", str(user_id), "workflows")
    if not root:
        path = PurePosixPath(shared_volume or config.settings().default_workspace_root) / users
    elif PurePosixPath(root).is_relative_to(volume):
        path = volume / users
    else:
        path = PurePosixPath(root)
    return str(path / str(workflow_id) if workflow_id else path)


def user_workspace_path(user_id: Id, *, shared_volume: str | None = None) -> str:
    """Return the directory of a user's workspaces under the default root."""
    return build_workspace_path(user_id, shared_volume=shared_volume)
