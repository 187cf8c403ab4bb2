"""Workspaces are measured as ``du`` measures them."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from reana_db import disk_usage
from reana_db.disk_usage import FileUsage


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A tree with everything that is easily counted wrongly."""
    root = tmp_path / "workspace"
    (root / "results" / "plots").mkdir(parents=True)
    (root / "data").mkdir()
    (root / "data" / "big.root").write_bytes(b"x" * 300_000)
    (root / "data" / "small.txt").write_bytes(b"x")
    (root / "results" / "empty").touch()
    (root / "results" / "plots" / "a b\nc.png").write_bytes(b"x" * 5000)
    with (root / "data" / "sparse").open("wb") as sparse:
        sparse.truncate(10_000_000)
    os.link(root / "data" / "big.root", root / "results" / "hard.root")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "elsewhere").write_bytes(b"x" * 100_000)
    (root / "link-to-directory").symlink_to(outside)
    (root / "link-to-file").symlink_to(outside / "elsewhere")
    (root / "dangling").symlink_to("nowhere")
    return root


def du(*arguments: str) -> dict[str, int]:
    """Return what du says, by path."""
    done = subprocess.run(
        ["du", "--block-size=1", "--null", *arguments], check=True, capture_output=True, text=True
    )
    lines = (entry.split("\t", 1) for entry in done.stdout.split("\0") if entry)
    return {path: int(size) for size, path in lines}


def test_the_total_is_that_of_du(workspace: Path) -> None:
    assert disk_usage.total(str(workspace)) == du("-s", str(workspace))[str(workspace)]


def test_the_listing_adds_up_to_that_of_du(workspace: Path) -> None:
    found = {usage.name: usage.bytes_ for usage in disk_usage.listing(str(workspace))}
    expected = {
        path.removeprefix(str(workspace)): size for path, size in du("-a", str(workspace)).items()
    }
    # Which of two hard links is counted depends on the order of the directory.
    linked = {"/data/big.root", "/results/hard.root"}
    assert found.keys() - linked == expected.keys() - linked
    assert found[""] == expected[""]
    assert len(linked & found.keys()) == 1
    for name in expected.keys() - linked - {"/data", "/results"}:
        assert found[name] == expected[name]


def test_directories_come_after_what_they_hold(workspace: Path) -> None:
    names = [usage.name for usage in disk_usage.listing(str(workspace))]
    assert names[-1] == ""
    assert names.index("/results/plots") > names.index("/results/plots/a b\nc.png")


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["data/*.txt"], {"/data/small.txt"}),
        (["**/*.png"], {"/results/plots/a b\nc.png"}),
        (["results/plots"], {"/results/plots/a b\nc.png"}),
        (["results/plots/"], {"/results/plots/a b\nc.png"}),
        (["results/pl*s"], {"/results/plots", "/results/plots/a b\nc.png"}),
        (["../outside/*"], set()),
        (["nothing"], set()),
        ([], set()),
        ([""], set()),
        (["dang*", "data/sparse"], {"/dangling", "/data/sparse"}),
    ],
)
def test_patterns_choose(workspace: Path, patterns: list[str], names: set[str]) -> None:
    (workspace / "results" / "hard.root").unlink()
    found = disk_usage.listing(str(workspace), patterns=patterns)
    assert {usage.name for usage in found} == names


def test_a_hard_link_is_found_by_each_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "a.root").write_bytes(b"x" * 5000)
    (tmp_path / "b.root").hardlink_to(tmp_path / "a.root")
    both = {usage.name for usage in disk_usage.listing(str(tmp_path), patterns=["*.root"])}
    assert len(both) == 1
    for name in ("a.root", "b.root"):
        (found,) = disk_usage.listing(str(tmp_path), patterns=[name])
        assert found == FileUsage(f"/{name}", 8192)


def test_two_stars_within_a_name_are_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    assert [usage.name for usage in disk_usage.listing(str(tmp_path), patterns=["**.txt"])] == [
        "/a.txt"
    ]


def test_sizes_choose(workspace: Path) -> None:
    (size,) = du("-a", str(workspace / "data" / "small.txt")).values()
    found = disk_usage.listing(str(workspace), sizes=[size], patterns=["data/s*"])
    assert found == [FileUsage("/data/small.txt", size)]


def test_sizes_are_readable() -> None:
    assert FileUsage("/a", 1_835_008).human_readable == "1.75 MiB"


def test_a_missing_workspace_takes_nothing(tmp_path: Path) -> None:
    assert disk_usage.total(str(tmp_path / "missing")) == 0
    with pytest.raises(FileNotFoundError):
        disk_usage.listing(str(tmp_path / "missing"))


def test_files_may_vanish_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "stays").write_bytes(b"x")
    over = threading.Event()

    def churn() -> None:
        while not over.is_set():
            for number in range(50):
                directory = tmp_path / str(number % 5)
                directory.mkdir(exist_ok=True)
                (directory / str(number)).write_bytes(b"x")
            for number in range(50):
                (tmp_path / str(number % 5) / str(number)).unlink()
            for number in range(5):
                (tmp_path / str(number)).rmdir()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(300):
            assert disk_usage.total(str(tmp_path)) > 0
            assert disk_usage.listing(str(tmp_path))[-1].name == ""
    finally:
        over.set()
        thread.join()


def test_a_deep_tree_is_no_problem_for_the_total(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(600):
        deep = deep / "d"
    deep.mkdir(parents=True)
    assert disk_usage.total(str(tmp_path)) == du("-s", str(tmp_path))[str(tmp_path)]
