"""What the drill knows of a primary and its standbys, whoever looks after them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from signal import Signals
from typing import Any, Protocol


class Node(Protocol):
    """One server, and what looks after it."""

    @property
    def name(self) -> str: ...

    def uri(self, dbname: str) -> str:
        """Return the URI of a database of this server, whatever it is at the moment."""

    def signal(self, number: Signals, *, manager: bool = False) -> None:
        """Send a signal to all processes of the server, and to its manager before it."""

    def stop_server(self, number: Signals) -> None:
        """Tell the postmaster to stop: SIGINT is fast, SIGQUIT immediate."""


class Cluster(Protocol):
    """Three nodes."""

    lease: float
    """Seconds after which a primary that is silent is given up."""

    @property
    def nodes(self) -> Sequence[Node]: ...

    @property
    def primary(self) -> Node: ...

    @property
    def standby(self) -> Node:
        """The standby that would be promoted."""

    def describe(self) -> Any:
        """Return what is known of the nodes, for a message."""

    def wait_until_whole(self, seconds: float = 180) -> None:
        """Wait until there are a primary and two standbys, one of which has every commit."""

    def switch_over(self, primary: Node, standby: Node) -> None:
        """Exchange the two, on purpose."""

    def place(self, dbname: str) -> str:
        """Return a connection string that finds the primary among all hosts."""

    def logs(self) -> Iterator[str]:
        """Yield the ends of the logs, for a failure that must be understood."""
