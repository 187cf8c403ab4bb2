"""What a site decides for its database, in ``__reana.setting``, where triggers can read it.

Settings of a process come from its environment instead (:mod:`reana_db.config`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from reana_db import errors
from reana_db.queries import Conn, query
from reana_db.records import SettingName, StatusMode
from reana_db.registry.arguments import checked

VALUES: Mapping[SettingName, tuple[str, ...]] = MappingProxyType(
    {
        SettingName.status_mode: tuple(StatusMode),
        SettingName.termination_quota_update_policy: ("", "cpu", "disk", "cpu,disk"),
        SettingName.secrets_form: ("compatible", "sealed"),
    }
)
"""What each setting can be; the first is its default."""


@dataclass(frozen=True, slots=True)
class DatabaseSetting:
    """One setting and what it is."""

    name: SettingName
    value: str
    updated: datetime | None
    """When it was last changed; None if its row is missing and the default counts."""


@checked
def get(conn: Conn, name: SettingName) -> str:
    """Return what a setting is: its default if it was never set.

    Runs on a standby.
    """
    stored = _stored(conn, name)
    return VALUES[name][0] if stored is None else stored


@checked
def change(conn: Conn, name: SettingName, value: str) -> None:
    """Set a setting; triggers of all sessions follow from the next statement on.

    Names in a list may come in any order.  Raises InvalidArgument for a value that it cannot have.
    """
    value = ",".join(sorted(word.strip() for word in value.split(",")))
    if value not in VALUES[name]:
        possible = ", ".join(repr(str(item)) for item in VALUES[name])
        raise errors.InvalidArgument(f"{name} must be one of {possible}, not {value!r}")
    _store(conn, name=name, value=value)


def all_settings(conn: Conn) -> list[DatabaseSetting]:
    """Return every setting, those with default values too, in the order of their names.

    Runs on a standby.
    """
    stored = {item.name: item for item in _all_stored(conn)}
    return [
        stored.get(name) or DatabaseSetting(name, VALUES[name][0], updated=None)
        for name in sorted(SettingName)
    ]


@query
def _stored(conn: Conn, name: SettingName) -> str | None:
    """Return the value that is stored."""


@query
def _store(conn: Conn, *, name: SettingName, value: str) -> None:
    """Store a value."""


@query
def _all_stored(conn: Conn) -> list[DatabaseSetting]:
    """Return what is stored."""
