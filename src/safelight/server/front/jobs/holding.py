"""Source: a picture that a job works on, wherever it lies, and how to let go of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from safelight.server.blob import Blob

if TYPE_CHECKING:
    from safelight.server.front.shelf import Shelf


class Source:
    """One holder's hold on a blob: its own, or one that a shelf lends. Close it once; twice is
    once.
    """

    def __init__(self, blob: Blob, release: Callable[[], None] | None = None) -> None:
        """Without release the blob is taken over: closing overwrites it."""
        self.blob = blob
        self._release = release or blob.close
        self.is_open = True

    @classmethod
    def lent(cls, shelf: Shelf, owner: str, name: str) -> Self:
        """What lies on a shelf: it is not overwritten before this is closed. Raises as Shelf.peek
        does.
        """
        with ExitStack() as stack:
            kept = stack.enter_context(shelf.lend(owner, name))
            return cls(kept.blob, stack.pop_all().close)

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self._release()
