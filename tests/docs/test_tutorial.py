"""The tutorial works, and shows what it prints."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"


def test_every_block_of_the_tutorial_runs_and_prints_what_the_page_shows() -> None:
    blocks = re.findall(r"^```(python|text)\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    names: dict[str, Any] = {}
    printed = ""
    try:
        for kind, text in blocks:
            if kind == "text":
                assert printed == text
                printed = ""
                continue
            assert printed == ""
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile(text, str(PAGE), "exec"), names)
            printed = output.getvalue()
    finally:
        names["server"].stop()
