"""The queue of a batch: nothing is lost between two turns, and what stops it is told."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from tests.studio.in_node import node

CASES = ("race", "packed", "full", "busy", "pause", "told", "after")


@cache
def all_cases() -> dict[str, Any]:
    """To start Node and to bundle the queue costs more than all of them."""
    found: dict[str, Any] = json.loads(node("tests/studio/batch_queue.mjs", *CASES))
    return found


def came_of(case: str) -> Any:
    """What a case of batch_queue.mjs ends with."""
    return all_cases()[case]


def test_what_ends_while_a_folder_is_written_to_goes_there_too() -> None:
    found = came_of("race")
    assert found["written"] == ["0.png", "1.png", "2.png"]
    assert (found["before"], found["after"]) == (True, False)
    assert found["states"] == ["done"] * 3


def test_what_ends_while_an_archive_is_packed_is_not_saved() -> None:
    assert came_of("packed") == {"unsaved": True, "after": False}


def test_a_folder_that_is_full_leaves_the_rest_here() -> None:
    found = came_of("full")
    assert found["failed"]["title"] == "The folder cannot be written to."
    assert "still here" in found["failed"]["hint"]
    assert found["failed"]["folder"] is None
    assert found["kept"] == ["1.png", "2.png"]
    assert found["unsaved"]
    assert found["states"] == ["done"] * 3
    assert found["written"] == ["1.png", "2.png"]
    assert found["now"] == {"trouble": None, "unsaved": False}


def test_who_stops_while_the_server_is_busy_has_nothing_sent() -> None:
    found = came_of("busy")
    assert found["stopped"] == {"asked": ["0.png"], "states": ["stopped"]}
    assert (found["early"], found["late"]) == (2, 3), "asked again when the server said, not before"


def test_a_pause_sends_nothing_and_then_goes_on() -> None:
    found = came_of("pause")
    assert found["paused"] == {"asked": 3, "states": ["done"] * 3 + ["waiting"] * 2}
    assert (found["asked"], found["states"]) == (5, ["done"] * 5)
    assert not found["isRunning"]


def test_each_refusal_is_told_with_what_helps() -> None:
    large, full, gone, missing = came_of("told")
    assert [one["state"] for one in (large, full, gone, missing)] == ["failed"] * 4
    assert large["reason"] == "The file is larger than this server takes."
    assert full["reason"] == "The server has no space left."
    assert gone["reason"] == "The server no longer has this job or its result."
    assert (missing["reason"], missing["hint"]) == ("No such result", "look again")
    for one, words in ((large, "it has 9 bytes"), (full, "make room"), (gone, "ask anew")):
        assert words in one["hint"]


def test_the_wait_is_the_one_that_the_server_names() -> None:
    assert came_of("after") == {
        "status": 429, "code": "busy", "title": "as much waits as may wait", "hint": "wait",
        "waitMs": 7000,
    }  # fmt: skip
