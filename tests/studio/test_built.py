"""What was built: within its budgets, named to the last byte, the same every time, and asking
nobody.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from safelight.studio import files
from safelight.studio.files import Studio
from scripts import studio
from scripts.studio import find_node

# An address may be named (a namespace, a licence), and never be loaded or asked.
LOADED = re.compile(
    rb"""(?:\b(?:src|href|action|poster|data)=["']?|url\(["']?|@import\s+["']|"""
    rb"""\b(?:fetch|importScripts|WebSocket|EventSource|sendBeacon|import)\(["'`])"""
    rb"""((?:https?:|wss?:)?//[a-z0-9][^\s"'`)>]+)""",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def best(root: Path) -> Studio:
    """As every test has it; what is packed is smaller."""
    subprocess.run([sys.executable, "scripts/studio.py"], cwd=root, check=True)
    return files.load()


@pytest.fixture(scope="module")
def budget(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text())
    budgets: dict[str, Any] = found["tool"]["safelight"]["studio"]
    return budgets


def test_the_first_visit_and_the_whole_are_within_their_budgets(
    best: Studio, budget: dict[str, Any]
) -> None:
    every = best.manifest.files.values()
    first = sum(one.size for one in every if one.first)
    assert 0 < first <= budget["first_script_bytes"]
    assert sum(one.size for one in every) <= budget["whole_bytes"]


def test_few_packages_run_in_the_browser(root: Path, budget: dict[str, Any]) -> None:
    lock = json.loads((root / "web/package-lock.json").read_text())
    package = json.loads((root / "web/package.json").read_text())
    assert len(package["dependencies"]) <= budget["packages"]
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    others = {place: one for place, one in lock["packages"].items() if place}
    assert all(one["integrity"].startswith("sha512-") for one in others.values())
    assert not any("resolved" in one for one in others.values())


def test_the_frame_is_one_document_whose_script_is_named_by_its_hash(best: Studio) -> None:
    page = unpacked(best, "frame.html")
    assert LOADED.search(page) is None
    (script,) = re.findall(rb"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
    assert best.manifest.script == f"sha256-{digest}"
    assert script.startswith(b"delete globalThis.RTCPeerConnection;")


def test_nothing_that_is_served_loads_from_elsewhere(best: Studio) -> None:
    for name in best.manifest.files:
        if name.endswith((".html", ".js", ".css", ".webmanifest")):
            assert not LOADED.findall(unpacked(best, name)), name
    assert LOADED.search(b'<img src="https://example.org/a.png">')
    assert LOADED.search(b"fetch(`//example.org/a`)")


def test_the_parts_of_the_engine_are_among_the_files(best: Studio) -> None:
    assert set(best.manifest.parts.values()) <= set(best.manifest.files)
    assert all(best.manifest.files[name].fixed for name in best.manifest.parts.values())


def test_another_build_of_the_same_gives_the_same_bytes(best: Studio, tmp_path: Path) -> None:
    environment = studio.ready()
    places = ("--out", str(tmp_path / "out"), "--cache", str(studio.WORK / "brotli"))
    studio.run("node", "build/main.mjs", *places, environment=environment)
    assert (tmp_path / "out" / files.MANIFEST).read_bytes() == best.told


def unpacked(whole: Studio, name: str) -> bytes:
    """The text of a file, by Node: Python knows no Brotli."""
    data = whole.data[name]
    if whole.manifest.files[name].encoding == "identity":
        return data
    program = (
        "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(0)))"
    )
    return subprocess.run(
        [str(find_node()), "-e", program], input=data, capture_output=True, check=True
    ).stdout
