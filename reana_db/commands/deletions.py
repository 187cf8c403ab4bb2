"""``reana-db deletions``: deleted runs whose files may still be there."""

from __future__ import annotations

import dataclasses

import click

from reana_db import deletion
from reana_db.commands.connecting import connected
from reana_db.commands.printing import json_option, print_json, print_table
from reana_db.deletion import RunDeletion


@click.command("deletions")
@json_option
def command(*, as_json: bool) -> None:
    """List deleted runs whose files may still be there, the longest waiting first.

    A service deletes a run, removes its files and confirms that.  What is listed for long was left
    by a service that died: remove the files, and confirm with deletion.confirm_deletions.
    """
    with connected() as conn:
        found = deletion.unconfirmed_deletions(conn)
    if as_json:
        print_json([dataclasses.asdict(item) for item in found])
    elif not found:
        click.echo("no deletion waits for its confirmation")
    else:
        headings = ("deleted (UTC)", "run", "id", "workspace", "to close", "jobs")
        print_table(headings, [_cells(item) for item in found])


def _cells(item: RunDeletion) -> tuple[str, ...]:
    return (
        f"{item.claimed_at:%Y-%m-%d %H:%M:%S}",
        item.full_name,
        str(item.id_),
        item.workspace_path or "",
        str(len(item.closed)),
        str(len(item.jobs)),
    )
