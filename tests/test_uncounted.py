"""What is marked as a sweep runs without anybody following its lines."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from tests.house.uncounted import untraced


def follow(frame: FrameType, event: str, argument: object) -> Any:
    return follow


@pytest.fixture
def followed() -> Iterator[None]:
    """Lines are followed, as they are while they are counted."""
    before = sys.gettrace()
    sys.settrace(follow)
    yield
    sys.settrace(before)


@pytest.mark.uncounted
def test_nobody_follows_a_sweep_nor_its_threads() -> None:
    seen: list[object] = [sys.gettrace()]
    thread = threading.Thread(target=lambda: seen.append(sys.gettrace()))
    thread.start()
    thread.join()
    assert seen == [None, None]


def test_who_followed_before_follows_again(followed: None) -> None:
    with untraced():
        assert sys.gettrace() is None
    assert sys.gettrace() is follow
