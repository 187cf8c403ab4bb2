"""Finding runs by what users write, against a straightforward model, over random data."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reana_db import errors, workflows
from reana_db.queries import Conn
from tests.support import soak
from tests.support.factories import FAR_AHEAD, LONG_AGO, make_user, make_workflow, share

pytestmark = pytest.mark.slow

NAMES = st.sampled_from(
    [
        *("fit", "Fit", "a.b", "a", "fit.1", "1", "a%", "a_", "it's", '"q"', ".", "a.", "a\\"),
        *("1.2", "a.1.2", "été", "e\u0301te", "字", "😀.1", "a.٣", " a", "NULL"),
    ]
)
PEOPLE = 3


@dataclass
class Run:
    """One run of the model."""

    owner: int
    name: str | None
    major: int
    minor: int
    shared: bool | None
    """With the user who asks: validly, no longer, or never."""
    id_: UUID = field(default_factory=lambda: UUID(int=0))


@st.composite
def runs(draw: st.DrawFn) -> Run:
    return Run(
        owner=draw(st.integers(0, PEOPLE - 1)),
        name=draw(st.none() | NAMES),
        major=draw(st.integers(1, 3)),
        minor=draw(st.integers(0, 2)),
        shared=draw(st.sampled_from([True, False, None])),
    )


def number_of(part: str) -> tuple[int, int] | None:
    """Read "M" or "M.m"."""
    major, _, minor = part.partition(".")
    if not major.isdecimal() or (minor and not minor.isdecimal()) or part.endswith("."):
        return None
    return int(major), int(minor or 0)


def fitting(found: list[Run], text: str) -> list[Run]:
    """Return the runs that a text can mean, whoever owns them, the newest of each owner."""
    name, dot, rest = text.partition(".")
    number = number_of(rest) if dot and name else None
    if number:
        return [run for run in found if (run.name, run.major, run.minor) == (name, *number)]
    wanted = name if dot and not rest and name else text
    newest: dict[int, Run] = {}
    for run in sorted(found, key=lambda run: (run.major, run.minor)):
        if run.name == wanted:
            newest[run.owner] = run
    return list(newest.values())


def expected(found: list[Run], text: str, *, include_shared: bool) -> set[UUID]:
    """Return the ids among which the user must choose: one, unless several people share."""
    own = fitting([run for run in found if run.owner == 0], text)
    if own or not include_shared:
        return {run.id_ for run in own}
    return {run.id_ for run in fitting([run for run in found if run.owner and run.shared], text)}


def stored(conn: Conn, found: list[Run]) -> UUID:
    people = [make_user(conn) for _ in range(PEOPLE)]
    for run in found:
        run.id_ = make_workflow(
            conn,
            people[run.owner],
            name=run.name,
            run_number_major=run.major,
            run_number_minor=run.minor,
        )
        if run.owner and run.shared is not None:
            share(conn, run.id_, people[0], FAR_AHEAD if run.shared else LONG_AGO)
    return people[0]


def resolved(conn: Conn, text: str, user_id: UUID, *, include_shared: bool) -> set[UUID] | None:
    """Return the id that was found, nothing, or None for several candidates."""
    try:
        run = workflows.resolve(conn, text, user_id=user_id, include_shared=include_shared)
    except errors.NotFound:
        return set()
    except errors.AmbiguousWorkflow:
        return None
    return {run.id_}


TEXTS = st.one_of(
    NAMES,
    st.builds("{}.{}".format, NAMES, st.integers(0, 4)),
    st.builds("{}.{}.{}".format, NAMES, st.integers(0, 4), st.integers(0, 3)),
    st.builds("{}.".format, NAMES),
    st.builds("{}.x".format, NAMES),
)


@settings(max_examples=soak.size(60, 500), deadline=None)
@given(
    st.lists(
        runs(), max_size=12, unique_by=lambda run: (run.owner, run.name, run.major, run.minor)
    ),
    st.lists(st.tuples(TEXTS, st.booleans()), min_size=1, max_size=8),
)
def test_a_run_is_found_as_the_model_says(
    session_conn: Conn, found: list[Run], asked: list[tuple[str, bool]]
) -> None:
    with session_conn.transaction(force_rollback=True):
        me = stored(session_conn, found)
        for text, include_shared in asked:
            if not text.isascii():
                with pytest.raises(errors.InvalidArgument, match="ASCII"):
                    workflows.resolve(session_conn, text, user_id=me)
                continue
            ids = expected(found, text, include_shared=include_shared)
            answer = resolved(session_conn, text, me, include_shared=include_shared)
            assert answer == (None if len(ids) > 1 else ids)
        for run in found:
            visible = run.owner == 0 or bool(run.shared)
            answer = resolved(session_conn, str(run.id_), me, include_shared=True)
            assert answer == ({run.id_} if visible else set())
