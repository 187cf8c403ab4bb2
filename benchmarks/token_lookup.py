"""How long finding the owner of a token takes, next to the same statement prepared by hand.

Three ways take turns over the same tokens; printed are their medians and ratios:

``library``     ``tokens.find_owner``: digest and ciphertext of the token, the statement, the check
``by hand``     the same ciphers and the same check around the statement on a plain cursor
``statement``   the statement alone, with everything computed beforehand

    python -m benchmarks.token_lookup --tokens 100000
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.rows import tuple_row

from reana_db import embedded, migrate, queries, tokens
from reana_db.encryption import keyring, rotation

KEYS = keyring.of("benchmark")
TEXT = queries.statements_of("tokens")["_find_owner"].query
WAYS = ("library", "by hand", "statement")


def parameters(token: str) -> dict[str, Any]:
    """Return what the statement is asked with."""
    key = KEYS.current
    own = {"digest": key.digest(token), "ciphertext": key.encrypt_cbc(token)}
    return {**own, "previous_digest": None, "previous_ciphertext": None}


def store(conn: psycopg.Connection[Any], number: int) -> list[str]:
    """Store tokens as reana-db 0.9.5 does."""
    owners = {f"token-{number}": uuid4() for number in range(number)}
    with conn.cursor() as cursor:
        with cursor.copy("COPY __reana.user_ (created, updated, id_, email) FROM STDIN") as copy:
            for owner in owners.values():
                copy.write_row(("2026-01-01", "2026-01-01", owner, f"{owner}@example.org"))
        with cursor.copy(
            "COPY __reana.user_token (created, updated, id_, user_id, type_, status, token)"
            " FROM STDIN"
        ) as copy:
            for token, owner in owners.items():
                row = (uuid4(), owner, "reana", "active", KEYS.current.encrypt_cbc(token))
                copy.write_row(("2026-01-01", "2026-01-01", *row))
    return list(owners)


def measure(conn: psycopg.Connection[Any], known: list[str], number: int) -> dict[str, float]:
    """Return the median of each way, in seconds per look-up; they take turns for each token."""
    prepared: dict[str, Any] = {}

    def statement(values: dict[str, Any]) -> Any:
        cursor = conn.cursor(row_factory=tuple_row)
        return cursor.execute(TEXT, values, prepare=True).fetchone()

    def by_hand(token: str) -> None:
        values = parameters(token)
        owner_id, *_, token_id, stored, _ = statement(values)
        if stored != values["ciphertext"]:
            name = b"user_token.token/%b/%b" % (token_id.bytes, owner_id.bytes)
            assert KEYS.current.unseal(stored, name) == token

    ways: dict[str, Callable[[str], object]] = {
        "library": lambda token: tokens.find_owner(conn, token, keys=KEYS),
        "by hand": by_hand,
        "statement": lambda _: statement(prepared),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    chance = random.Random(0)
    for _ in range(number):
        token = chance.choice(known)
        prepared = parameters(token)
        for name in chance.sample(WAYS, len(WAYS)):
            started = time.perf_counter()
            ways[name](token)
            taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in taken.items()}


def report(form: str, medians: dict[str, float]) -> None:
    """Print the medians of one form."""
    for name, median in medians.items():
        ratio = medians["library"] / median
        print(f"{form:<11} {name:<10} {median * 1e6:7.1f} us   library / this: {ratio:.2f}")


def main() -> None:
    """Measure both forms."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=100_000)
    parser.add_argument("--lookups", type=int, default=10_000)
    parser.add_argument("--uri", help="an empty database, instead of a private server")
    options = parser.parse_args()
    if options.uri:
        run(options.uri, options)
        return
    with embedded.start() as server:
        run(server.uri(), options)


def run(uri: str, options: argparse.Namespace) -> None:
    """Fill a database and measure."""
    migrate.apply(uri)
    with psycopg.connect(uri, autocommit=True) as conn:
        known = store(conn, options.tokens)
        for form, rewrite in (("compatible", rotation.unseal), ("sealed", rotation.seal)):
            rewrite(conn, KEYS)
            conn.execute("VACUUM ANALYZE __reana.user_token, __reana.user_")
            measure(conn, known, 500)
            report(form, measure(conn, known, options.lookups))


if __name__ == "__main__":
    main()
