"""Which columns of a statement's result can be NULL.

A column of a table is as nullable as the table says, unless an outer join of the generic plan can
leave its row out.  An expression is taken to be nullable, except for the few forms that never are;
a statement may vouch for others in a comment: ``-- not null: total, has_more``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from psycopg import pq
from psycopg.rows import tuple_row

from reana_db.queries import Conn, query

Plan: TypeAlias = dict[str, Any]
NotNull: TypeAlias = frozenset[tuple[int, int]]

_NEVER_NULL = re.compile(r"^\(*(count|row_number|COALESCE|clock_timestamp|now)\(|^EXISTS|^'")
_DERIVED = {"CTE Scan", "Subquery Scan", "WorkTable Scan"}
_NULLABLE_SIDES = {"Left": {"Inner"}, "Right": {"Outer"}, "Full": {"Inner", "Outer"}}


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column that a table declares NOT NULL."""

    table_oid: int
    number: int


@query
def columns_declared_not_null(conn: Conn) -> list[TableColumn]:
    """Return the columns that are NOT NULL in tables outside the system's schemas."""


@query
def _plan_generically(conn: Conn) -> None:
    """Make the plan independent of the arguments, until the end of the transaction."""


def not_null_columns(conn: Conn) -> NotNull:
    """Return table oid and number of every column that a table declares NOT NULL."""
    return frozenset((c.table_oid, c.number) for c in columns_declared_not_null(conn))


def nullable_outputs(
    conn: Conn,
    prepared: str,
    described: pq.abc.PGresult,
    not_null: NotNull,
    vouched: frozenset[str],
) -> list[bool]:
    """Tell for each result column of a prepared statement whether it can be NULL."""
    plan = generic_plan(conn, prepared, described.nparams)
    outputs = plan.get("Output", [])
    omitted = set(_omitted_relations(plan, nullable=False))
    return [
        _name(described, index) not in vouched
        and _nullable(described, index, _output(outputs, index), not_null, omitted)
        for index in range(described.nfields)
    ]


def generic_plan(conn: Conn, prepared: str, parameters: int) -> Plan:
    """Return the plan that a prepared statement has whatever its arguments are."""
    arguments = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
    explain = f"EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE {prepared}{arguments}"
    with conn.transaction(), conn.cursor(row_factory=tuple_row) as cursor:
        _plan_generically(conn)
        cursor.execute(explain.encode(), prepare=False)
        ((plans,),) = cursor.fetchall()
    root: Plan = plans[0]["Plan"]
    return root


def _name(described: pq.abc.PGresult, index: int) -> str:
    return (described.fname(index) or b"").decode()


def _output(outputs: list[str], index: int) -> str:
    return outputs[index] if index < len(outputs) else ""


def _nullable(
    described: pq.abc.PGresult, index: int, output: str, not_null: NotNull, omitted: set[str]
) -> bool:
    column = (described.ftable(index), described.ftablecol(index))
    if column[0] == 0:
        return _NEVER_NULL.match(output) is None
    relation = output.strip("()").partition(".")[0]
    return column not in not_null or relation in omitted


def _omitted_relations(plan: Plan, *, nullable: bool) -> Iterator[str]:
    """Yield the aliases whose rows an outer join can leave out.

    What is inside a CTE or a subquery cannot be told apart by name from outside, so its alias
    counts as soon as it contains an outer join.
    """
    alias = plan.get("Alias") or plan.get("CTE Name")
    if alias and (nullable or (plan["Node Type"] in _DERIVED and _has_outer_join(plan))):
        yield str(alias).strip('"')
    sides = _NULLABLE_SIDES.get(plan.get("Join Type", ""), set())
    for child in plan.get("Plans", []):
        below = nullable or child.get("Parent Relationship") in sides
        yield from _omitted_relations(child, nullable=below)
        if str(child.get("Subplan Name", "")).startswith("CTE ") and _has_outer_join(child):
            yield child["Subplan Name"].removeprefix("CTE ")


def _has_outer_join(plan: Plan) -> bool:
    return plan.get("Join Type") in _NULLABLE_SIDES or any(
        _has_outer_join(child) for child in plan.get("Plans", [])
    )
