"""The whole server, asked what its description allows and what it does not: no answer is a fault of
its own, and each is one that the description tells.
"""

from __future__ import annotations

import copy
from typing import Any

import httpx
import pytest

from bench.described import ask_all

# The long run, with hundreds of requests each, is bench/described.py.
EXAMPLES = 1
HEALTH = "/api/v1/health/live"


@pytest.fixture
def described(asks: httpx.Client) -> dict[str, Any]:
    told: dict[str, Any] = asks.get("/api/v1/openapi.json").json()
    return told


def test_no_answer_is_a_fault_or_untold(asks: httpx.Client, described: dict[str, Any]) -> None:
    found = ask_all(asks, examples=EXAMPLES, told=described)
    assert not found.faults
    ways = sum(len(methods) for methods in described["paths"].values())
    assert found.asked > EXAMPLES * ways
    assert {200, 201, 400, 404, 422} <= set(found.statuses)


def test_an_answer_that_is_not_told_is_seen(asks: httpx.Client, described: dict[str, Any]) -> None:
    """The control: of the same server, a description that leaves something out."""
    partial = copy.deepcopy(described)
    answers = partial["paths"][HEALTH]["get"]["responses"]
    answers["204"] = answers.pop("200")
    found = ask_all(asks, examples=1, told=partial, only=lambda path: path == HEALTH)
    assert any("Undocumented" in fault for fault in found.faults)


def test_an_answer_of_another_shape_is_seen(asks: httpx.Client, described: dict[str, Any]) -> None:
    partial = copy.deepcopy(described)
    partial["components"]["schemas"]["Live"]["required"] = ["never"]
    found = ask_all(asks, examples=1, told=partial, only=lambda path: path == HEALTH)
    assert any("never" in fault for fault in found.faults)
