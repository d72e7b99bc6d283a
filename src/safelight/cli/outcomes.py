"""Outcomes: how the items of one command went, where a bad one does not stop the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from safelight.cli.face import Face, problem_document
from safelight.errors import (
    InputRefused,
    ModelFaulty,
    SafelightError,
    UsageError,
    WireBroken,
    WorkerDied,
)

# What is about one item alone. All else would meet the next one too: a full disk, a locked vault.
ALONE = (UsageError, InputRefused, WorkerDied, WireBroken, ModelFaulty)
PARTIAL, FAILED = 3, 1


class Outcomes:
    """Counts what went well and tells what did not, as it happens."""

    def __init__(self, face: Face) -> None:
        self._face, self._good = face, 0
        self._codes: Counter[int] = Counter()

    @contextmanager
    def of(self, item: str) -> Iterator[None]:
        """Take one item. Raises what is not about it alone."""
        try:
            yield
        except ALONE as error:
            self.failed(item, error)
        else:
            self._good += 1

    def failed(self, item: str, error: SafelightError) -> None:
        """Tell that this item failed."""
        self._codes[error.exit_code] += 1
        if self._face.is_json:
            self._face.document(problem_document(error, f"{item}: {error.message}"))
        else:
            self._face.failure(item, error.message, error.hint)

    @property
    def exit_code(self) -> int:
        """0 all good; 3 some failed; when all failed, their common code, or 1 where they differ."""
        if not self._codes:
            return 0
        if self._good:
            return PARTIAL
        return next(iter(self._codes)) if len(self._codes) == 1 else FAILED
