"""``python -m reana_db``: the command ``reana-db``."""

from __future__ import annotations

from reana_db.cli import main

main(prog_name="reana-db")
