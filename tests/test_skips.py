"""CI names what was skipped, and fails for a reason that nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import skips


def status(tmp_path: Path, reason: str) -> int:
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite><testcase/>"
        f'<testcase><skipped message="{reason}"/></testcase></testsuite></testsuites>'
    )
    return skips.main(str(report))


def test_a_known_reason_is_shown_with_its_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(tmp_path, "needs a database of 200,000 runs: so it is") == 0
    assert capsys.readouterr().out.endswith("to run: tox -e scale\n")


def test_an_unknown_reason_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(tmp_path, "not in the mood") == 1
    assert "not in the mood; to run: NOT KNOWN" in capsys.readouterr().out
