"""Runs the service on a private server: ``python -m service`` in this folder's parent."""

from __future__ import annotations

import os
import threading
from queue import SimpleQueue
from uuid import UUID

from reana_db import NewUser, Pool, accounts, embedded
from reana_db.migrating import installation

from .app import create_app
from .consumer import consume


def main() -> None:
    """Serve on port 5000 until interrupted."""
    queued: SimpleQueue[UUID | None] = SimpleQueue()
    os.environ.setdefault("REANA_SECRET_KEY", "a key for this example")
    with embedded.start(tcp=True) as server:
        uri = server.uri("reana")
        installation.install(uri)
        with Pool(uri) as pool:
            with pool.connection() as conn:
                ada = NewUser(email="ada@example.org", token="ada-token")  # noqa: S106 - of a demo
                accounts.create(conn, ada)
            threading.Thread(target=consume, args=(pool, queued), daemon=True).start()
            create_app(pool, queued).run(port=5000)


main()
