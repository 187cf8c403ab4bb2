"""Several hosts in a connection string: those that keep silent must not hold up the others.

A host that is frozen or cut off answers nothing, so that connecting to it takes all of
``connect_timeout``.  It is left out of the next attempts for a while, and asked last until it
answers again.
"""

from __future__ import annotations

import random
import time

from psycopg.abc import ConnDict
from psycopg.conninfo import conninfo_to_dict

LEFT_OUT_SECONDS = 10.0

_silent_since: dict[tuple[object, ...], float] = {}


def places(conninfo: str) -> list[ConnDict]:
    """Return the parameters for each host of a connection string, in the order to try them."""
    parameters = conninfo_to_dict(conninfo)
    lists = {key: str(parameters.get(key) or "").split(",") for key in ("host", "hostaddr", "port")}
    number = max(map(len, lists.values()))
    if number == 1:
        return [parameters]
    if any(len(values) not in (1, number) for values in lists.values()):
        return [parameters]  # libpq says what is wrong
    each = [
        {
            **parameters,
            **{key: values[min(index, len(values) - 1)] for key, values in lists.items()},
        }
        for index in range(number)
    ]
    if parameters.get("load_balance_hosts") == "random":
        random.shuffle(each)
    return _by_kind(_silent_last([_without_empty(place) for place in each]))


def note_silence(place: ConnDict) -> None:
    """Remember that a host did not answer in time."""
    _silent_since[_key(place)] = time.monotonic()


def note_answer(place: ConnDict) -> None:
    """Remember that it answers."""
    _silent_since.pop(_key(place), None)


def _key(place: ConnDict) -> tuple[object, ...]:
    return place.get("host"), place.get("hostaddr"), place.get("port")


def _without_empty(place: ConnDict) -> ConnDict:
    return {key: value for key, value in place.items() if value != ""}


def _silent_last(each: list[ConnDict]) -> list[ConnDict]:
    """Leave out what was silent just now, unless all were, and put last what was before."""
    recently = time.monotonic() - LEFT_OUT_SECONDS
    ordered = sorted(each, key=lambda place: _key(place) in _silent_since)
    return [place for place in ordered if _silent_since.get(_key(place), 0.0) < recently] or ordered


def _by_kind(each: list[ConnDict]) -> list[ConnDict]:
    """Try all for a standby before any server will do, where that is preferred."""
    if each[0].get("target_session_attrs") != "prefer-standby":
        return each
    return [
        {**place, "target_session_attrs": kind} for kind in ("standby", "any") for place in each
    ]
