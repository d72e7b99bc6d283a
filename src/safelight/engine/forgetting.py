"""Forgetting: an error remembers every call that it passed, and they what they worked on. Names and
first bytes of a picture would stay for as long as somebody holds the error, or longer: errors and
calls that know each other wait for the collector.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def forgetting() -> Iterator[None]:
    """Have an error that passes here forget what calls below were working on; where it came from
    stays told.
    """
    try:
        yield
    except BaseException as error:
        _let_go(error)
        raise


def _let_go(error: BaseException) -> None:
    """Of this error, and of those that led to it."""
    waiting, seen = [error], {id(error)}
    while waiting:
        one = waiting.pop()
        traceback.clear_frames(one.__traceback__)
        for before in (one.__cause__, one.__context__):
            if before is not None and id(before) not in seen:
                seen.add(id(before))
                waiting.append(before)
