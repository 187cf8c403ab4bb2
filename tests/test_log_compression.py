"""Logs are compressed with lz4 where the server can."""

from __future__ import annotations

from reana_db.queries import Conn

KNOWN = """
SELECT COALESCE('lz4' = ANY(enumvals), FALSE)
FROM pg_settings WHERE name = 'default_toast_compression'
"""
COMPRESSED = """
SELECT attrelid::regclass::text
FROM pg_attribute
WHERE attname = 'logs' AND attnum > 0 AND to_jsonb(pg_attribute) ->> 'attcompression' = 'l'
ORDER BY 1
"""


def test_logs_are_compressed_with_lz4_where_the_server_says_that_it_can(conn: Conn) -> None:
    known = conn.execute(KNOWN).fetchone() == (True,)
    compressed = [table for (table,) in conn.execute(COMPRESSED)]
    assert compressed == (["__reana.job", "__reana.workflow"] if known else [])
