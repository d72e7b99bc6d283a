"""The engine's workers: each sees one file alone, and one that hangs leaves the others."""

from __future__ import annotations

from tests.studio.in_node import called

HERE = "../../tests/studio/engine_alone"


def test_a_worker_sees_one_file_and_is_ended_when_its_time_is_over() -> None:
    calls = [(name, ()) for name in ("asks", "parts", "sees", "leaves")]
    asked, parts, sees, leaves = called(HERE, calls)
    assert asked["how"] == ["one", "run", "time-exceeded", "other", "cancelled"]
    assert asked["seen"] == [["one", "one"], ["hang"], ["other"]]
    assert parts == [0, 8]
    assert sees["asked"] == ["slow", "last"]
    assert sees["givenUp"] == ["slow"]
    assert leaves == [False, True, True, True]
    assert sees["views"] == [[None, None], [None, None], ["seen", None]]
