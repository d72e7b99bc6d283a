"""Freeing: which systems overwrite what is freed, and how a process is told to."""

from __future__ import annotations

import os
import sys

import pytest

from safelight.worker import freeing
from safelight.worker.freeing import OVERWRITE_FREED, OVERWRITTEN, overwrites, overwriting


@pytest.mark.parametrize(
    ("platform", "answer", "can"),
    [
        ("linux", "glibc 2.36", True),
        ("linux", "", False),
        ("linux", None, False),
        ("linux", OSError(), False),
        ("darwin", "glibc 2.36", False),
        ("win32", "glibc 2.36", False),
    ],
)
def test_only_one_library_does_it(
    monkeypatch: pytest.MonkeyPatch, platform: str, answer: str | OSError | None, can: bool
) -> None:
    def confstr(_name: str) -> str | None:
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(os, "confstr", confstr)
    assert freeing.can_overwrite() is can


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"PYTHONMALLOC": "malloc"},
        {"GLIBC_TUNABLES": OVERWRITE_FREED},
        {**OVERWRITTEN, "PYTHONMALLOC": "pymalloc"},
        {**OVERWRITTEN, "GLIBC_TUNABLES": f"{OVERWRITE_FREED}:glibc.malloc.perturb=0"},
    ],
)
def test_half_of_it_is_nothing(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    monkeypatch.setattr(freeing, "can_overwrite", lambda: True)
    assert not overwrites(given)
    assert overwrites(overwriting(given))
    monkeypatch.setattr(freeing, "can_overwrite", lambda: False)
    assert not overwrites(overwriting(given))
