"""The command itself, on real cages: as root, as a user, at level 2, with a layer taken away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safelight.worker import attacks
from safelight.worker.attacks.attack import Attack
from safelight.worker.layers import LAYERS
from tests.worker.children import (
    become_nobody_with_this_python,
    in_child,
    refuse_namespaces,
)

ROOT = Path(__file__).parents[2]
# Run the command with a cage that lacks a layer: only code can, no flag or variable does.
WITHOUT = """
import sys
from functools import partial
from safelight.engine import hosts
from safelight.worker.caged import CagedHost
hosts.open_host = lambda plan, portable, held: CagedHost(plan, without=frozenset({layers!r}))
from safelight.cli.main import main
main(sys.argv[1:])
"""


def run(home: Path, *words: str, code: str = "") -> tuple[int, Any]:
    start = ["-c", code] if code else ["-m", "safelight.cli"]
    done = subprocess.run(
        [sys.executable, *start, *words, "--json"],
        capture_output=True,
        cwd=home,
        env={"HOME": str(home), "PYTHONPATH": str(ROOT / "src"), "PATH": os.environ["PATH"]},
    )
    lines = done.stdout.decode().splitlines()
    assert lines, done.stderr.decode()
    return done.returncode, json.loads(lines[-1])


def run_as(become: Callable[[], None], *words: str) -> tuple[int, Any]:
    """As another user, in a home of theirs."""

    def work() -> Any:
        become()
        with tempfile.TemporaryDirectory() as home:
            code, document = run(Path(home), *words)
        return [code, {key: document[key] for key in KEPT if key in document}]

    code, document = in_child(work)
    return code, document


KEPT = ("ok", "level", "layers", "attempted", "contained", "control", "kernel", "closed", "besides")


def nobody_without_namespaces() -> None:
    become_nobody_with_this_python()
    refuse_namespaces()


@pytest.mark.parametrize(
    ("become", "is_user", "level", "words"),
    [
        (lambda: None, os.geteuid() != 0, 3, ("--cage-only",)),
        (refuse_namespaces, os.geteuid() != 0, 2, ("--cage-only",)),
        (become_nobody_with_this_python, True, 3, ()),
        (nobody_without_namespaces, True, 2, ("--cage-only",)),
    ],
    ids=["self", "self without namespaces", "nobody", "nobody without namespaces"],
)
def test_prove_holds(
    become: Callable[[], None], is_user: bool, level: int, words: tuple[str, ...]
) -> None:
    code, document = run_as(become, "prove", *words)
    assert (code, document["ok"]) == (0, True), document["besides"]
    assert document["besides"]["untold"] == []
    assert document["level"] == level
    assert document["contained"] == document["attempted"] == len(attacks.load())
    assert document["layers"] == dict.fromkeys(LAYERS, True) | {"namespaces": level == 3}
    # Without a cage every attack gets through; to a user the kernel itself refuses a known few, and
    # where we refuse namespaces for the test, it is our own refusal that the control meets.
    dead = sum(_is_refused(one, is_user=is_user, level=level) for one in attacks.load())
    assert document["control"] == document["attempted"] - dead


def _is_refused(one: Attack, *, is_user: bool, level: int) -> bool:
    by_test = level == 2 and one.name in {"leave-namespace", "enter-namespace", "mount"}
    return by_test or (is_user and bool(one.privileged))


@pytest.mark.parametrize("layer", LAYERS)
def test_one_layer_taken_away_drops_the_level_and_prove_exits_5(tmp_path: Path, layer: str) -> None:
    required = "3" if layer == "namespaces" else "2"
    code = WITHOUT.format(layers=[layer])
    status, document = run(tmp_path, "prove", "--cage-only", "--require-level", required, code=code)
    assert status == 5
    assert not document["ok"]
    assert document["level"] < int(required)
    assert document["layers"] == dict.fromkeys(LAYERS, True) | {layer: False}


def test_with_nothing_taken_away_the_same_way_in_exits_0(tmp_path: Path) -> None:
    status, document = run(
        tmp_path, "prove", "--cage-only", "--require-level", "3", code=WITHOUT.format(layers=[])
    )
    assert (status, document["level"]) == (0, 3)


def test_egress_prints_what_was_tried(tmp_path: Path) -> None:
    code, document = run(tmp_path, "audit", "egress", "--prove")
    network = sum(one.group == "network" for one in attacks.load())
    assert code == 0
    assert document["attempted"] == document["contained"] == network
    assert document["level"] == 3
