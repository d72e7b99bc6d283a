"""Noting: the journal's entry of a run, also of one that failed. It holds time, duration, sizes and
a code, and so nothing of the picture, its name or its metadata.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from safelight.audit.receipt import Receipt
from safelight.engine.book import Book
from safelight.errors import SafelightError, Unavailable
from safelight.recipe import Recipe


class Noting:
    """One run from its begin; on leaving with an error the journal gets an entry with its code.

    A recipe that gives no image has no entry, however it ends. input_bytes is set once known.
    """

    def __init__(self, book: Callable[[], Book], recipe: Recipe) -> None:
        self.started = time.monotonic()
        self.input_bytes = 0
        self._book, self._has_entry = book, recipe.gives_image

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        # Who waited in vain for the journal's lock is not made to wait for it once more.
        if isinstance(error, Exception) and self._has_entry and not isinstance(error, Unavailable):
            code = error.code if isinstance(error, SafelightError) else SafelightError.code
            # What the run failed of is what must be told, not that this could not be noted.
            with suppress(SafelightError):
                self._book().record_failure(code, self.started, self.input_bytes)

    def record(self, receipt: Receipt) -> None:
        """Append the receipt's entry; from here on the run has not failed, whatever happens to the
        journal. Raises like Book.record.
        """
        self._has_entry = False
        self._book().record(receipt)
