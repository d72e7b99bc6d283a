"""The locks: every dependency at one version with hashes, and no word about where it came from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.lock import ALLOWED_LINE

LOCKS = ("build", "runtime", "dev", "node")
PIN = re.compile(r"^([a-z0-9._-]+)==(\S+) \\$", re.MULTILINE)


def pins(root: Path, lock: str) -> dict[str, str]:
    text = (root / "requirements" / f"{lock}.txt").read_text()
    return {canonicalize_name(name): version for name, version in PIN.findall(text)}


def wanted(root: Path) -> dict[str, list[str]]:
    project = tomllib.loads((root / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    runtime = (
        project["project"]["dependencies"] + project["project"]["optional-dependencies"]["cpu"]
    )
    return {
        "build": groups["build"],
        "runtime": runtime,
        "node": groups["node"],
        "dev": [*runtime, *groups["test"], *groups["check"]],
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_versions_and_hashes_alone(root: Path, lock: str) -> None:
    lines = (root / "requirements" / f"{lock}.txt").read_text().splitlines()
    assert [line for line in lines if not ALLOWED_LINE.fullmatch(line)] == []
    assert all("://" not in line and "file:" not in line for line in lines)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_a_hash(root: Path, lock: str) -> None:
    lines = (root / "requirements" / f"{lock}.txt").read_text().splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if "==" in line:
            assert following.startswith("    --hash=sha256:")


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_fresh(root: Path, lock: str) -> None:
    """What pyproject.toml asks for is in the lock, at a version that it allows."""
    held = pins(root, lock)
    for line in wanted(root)[lock]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(held[canonicalize_name(requirement.name)])


def test_a_package_in_two_locks_has_one_version(root: Path) -> None:
    seen: dict[str, str] = {}
    for lock in LOCKS:
        for name, version in pins(root, lock).items():
            assert seen.setdefault(name, version) == version


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://registry.example/",
        "--find-links /somewhere",
        "numpy @ https://registry.example/numpy.whl",
        "    # via somewhere",
    ],
)
def test_a_line_about_a_place_is_seen(line: str) -> None:
    assert not ALLOWED_LINE.fullmatch(line)
