"""What helps where a receipt holds and is still not to be relied on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from safelight.audit.verify import NAMES, Line, State, Verification
from safelight.engine.verifying import FOREIGN, NEWER, UNRECORDED, doubt_of, lines_of


def found(**states: State) -> Verification:
    lines = tuple(Line(name, states.get(name, "ok"), "so") for name in NAMES)
    receipt: Any = SimpleNamespace(id="1", envelope=SimpleNamespace(fingerprint="ours"))
    return Verification(lines, ("a limit",), receipt, 3)


@pytest.mark.parametrize(
    ("states", "own", "doubt"),
    [
        ({}, "ours", ""),
        ({"output": "failed", "signature": "unknown"}, "ours", ""),
        ({"signature": "unknown"}, "other", FOREIGN),
        ({"schema": "unknown"}, "ours", NEWER),
        ({"chain": "unknown"}, "ours", UNRECORDED),
        ({"chain": "unknown"}, "other", ""),
    ],
)
def test_doubts(states: dict[Any, State], own: str, doubt: str) -> None:
    assert doubt_of(found(**states), own) == doubt


def test_lines_as_every_face_tells_them() -> None:
    told = lines_of(found(output="failed"), "a hint")
    assert (told["failed"], told["hint"], told["entry"]) == (True, "a hint", 3)
    assert [line["name"] for line in told["lines"]] == list(NAMES)
