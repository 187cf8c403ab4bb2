"""Watches each server for the moment when it becomes the primary."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

import psycopg
from psycopg.conninfo import make_conninfo

from tests.failover.cluster import Node

_PAUSE = 0.05


class Watch:
    """When which node became the primary, as somebody sees who asks all the time."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.promotions: list[tuple[float, Node]] = []
        self._over = threading.Event()
        for node in nodes:
            threading.Thread(target=self._follow, args=(node,), daemon=True).start()

    def stop(self) -> None:
        """End as soon as the servers let it."""
        self._over.set()

    def since(self, moment: float) -> tuple[float, Node] | None:
        """Return the last promotion after a moment, if there was one."""
        found = [item for item in self.promotions if item[0] > moment]
        return found[-1] if found else None

    def _follow(self, node: Node) -> None:
        """Note each change from a standby, or from nothing, to a primary."""
        while not self._over.is_set():
            try:
                self._ask(node)
            except (psycopg.Error, OSError):  # a file of a server that is removed, too
                time.sleep(_PAUSE)

    def _ask(self, node: Node) -> None:
        place = make_conninfo(node.uri("postgres"), connect_timeout=2, tcp_user_timeout=3000)
        was_primary = False
        with psycopg.connect(place, autocommit=True) as conn:
            while not self._over.wait(_PAUSE):
                row = conn.execute(
                    "SELECT NOT pg_is_in_recovery()"
                    " AND current_setting('transaction_read_only') = 'off'"
                ).fetchone()
                assert row is not None
                if row[0] and not was_primary:
                    self.promotions.append((time.time(), node))
                was_primary = row[0]
