"""Keys: a request that comes twice under one Idempotency-Key is carried out once.

Kept in memory: who asked, a digest of what was asked, and the answer, which is words about a job
and never a picture. A start of the server anew forgets them, as it does the jobs.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from safelight.errors import KeyReused, ParameterInvalid, StillRunning

KEEP_S = 24 * 3600.0
# One owner's, and of all; the oldest goes first.
MOST_OF_ONE, MOST = 1_000, 10_000
FORM = re.compile(r"[!-~]{1,255}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered the first time."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(slots=True)
class _Use:
    fingerprint: bytes
    until: float
    answer: Answer | None = None


class Turn:
    """One use of a key. answer is that of the first time, if there was one; else set it."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.answer = answer


class Keys:
    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._uses: OrderedDict[tuple[str, str], _Use] = OrderedDict()

    def __len__(self) -> int:
        return len(self._uses)

    @contextmanager
    def turn(self, owner: str, untrusted_key: str | None, *request: bytes) -> Iterator[Turn]:
        """Around one request, which its parts (method, path, body) tell apart from others. What
        fails is not kept: it may come again. Without a key nothing is kept.

        Raises ParameterInvalid for what is no key, KeyReused where it came with another request,
        StillRunning where the first has not ended.
        """
        if untrusted_key is None:
            yield Turn()
            return
        if not FORM.fullmatch(untrusted_key):
            raise ParameterInvalid("an Idempotency-Key is 1 to 255 letters, digits and signs")
        name, fingerprint = (owner, untrusted_key), _fingerprint(request)
        known = self._known(name, fingerprint)
        if known is not None:
            yield Turn(known)
            return
        use = self._uses[name] = _Use(fingerprint, self._clock() + KEEP_S)
        self._bound(owner)
        turn = Turn()
        try:
            yield turn
        finally:
            use.answer = turn.answer
            if turn.answer is None and self._uses.get(name) is use:
                del self._uses[name]

    def _known(self, name: tuple[str, str], fingerprint: bytes) -> Answer | None:
        now = self._clock()
        while self._uses and (first := next(iter(self._uses.values()))).until <= now:
            if first.answer is None:
                break
            self._uses.popitem(last=False)
        use = self._uses.get(name)
        if use is None:
            return None
        if use.fingerprint != fingerprint:
            raise KeyReused
        if use.answer is None:
            raise StillRunning
        return use.answer

    def _bound(self, owner: str) -> None:
        mine = [name for name in self._uses if name[0] == owner]
        if len(mine) > MOST_OF_ONE:
            del self._uses[mine[0]]
        if len(self._uses) > MOST:
            self._uses.popitem(last=False)


def _fingerprint(parts: tuple[bytes, ...]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()
