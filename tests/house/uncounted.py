"""Tests whose lines are not counted: sweeps over what other tests count take several times as long
while they are. `pytestmark = pytest.mark.uncounted` says so.

The marker of the plugin that counts ends one of its two counters alone in a process of many.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def untraced() -> Iterator[None]:
    """Nothing follows the lines that run within it, in this thread and those that it starts."""
    here, there = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        threading.settrace(there)
        sys.settrace(here)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    if item.get_closest_marker("uncounted") is None:
        return (yield)
    with untraced():
        return (yield)
