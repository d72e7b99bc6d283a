"""Each runtime has an answer of its own to rehearse with."""

from __future__ import annotations

import contextlib
import os
import sys

import pytest

from safelight.errors import RuntimeMissing
from safelight.limits import Limits
from safelight.models import runtimes
from safelight.models.facts import RUNTIMES, Runtime
from safelight.models.runtimes import rehearsal
from safelight.worker.child import perform
from safelight.worker.job import Plan
from safelight.worker.rehearsal import rehearsed


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_it_can_be_asked_again_and_makes_no_thread(runtime: Runtime) -> None:
    answer = rehearsal(runtime)
    before = len(os.listdir("/proc/self/task"))
    for _ in range(2):
        answer()
    assert len(os.listdir("/proc/self/task")) == before


def test_what_is_not_installed_is_not_rehearsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(RuntimeMissing):
        rehearsal("tflite")
    rehearsed(perform, Plan(True, frozenset({"tflite"}), Limits()))()


def test_nothing_fails_in_a_rehearsal(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(contextlib, "suppress", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(runtimes, "rehearsal", lambda _: lambda: asked.append(1))
    rehearsed(perform, Plan(True, frozenset({"onnx"}), Limits()))()
    assert asked
