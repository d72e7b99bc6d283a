"""Ways through a server that answers otherwise than it should: each is told as what it is."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from safelight.proof.remanence.canary import Mark
from safelight.proof.serving.talk import Answer, Talk
from safelight.proof.serving.ways import WAYS, Shot

GOOD = Answer(200, {}, b"")
BUSY = Answer(429, {}, b'{"code": "busy"}')
BEGUN = Answer(202, {"location": "/jobs/a"}, b'{"id": "a"}')
BY_NAME = {way.name: way for way in WAYS}


class Told:
    """A server that gives these answers, one after the other."""

    def __init__(self, *answers: Answer) -> None:
        self._left = list(answers)

    def ask(self, *_words: Any) -> Answer:
        return self._left.pop(0)


def facts(**told: Any) -> Answer:
    return Answer(200, {}, json.dumps(told).encode())


ITEM = {"state": "done", "asset": "/results/b"}


@pytest.mark.parametrize(
    ("way", "answers", "end"),
    [
        ("looked at", [GOOD], "the answer shows nothing"),
        ("pixels kept", [GOOD], "the answer carries nothing"),
        ("upload and job", [BUSY], "busy"),
        ("upload and job", [facts(id="u"), BUSY, GOOD], "busy"),
        ("upload and job", [facts(id="u"), BEGUN, BUSY, GOOD], "busy"),
        ("later", [BUSY], "busy"),
        ("later", [BEGUN, facts(state="done"), facts(items=[ITEM]), BUSY], "busy"),
        ("later", [BEGUN, facts(state="failed"), facts(items=[{"state": "failed"}])], "failed"),
    ],
)
def test_an_end_that_is_not_the_one_is_told(way: str, answers: list[Answer], end: str) -> None:
    talk = cast(Talk, Told(*answers))
    assert BY_NAME[way].go(talk, Shot(Mark(), 1)) == end
