"""The kernel's key ring keeps a secret for a time; where it refuses, nothing is said to be kept."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.vault import kernel

SECRET = bytes(range(32))


@pytest.fixture
def name() -> Iterator[str]:
    chosen = f"safelight:test:{secrets.token_hex(8)}"
    yield chosen
    kernel.forget(chosen)


def test_what_is_kept_is_found_and_goes(name: str) -> None:
    """A machine whose kernel refuses says so each time."""
    is_here = kernel.is_here()
    assert kernel.keep(name, bytearray(SECRET), seconds=600) == is_here
    assert kernel.holds(name) == is_here
    assert kernel.find(name) == (SECRET if is_here else None)
    assert kernel.forget(name) == is_here
    assert kernel.find(name) is None
    assert not kernel.holds(name)


def test_it_is_for_this_user_alone(name: str) -> None:
    """The kernel's own list says who may do what: nothing for a group, nothing for others."""
    if kernel.keep(name, bytearray(SECRET), seconds=600):
        lines = (line.split() for line in kernel.RINGS.read_text().splitlines())
        assert [words[4] for words in lines if words[8] == f"{name}:"] == ["3f3f0000"]


def test_the_time_that_is_left_is_told(name: str) -> None:
    kept = kernel.keep(name, bytearray(SECRET), seconds=600)
    left = kernel.seconds_left(name)
    assert (left is not None and 500 < left <= 600) if kept else left is None
    assert kernel.seconds_left(f"{name}:never") is None


def test_it_goes_by_itself(name: str) -> None:
    kernel.keep(name, bytearray(SECRET), seconds=1)
    time.sleep(1.2)
    assert kernel.find(name) is None


def test_a_later_keep_takes_the_place_of_the_first(name: str) -> None:
    for secret in (SECRET, SECRET[::-1]):
        kept = kernel.keep(name, bytearray(secret), seconds=600)
    assert kernel.find(name) == (SECRET[::-1] if kept else None)


def test_another_system_has_no_ring(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "another")
    assert not kernel.is_here()
    assert not kernel.keep(name, bytearray(SECRET), seconds=600)
    assert kernel.find(name) is None
    assert not kernel.forget(name)
    assert kernel.seconds_left(name) is None


@pytest.mark.parametrize("refused", [kernel.SETPERM, kernel.SET_TIMEOUT])
def test_a_secret_that_would_stay_too_long_is_not_kept(
    name: str, monkeypatch: pytest.MonkeyPatch, refused: int
) -> None:
    call = kernel._call
    monkeypatch.setattr(
        kernel, "_call", lambda n, *more: -1 if more[0] == refused else call(n, *more)
    )
    assert not kernel.keep(name, bytearray(SECRET), seconds=600)
    monkeypatch.undo()
    assert kernel.find(name) is None


def test_a_kernel_that_refuses_keeps_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_call", lambda *_: -1)
    assert not kernel.is_here()
    assert not kernel.keep(name, bytearray(SECRET), seconds=600)


@pytest.mark.parametrize("text", ["", "nonsense of many words", "{number:x} I--Q--- 1 perm rest"])
def test_a_kernel_that_does_not_tell_the_time_is_not_asked_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    rings = tmp_path / "keys"
    monkeypatch.setattr(kernel, "RINGS", rings)
    monkeypatch.setattr(kernel, "_number", lambda _name: 255)
    assert kernel.seconds_left("x") is None
    rings.write_text(text.format(number=255))
    assert kernel.seconds_left("x") is None
