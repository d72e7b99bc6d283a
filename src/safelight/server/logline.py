"""The log of the server: a line a call, of a fixed shape, with nothing in it that anyone sent.

    2026-11-21T21:00:00Z 12.3 ms 4831 B 200
    2026-11-21T21:00:01Z 0.4 ms 0 B 401 caller-unknown

When, how long, how many bytes came, the status, and the code of an error. The supervisor prints
what its children write only where it has this shape; so no other words of theirs reach the log.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from functools import cache

from safelight.errors import family

PATTERN = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \d{1,9}\.\d ms \d{1,15} B [1-5]\d\d(?: ([a-z-]+))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Line:
    """One call. code is that of a SafelightError, empty where there was none."""

    duration_ms: float
    bytes_in: int
    status: int
    code: str = ""
    ended: float = field(default_factory=time.time)

    def __str__(self) -> str:
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.ended))
        code = f" {self.code}" if self.code else ""
        return f"{when} {self.duration_ms:.1f} ms {self.bytes_in} B {self.status}{code}"


def fit(text: str) -> bool:
    """Whether this is such a line, and nothing more: its last word is a code of ours or none."""
    found = PATTERN.fullmatch(text)
    return found is not None and (found[1] is None or found[1] in _codes())


@cache
def _codes() -> frozenset[str]:
    return frozenset(error.code for error in family())
