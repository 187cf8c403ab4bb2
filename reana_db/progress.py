"""Progress of long work, told to whoever wants to show it."""

from __future__ import annotations


class Progress:
    """Told what was done; this one tells nobody."""

    def start(self, label: str, total: int) -> None:
        """Begin a phase of about so many steps."""

    def advance(self, steps: int) -> None:
        """Note that so many steps more are done."""
