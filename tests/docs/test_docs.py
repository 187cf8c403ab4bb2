"""The documentation is complete and its commands are the ones that CI runs."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from reana_db import config, transitions
from reana_db.config import Settings
from reana_db.records import Entity

ROOT = Path(__file__).resolve().parents[2]


def test_every_variable_is_documented() -> None:
    documented = (ROOT / "docs" / "configuration.md").read_text()
    variables = {spec.metadata["variable"] for spec in fields(Settings) if spec.metadata}
    source = set(re.findall(r'"((?:REANA|SQLALCHEMY)_[A-Z_]+)"', Path(config.__file__).read_text()))
    assert not [name for name in sorted(variables | source) if f"`{name}`" not in documented]


def test_the_readme_has_two_commands_for_a_fresh_machine() -> None:
    readme = (ROOT / "README.md").read_text()
    commands = re.findall(r"^python3 -m venv .*$", readme, re.MULTILINE)
    assert [command.split("&& ")[-1] for command in commands] == [
        ".venv/bin/reana-db demo",
        ".venv/bin/python -m pytest",
    ]


def test_links_of_the_documentation_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        # Pages below reference/ are made by the build of the site, which refuses a dead link.
        for target in re.findall(r"\]\((?!https?:|reference/)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("entity", Entity)
def test_the_diagrams_of_statuses_are_those_of_the_rules(entity: Entity) -> None:
    assert transitions.diagram(entity) in (ROOT / "docs" / "statuses.md").read_text()
