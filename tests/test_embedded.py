from __future__ import annotations

import psycopg
import pytest

from reana_db import embedded


@pytest.mark.parametrize("tcp", [False, True])
def test_a_temporary_server_answers_and_leaves_nothing(tcp: bool) -> None:
    with embedded.start(tcp=tcp) as server:
        with psycopg.connect(server.uri()) as conn:
            row = conn.execute("SELECT current_setting('timezone')").fetchone()
        assert row == ("UTC",)
    assert not server.socket_directory.parent.exists()
