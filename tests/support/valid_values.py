"""Valid values for the parameters of public functions, by annotation and name.

``Values(world).arguments(name, function)`` are arguments that the function accepts in that world.
Texts, numbers and times that a function stores are distinct, so that a test can look for them.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

from reana_db.config import Settings
from reana_db.encryption.keyring import KeyRing
from reana_db.records import (
    Entity,
    JobStatus,
    RetentionRuleStatus,
    RunStatus,
    ServiceStatus,
    SettingName,
)
from reana_db.registry.scalars import is_json
from tests.catalogue.world import CLAIMED_RULE, KEYS, RULE, TOKEN, World
from tests.support.public import parameters

PROGRESS = {"total": {"total": 2, "job_ids": ["a"]}, "running": {"total": 1, "job_ids": ["a"]}}

IDS: dict[str, Callable[[World], Any]] = {
    "user_id": lambda world: world.owner,
    "user_ids": lambda world: [world.owner],
    "owner_id": lambda world: world.owner,
    "granted_by": lambda world: world.reader,
    "revoked_by": lambda world: world.reader,
    "workflow_id": lambda world: world.finished,
    "workflow_ids": lambda world: [world.finished],
    "original_id": lambda world: world.finished,
    "job_id": lambda world: world.job,
    "job_ids": lambda world: [world.job],
    "session_id": lambda world: world.session,
    "session_ids": lambda world: [world.session],
    "service_id": lambda world: world.service,
    "service_ids": lambda world: [world.service],
    "rule_id": lambda _: RULE,
    "entity_id": lambda world: world.finished,
    "id_": lambda _: uuid4(),
}

PARTICULAR: dict[str, Callable[[World], dict[str, Any]]] = {
    "accounts.create_administrator": lambda _: {"email": "admin@example.org"},
    "accounts.search": lambda _: {"email": "owner@example.org", "token": TOKEN},
    "consistency.owners_of_workspaces": lambda _: {"paths": ["/var/reana"]},
    "consistency.workflows_to_check": lambda _: {"created_until": None},
    "database_settings.change": lambda _: {"name": SettingName.status_mode, "value": "enforce"},
    "identities.find_or_create": lambda _: {"settings": None},
    "job_cache.complete": lambda world: {"job_id": world.cached_job},
    "lifecycle.apply_status_message": lambda world: {
        "workflow_id": world.running,
        "status": RunStatus.failed,
    },
    "lifecycle.clone_for_restart": lambda world: {
        "original_id": world.failed,
        "workflow_id": uuid4(),
    },
    "lifecycle.create": lambda _: {"workflow_id": uuid4()},
    "deletion.delete_all_runs": lambda _: {"name": "finished"},
    "lifecycle.queue": lambda world: {"workflow_id": world.created},
    "lifecycle.start": lambda world: {"workflow_id": world.queued},
    "lifecycle.stop": lambda world: {"workflow_id": world.running},
    "listing.page": lambda _: {"shared_by": None, "page": 1, "cursor": None},
    "quota.resource_id": lambda _: {"name": "processing time"},
    "quota.set_limit": lambda _: {"resource_name": "processing time", "type_": None},
    "quota.set_workspace_disk_usage": lambda world: {
        "workspace_path": f"/var/reana/users/{world.owner}/workflows/{world.finished}"
    },
    "quota_periods.set_start": lambda world: {"user_id": world.counted},
    "retention.finish": lambda _: {"rule_id": CLAIMED_RULE},
    "services.create": lambda world: {"workflow_id": world.created},
    "services.ensure": lambda world: {"workflow_id": world.running},
    "services.mark_deleted": lambda world: {"workflow_id": world.running, "name": "dask-service-1"},
    "services.named": lambda _: {"name": "dask-service-1"},
    "sessions.open_session": lambda world: {"workflow_id": world.running},
    "sharing.share": lambda world: {"workflow_id": world.created, "email": "reader@example.org"},
    "sharing.unshare": lambda _: {"email": "reader@example.org"},
    "tokens.ensure": lambda world: {"user_id": world.reader},
    "tokens.grant": lambda world: {"user_id": world.reader},
    "tokens.request": lambda world: {"user_id": world.reader},
    "transitions.set_job_status": lambda _: {"expected": [JobStatus.running]},
    "transitions.set_retention_rule_status": lambda _: {"expected": [RetentionRuleStatus.active]},
    "transitions.set_service_status": lambda _: {"expected": [ServiceStatus.created]},
    "transitions.set_session_status": lambda _: {"expected": [RunStatus.created]},
    "transitions.set_workflow_status": lambda _: {"expected": [RunStatus.finished]},
    "users.create": lambda _: {"user_id": uuid4()},
    "workflows.resolve": lambda _: {"text": "finished.1"},
}
PARTICULAR |= {
    name.replace(".set_", ".try_set_"): of
    for name, of in PARTICULAR.items()
    if name.startswith("transitions.")
}
"""What a function needs in the world, where its parameters are not what their names say."""

STATUSES: dict[type[StrEnum], StrEnum] = {
    RunStatus: RunStatus.running,
    JobStatus: JobStatus.failed,
    ServiceStatus: ServiceStatus.running,
    RetentionRuleStatus: RetentionRuleStatus.pending,
    Entity: Entity.workflow,
}
"""A status that what :data:`IDS` names can get."""


NEEDED = ("keys", "resource_name")
"""Parameters with a default that does not do without something else."""


class Values:
    """Makes valid values in a world.

    Those of ``about`` come first, by the name of the parameter.
    """

    def __init__(self, world: World, about: Mapping[str, Any] = MappingProxyType({})) -> None:
        self._world = world
        self._about = about
        self._ids = {name: of(world) for name, of in IDS.items()}
        self._numbers = itertools.count(1000)

    def arguments(
        self, name: str, function: Callable[..., Any], *, optional: bool = False
    ) -> dict[str, Any]:
        """Return arguments that a function accepts: those that it needs, or all."""
        hints = get_type_hints(function, include_extras=True)
        particular = PARTICULAR[name](self._world) if name in PARTICULAR else {}
        chosen = {**particular, **self._about}
        return {
            item.name: chosen[item.name]
            if item.name in chosen
            else self.value(item.name, hints[item.name])
            for item in parameters(function)
            if optional or item.default is inspect.Parameter.empty or item.name in NEEDED
        }

    def value(self, name: str, annotation: Any) -> Any:
        """Return a value for a parameter or field of this name and annotation."""
        if name in self._ids:
            return self._ids[name]
        if is_json(annotation):
            return self._json(name)
        origin, options = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self.value(name, options[0])
        if origin in (Union, UnionType):
            present = [option for option in options if option is not NoneType]
            known = [kind for kind in (UUID, str) if kind in present]
            return self.value(name, [*known, present[-1]][0])
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {self._text("pattern"): 7}
        if origin is tuple:
            return tuple(self.value(name, option) for option in options)
        if isinstance(origin, type) and issubclass(origin, list | Sequence | Iterable):
            return [self.value(name, options[0])]
        return self._scalar(name, annotation)

    def _scalar(self, name: str, kind: type[Any]) -> Any:
        if kind is KeyRing:
            return KEYS
        if kind is Settings:
            return Settings()
        if is_dataclass(kind):
            hints = get_type_hints(kind, include_extras=True)
            return kind(
                **{item.name: self.value(item.name, hints[item.name]) for item in fields(kind)}
            )
        if issubclass(kind, StrEnum):
            return STATUSES.get(kind) or next(iter(kind))
        made: dict[Any, Callable[[], Any]] = {
            str: lambda: self._text(name),
            int: lambda: self._number(name),
            bool: lambda: True,
            UUID: uuid4,
            datetime: lambda: self._time(name),
            date: lambda: self._time(name).date(),
        }
        return made[kind]()

    def _text(self, name: str) -> str:
        number = next(self._numbers)
        known = {
            "email": f"person{number}@example.org",
            "shared_with": "reader@example.org",
            "type_": "serial",
            "workspace_path": f"/var/reana/users/0/workflows/{number}",
            "path": f"/{number}",
            "result_path": f"/{number}",
            "token": f"a token of {number}",
        }
        return known.get(name, f"{name} {number}")

    def _number(self, name: str) -> int:
        small = ("page", "size", "months", "days", "hours", "minutes", "maximum")
        return 3 if name in small else next(self._numbers)

    def _time(self, name: str) -> datetime:
        year = 2926 if name in ("valid_until", "expires_at") else 2026
        return datetime(year, 3, 1, tzinfo=UTC) + timedelta(minutes=next(self._numbers))

    def _json(self, name: str) -> Any:
        return PROGRESS if name == "progress" else {self._text(name): [self._text(name), None, 1.5]}
