"""Settings: the environment, read once and checked, as one frozen object.

Variables keep the names and the meaning that they have in REANA's services; see ``docs/`` for the
table.  Nothing here connects.  A variable that is empty counts as not set, as Helm charts need it.

Where the database is follows, for each part, the first that is given:

1. ``REANA_SQLALCHEMY_DATABASE_URI``, which replaces all parts;
2. ``REANA_DB_HOST``, ``_PORT``, ``_NAME``, ``_USERNAME``, ``_PASSWORD``;
3. libpq's own ``PGHOST``, ``PGPORT``, ``PGDATABASE``, ``PGUSER``, ``PGPASSWORD`` …, or everything
   from the service file when ``PGSERVICE`` names a service;
4. REANA's default.

An empty ``REANA_DB_PASSWORD`` leaves the password to libpq (``~/.pgpass``).  Everything else that
libpq reads (``PGSSLMODE``, ``PGTARGETSESSIONATTRS`` …) works because it is never overridden.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import quote, unquote, urlencode

from psycopg import ProgrammingError, pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reana_db.errors import ConfigurationError
from reana_db.values import LONGEST_PERIOD

POLICY_VARIABLE = "REANA_WORKFLOW_TERMINATION_QUOTA_UPDATE_POLICY"

MAX_MESSAGE_PRIORITY = 100
"""The highest priority of REANA's message queues; priorities of workflows are scaled to it."""

DEFAULT_RESOURCES: Mapping[str, str] = MappingProxyType(
    {"cpu": "processing time", "disk": "shared storage"}
)
"""The names of REANA's quota resources by type; cpu is in milliseconds, disk in bytes."""

IGNORED_VARIABLES = (
    "REANA_CRONJOB_DISK_QUOTA_UPDATE_POLICY",
    "REANA_PERIODIC_RESOURCE_QUOTA_UPDATE_POLICY",
)
"""Accepted for old charts, without effect: ``reana-db quota refresh`` always does its work."""

PGBOUNCER_PORT = "6432"
"""Where REANA's chart puts PgBouncer; there, prepared statements are off unless asked for."""

_STATUSES = frozenset(
    ("created", "running", "finished", "failed", "deleted", "stopped", "queued", "pending")
)
_LARGEST_INTEGER = 2**31 - 1
_LARGEST_BIGINT = 2**63 - 1
_SHOWN_VALUE_LENGTH = 80
_PREFIXES = ("REANA_", "SQLALCHEMY_", "SHARED_VOLUME_PATH", "WORKSPACE_PATHS")
_SURROGATE = re.compile("[\ud800-\udfff]")

logger = logging.getLogger("reana_db")


class _BadValue(ValueError):
    """A value breaks the rule that is the message."""


def _whole(minimum: int, maximum: int = _LARGEST_INTEGER) -> Callable[[str], int]:
    """Read a whole number; Helm may have written it as ``1e+10`` or ``5.0``."""
    rule = f"must be a whole number from {minimum} to {maximum}"

    def parse(text: str) -> int:
        try:
            number = Decimal(text.strip())
        except InvalidOperation:
            raise _BadValue(rule) from None
        # The bounds come first: 1e999999999 must not become an integer of that length.
        if not (number.is_finite() and minimum <= number <= maximum and number == int(number)):
            raise _BadValue(rule)
        return int(number)

    return parse


def _boolean(text: str) -> bool:
    match text.strip().lower():
        case "true" | "yes" | "on" | "1" | "y" | "t":
            return True
        case "false" | "no" | "off" | "0" | "n" | "f":
            return False
    raise _BadValue("must be true or false")


def _months(text: str) -> int | None:
    return _whole(0, LONGEST_PERIOD)(text) or None


def _threshold(text: str) -> int | None:
    if text.strip().lower() == "off":
        return None
    try:
        return _whole(0)(text)
    except _BadValue:
        raise _BadValue("must be 'off' or a whole number of at least 0") from None


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip().lower() for word in text.split(",") if word.strip())


def _policy(text: str) -> frozenset[str]:
    if not _words(text) <= DEFAULT_RESOURCES.keys():
        raise _BadValue("must be a comma-separated list of cpu and disk")
    return _words(text)


def _statuses(text: str) -> frozenset[str]:
    if unknown := _words(text) - _STATUSES:
        logger.warning(
            "REANA_RUNTIME_KUBERNETES_KEEP_ALIVE_JOBS_WITH_STATUSES names no status: %s",
            ", ".join(sorted(unknown)),
        )
    return _words(text)


def _directory(text: str) -> str:
    if not PurePosixPath(text).is_absolute():
        raise _BadValue("must be an absolute path")
    return text


def _ports(text: str) -> str:
    """Refuse what libpq would refuse only when connecting; several hosts may have several ports."""
    for port in text.split(","):
        if port and not (re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 2**16):
            raise _BadValue("must be a number from 1 to 65535")
    return text


def _workspaces(text: str) -> Mapping[str, str]:
    """Read REANA's two forms: an object, or a list of ``node path:mount path``."""
    rule = _BadValue("must be JSON: an object of paths, or a list of 'node path:mount path'")
    try:
        value = json.loads(text)
        pairs = dict(entry.split(":") for entry in value) if isinstance(value, list) else value
    except (ValueError, AttributeError):
        raise rule from None
    if not isinstance(pairs, dict) or not all(isinstance(path, str) for path in pairs.values()):
        raise rule
    return MappingProxyType(pairs)


def _variable(
    name: str,
    parse: Callable[[str], object] = str,
    *,
    default: object = None,
    shown: bool = True,
) -> Any:
    """Return a field that is read from a variable of the environment."""
    return field(default=default, repr=shown, metadata={"variable": name, "parse": parse})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a service may be told from outside; every attribute has REANA's default."""

    conninfo: str = field(default="", repr=False)
    """Where the database is, as a libpq connection string; may hold the password."""
    migration_conninfo: str = field(default="", repr=False)
    """The same, around a connection pooler (``REANA_DB_MIGRATION_URI``); empty: no difference."""
    read_host: str | None = _variable("REANA_DB_READ_HOST")
    """The host, or hosts, of pools that only read; None: those of the database."""
    read_port: str | None = _variable("REANA_DB_READ_PORT", _ports)
    """Their port, or ports."""
    secret_key: str | None = _variable("REANA_SECRET_KEY", shown=False)
    """The key of tokens and secrets; only functions that encrypt or decrypt need it."""
    previous_secret_key: str | None = _variable("REANA_SECRET_KEY_PREVIOUS", shown=False)
    """A key that still opens what was encrypted with it, while the keys are rotated."""

    application_name: str | None = _variable("REANA_DB_APPLICATION_NAME")
    """How the service shows in ``pg_stat_activity`` and in the status history."""
    connect_timeout: int | None = _variable("REANA_DB_CONNECT_TIMEOUT", _whole(1))
    """Seconds for one attempt to connect to one host."""
    statement_deadline: int | None = _variable("REANA_DB_STATEMENT_DEADLINE", _whole(1))
    """Seconds after which a call gives up on a server that does not answer; None: never."""
    prepare_threshold: int | None = _variable("REANA_DB_PREPARE_THRESHOLD", _threshold, default=5)
    """Executions of a statement before it is prepared; None: never, for PgBouncer."""

    pool_size: int = _variable("SQLALCHEMY_POOL_SIZE", _whole(0), default=5)
    """Connections that a pool keeps open; 0: as many as are asked for, as in SQLAlchemy."""
    pool_overflow: int = _variable("SQLALCHEMY_MAX_OVERFLOW", _whole(-1), default=2)
    """Connections that it may add for a while; -1: any number."""
    pool_timeout: int = _variable("SQLALCHEMY_POOL_TIMEOUT", _whole(1), default=30)
    """Seconds to wait for a free connection."""
    pool_recycle: int = _variable("SQLALCHEMY_POOL_RECYCLE", _whole(-1), default=3600)
    """Seconds after which a connection is replaced; -1: never."""
    pool_pre_ping: bool = _variable("SQLALCHEMY_POOL_PRE_PING", _boolean, default=False)
    """Whether to ask the server for a sign of life before handing out a connection."""
    close_pool_connections: bool = _variable(
        "REANA_DB_CLOSE_POOL_CONNECTIONS", _boolean, default=False
    )
    """Whether to close a connection when it is given back, as job controllers may."""

    default_cpu_limit: int = _variable(
        "REANA_DEFAULT_QUOTA_CPU_LIMIT", _whole(0, _LARGEST_BIGINT), default=0
    )
    """Processing time of a new user, in milliseconds; 0: unlimited."""
    default_disk_limit: int = _variable(
        "REANA_DEFAULT_QUOTA_DISK_LIMIT", _whole(0, _LARGEST_BIGINT), default=0
    )
    """Disk space of a new user, in bytes; 0: unlimited."""
    default_cpu_period_months: int | None = _variable(
        "REANA_DEFAULT_QUOTA_CPU_PERIOD_RESET_MONTHS", _months
    )
    """Length of a new user's quota period in months; None: usage is counted for life."""
    termination_quota_policy: frozenset[str] | None = _variable(POLICY_VARIABLE, _policy)
    """Resources counted when a run ends: the first value of the setting in the database."""

    shared_volume_path: str = _variable("SHARED_VOLUME_PATH", _directory, default="/var/reana")
    """The directory under which workspaces are by default."""
    workspace_paths: Mapping[str, str] = field(
        default_factory=dict,
        hash=False,
        metadata={"variable": "WORKSPACE_PATHS", "parse": _workspaces},
    )
    """Roots of workspaces: path on the node -> path in the pod.  The first one is the default."""
    max_concurrent_batch_workflows: int = _variable(
        "REANA_MAX_CONCURRENT_BATCH_WORKFLOWS", _whole(0), default=30
    )
    """Runs of one user, pending or running, at which the user's priority is lowest."""
    keep_alive_job_statuses: frozenset[str] = _variable(
        "REANA_RUNTIME_KUBERNETES_KEEP_ALIVE_JOBS_WITH_STATUSES", _statuses, default=frozenset()
    )
    """Statuses whose jobs are not cleaned up."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the settings.

        Raises :class:`~reana_db.errors.ConfigurationError`, which names the variable and the rule.
        """
        _refuse_undecodable(environ)
        return cls._read(environ, _conninfo(environ))

    @classmethod
    def at(cls, place: str) -> Self:
        """Read the settings, with another database: a URI or a connection string of libpq."""
        there = cls._read(os.environ, _place("the database", place))
        return replace(there, read_host=None, read_port=None)

    @classmethod
    def _read(cls, environ: Mapping[str, str], conninfo: str) -> Self:
        values: dict[str, Any] = {
            "conninfo": conninfo,
            "migration_conninfo": _uri(environ, "REANA_DB_MIGRATION_URI"),
        }
        port = conninfo_to_dict(conninfo).get("port") or environ.get("PGPORT", "")
        if PGBOUNCER_PORT in f"{port},{environ.get('REANA_DB_READ_PORT')}".split(","):
            values["prepare_threshold"] = None
        for spec in fields(cls):
            if text := environ.get(spec.metadata.get("variable", ""), ""):
                values[spec.name] = _parsed(spec.metadata["variable"], text, spec.metadata["parse"])
        return cls(**values)

    @property
    def default_workspace_root(self) -> str:
        """Where workspaces are by default: the first of the roots, else the shared volume."""
        return next(iter(self.workspace_paths.values()), self.shared_volume_path)

    @property
    def uri(self) -> str:
        """Where the database is, as a URI that SQLAlchemy, psycopg and libpq understand.

        For services that are started with ``REANA_SQLALCHEMY_DATABASE_URI``, of released versions
        too; may hold the password.
        """
        parts = {key: str(value) for key, value in conninfo_to_dict(self.conninfo).items()}
        user, password = (quote(parts.pop(key, ""), safe="") for key in ("user", "password"))
        login = f"{user}:{password}@" if password else f"{user}@" if user else ""
        address = ""
        if re.fullmatch(r"[\w.-]+", parts.get("host", "")):
            address = parts.pop("host") + (f":{parts.pop('port')}" if "port" in parts else "")
        name = quote(parts.pop("dbname", ""), safe="")
        more = f"?{urlencode(parts, quote_via=quote)}" if parts else ""
        return f"postgresql://{login}{address}/{name}{more}"

    def __repr__(self) -> str:
        shown = {spec.name: getattr(self, spec.name) for spec in fields(self) if spec.repr}
        listed = ", ".join(f"{name}={value!r}" for name, value in shown.items())
        return f"Settings(database={public(self.conninfo)!r}, {listed})"


@functools.cache
def settings() -> Settings:
    """Return the settings of this process, read from its environment at the first call."""
    return Settings.from_environment()


def public(conninfo: str) -> str:
    """Return a connection string without its passwords and keys, fit for messages and logs."""
    hidden = {option.keyword.decode() for option in pq.Conninfo.get_defaults() if option.dispchar}
    given = conninfo_to_dict(conninfo)
    return make_conninfo("", **{key: given[key] for key in given if key not in hidden})


def _refuse_undecodable(environ: Mapping[str, str]) -> None:
    """Refuse a variable of ours or of libpq that is no UTF-8; Python reads it with surrogates."""
    libpq = {option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar}
    ours = {name for name in environ if name.startswith(_PREFIXES)}
    for name in sorted(libpq | ours):
        if _SURROGATE.search(environ.get(name, "")):
            raise ConfigurationError(f"{name}: must be UTF-8 (the value is not shown)")


def _parsed(variable: str, text: str, parse: Callable[[str], object]) -> object:
    try:
        return parse(text)
    except _BadValue as rule:
        raise ConfigurationError(f"{variable}={text[:_SHOWN_VALUE_LENGTH]!r}: {rule}") from None


_PARTS = (
    # our variable, libpq's keyword, libpq's variables
    ("REANA_DB_HOST", "host", ("PGHOST", "PGHOSTADDR")),
    ("REANA_DB_PORT", "port", ("PGPORT",)),
    ("REANA_DB_NAME", "dbname", ("PGDATABASE",)),
    ("REANA_DB_USERNAME", "user", ("PGUSER",)),
    ("REANA_DB_PASSWORD", "password", ("PGPASSWORD", "PGPASSFILE")),
)


def _conninfo(environ: Mapping[str, str]) -> str:
    """Return the connection string: only what is given, and defaults where nobody says anything."""
    if uri := _uri(environ, "REANA_SQLALCHEMY_DATABASE_URI"):
        return uri
    defaults = {
        "host": "{}-db.{}.svc.cluster.local".format(
            environ.get("REANA_COMPONENT_PREFIX") or "reana",
            environ.get("REANA_INFRASTRUCTURE_KUBERNETES_NAMESPACE") or "default",
        ),
        "port": "5432",
        "dbname": "reana",
        "user": "reana",
        "password": "" if environ.get("REANA_DB_PASSWORD") == "" else "reana",
    }
    given: dict[str, str] = {}
    for variable, keyword, libpq_variables in _PARTS:
        if value := environ.get(variable):
            given[keyword] = value
        elif not any(environ.get(name) for name in (*libpq_variables, "PGSERVICE")):
            given[keyword] = defaults[keyword]
    if "port" in given:
        _parsed("REANA_DB_PORT", given["port"], _ports)
    return make_conninfo("", **{key: value for key, value in given.items() if value})


_URI = re.compile(
    r"postgres(?:ql)? (?:\+\w+)? ://"
    r"(?P<who> [^:/@?]* (?: :[^?]* )? @ )?"
    r"(?P<rest>.*)",
    re.VERBOSE | re.DOTALL,
)


def _uri(environ: Mapping[str, str], variable: str) -> str:
    """Return the URI of a variable as a connection string, or '' when it is not set."""
    text = environ.get(variable, "").strip()
    return _place(variable, text) if text else ""


def _place(name: str, text: str) -> str:
    """Return a URI as a connection string.

    REANA builds its URI without quoting the password and names SQLAlchemy's driver in it; both are
    accepted, and so is libpq's ``keyword=value`` form.  No error shows the value: it may hold a
    password.
    """
    if match := _URI.fullmatch(text):
        text = f"postgresql://{_quoted(match['who'] or '')}{match['rest']}"
    try:
        given = conninfo_to_dict(text)
        _ports(str(given.get("port", "")))
        return make_conninfo("", **given)
    except (ProgrammingError, _BadValue):
        pass
    # Not inside the except clause: the error would keep the other one, which shows the value.
    raise ConfigurationError(
        f"{name}: must be postgresql://user:password@host:port/name or a libpq connection"
        " string (the value is not shown, it may hold a password)"
    )


def _quoted(who: str) -> str:
    """Quote ``user:password@`` so that libpq reads what SQLAlchemy would read."""
    user, colon, password = who.removesuffix("@").partition(":")
    return quote(unquote(user), safe="") + colon + quote(unquote(password), safe="") + who[-1:]
