"""Which ways through the walkers a file takes: steps from one line to the next, by code object."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

ROOM = "/safelight/codecs/"
# A function that showed nothing new this often is looked at only now and then.
QUIET_CALLS, REST_CALLS = 24, 20

Tracer = Callable[[FrameType, str, Any], Any]


class Reach:
    """Steps seen so far. Tracing costs time, so functions that are known well are mostly left."""

    def __init__(self) -> None:
        self.steps: set[tuple[CodeType, int, int]] = set()
        self._calls: dict[CodeType, int] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Notes every step within."""
        before = sys.gettrace()
        sys.settrace(self._entered)
        try:
            yield
        finally:
            sys.settrace(before)

    def _entered(self, frame: FrameType, event: str, _: object) -> Tracer | None:
        code = frame.f_code
        if ROOM not in code.co_filename:
            return None
        calls = self._calls.get(code, 0) + 1
        self._calls[code] = calls
        if calls > QUIET_CALLS and calls % REST_CALLS:
            return None
        steps, last = self.steps, code.co_firstlineno

        def stepped(frame: FrameType, event: str, _: object) -> Tracer:
            nonlocal last
            if event == "line":
                step = (code, last, frame.f_lineno)
                if step not in steps:
                    steps.add(step)
                    self._calls[code] = 0
                last = frame.f_lineno
            return stepped

        return stepped
