"""Host and zygote understand each other, and nothing else."""

from __future__ import annotations

import pytest

from safelight.errors import WireBroken
from safelight.limits import Limits
from safelight.worker.control import Kind, Note, pack_plan, parse_plan
from safelight.worker.job import Plan


def test_a_note_makes_the_round_trip() -> None:
    for kind in Kind:
        note = Note(kind, 7, 9, 3)
        assert Note.parse(note.pack()) == note


def test_a_plan_makes_the_round_trip() -> None:
    limits = Limits(timeout_s=5, memory_bytes=123)
    plan = Plan(True, frozenset({"tflite"}), limits, 4, 2, 3, frozenset({"webm"}))
    assert parse_plan(pack_plan(plan)) == plan


@pytest.mark.parametrize("cut", [lambda data: data[:-1], lambda data: b"xxxx" + data[4:]])
def test_what_is_no_message_is_refused(cut: object) -> None:
    assert callable(cut)
    with pytest.raises(WireBroken):
        Note.parse(cut(Note(Kind.UP).pack()))
    with pytest.raises(WireBroken):
        parse_plan(cut(pack_plan(Plan(True, frozenset(), Limits()))))
