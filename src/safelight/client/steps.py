"""Steps: what several requests do together, told once for both clients.

A picture goes out with what is to be done; the answer comes at once, or as a job that is looked
after until it has ended; then its bytes are fetched, and compared with what the server signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from safelight.audit.canonical import canonical
from safelight.batch.telling import ResultTold, read
from safelight.client import calls
from safelight.client.call import API, JSON, Call, Part, Pause, Sink, Source, Steps
from safelight.client.documents import Item
from safelight.client.problems import of_document
from safelight.errors import Cancelled, SafelightError, VerificationFailed, WireBroken

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0
ENDED = ("done", "partial", "failed", "cancelled")
ACCEPTED = 202
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Errand:
    """What is to be done with one picture, and where the answer goes.

    path is the endpoint below the API, words the other parts of the form, as JSON values; pictures
    are further ones. sink takes
    the bytes of the result; wait_s is how long the request itself is held open for it. is_wanted
    tells whether somebody still waits.
    """

    path: str
    source: Source
    sink: Sink
    words: Mapping[str, Any] = field(default_factory=dict)
    pictures: tuple[Source, ...] = ()
    wait_s: float = 60.0
    progress: Progress | None = None
    is_wanted: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True)
class Done:
    """What the server says it did, and the signed receipt as it stands in a file (empty after an
    analysis).
    """

    told: ResultTold
    receipt: bytes


@dataclass(frozen=True, slots=True)
class _Answer:
    """The first answer: of the work, or of the job that it became."""

    status: int
    document: dict[str, Any]


class Weighed:
    """A sink that hashes and counts what passes."""

    def __init__(self, sink: Sink) -> None:
        self._sink, self._digest, self.size_bytes = sink, hashlib.sha256(), 0

    def write(self, data: memoryview, /) -> None:
        self._digest.update(data)
        self.size_bytes += len(data)
        self._sink.write(data)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def work(errand: Errand) -> Steps[Done]:
    """Have one picture worked on. Raises what the run on the server ended with, Cancelled where
    nobody wants it any more, VerificationFailed where the bytes are not those of the receipt.
    """
    answer = yield _first(errand)
    if answer.status == ACCEPTED:
        name = str(answer.document.get("id", ""))
        try:
            item = yield from _looked_after(errand, name)
            envelope = (yield calls.receipt(item.receipt)) if item.receipt else b""
            done = yield from _taken(errand, item.result, item.asset, envelope)
        finally:
            with suppress(SafelightError):
                yield calls.drop_job(name)
        return done
    document = answer.document
    given = document.get("receipt")
    envelope = canonical(given) if isinstance(given, dict) else b""
    return (yield from _taken(errand, document.get("result"), document.get("asset"), envelope))


def _first(errand: Errand) -> Call[_Answer]:
    """Everything small first: what is wrong with it is told before the picture is sent."""
    parts = [Part(name, canonical(word), JSON) for name, word in errand.words.items()]
    parts += [Part("picture", picture) for picture in errand.pictures]
    headers = {"Prefer": f"wait={errand.wait_s:g}" if errand.wait_s else "respond-async"}
    return Call(
        "POST",
        API + errand.path,
        lambda reply: _Answer(reply.status, reply.document()),
        headers=headers,
        body=(*parts, Part("file", errand.source)),
        wait_s=errand.wait_s,
    )


def _looked_after(errand: Errand, name: str) -> Steps[Item]:
    """The job's one item, once it has ended."""
    pause_s = FIRST_PAUSE_S
    while True:
        if not errand.is_wanted():
            raise Cancelled
        yield Pause(pause_s)
        pause_s = min(pause_s * 1.5, LONGEST_PAUSE_S)
        job = yield calls.job(name)
        items = yield calls.items(name)
        item = next(iter(items.items), None)
        if item is None:
            raise WireBroken("the server's job has no item")
        if job.state in ENDED:
            break
        if errand.progress is not None:
            errand.progress(item.share)
    if item.problem is not None:
        raise of_document(item.problem)
    found: Item = item
    return found


def _taken(errand: Errand, result: object, asset: object, receipt: bytes) -> Steps[Done]:
    told = read(result)
    if isinstance(asset, str) and asset:
        weighed = Weighed(errand.sink)
        yield calls.fetch(asset, weighed)
        if weighed.size_bytes != told.bytes:
            raise VerificationFailed("the result has not the size that the server told")
        _compare(receipt, weighed)
    return Done(told, receipt)


def _compare(receipt: bytes, weighed: Weighed) -> None:
    """With what was signed, where that says it in the plain."""
    from safelight.audit.receipt import Receipt

    if not receipt:
        return
    for output in Receipt.parse(receipt).predicate.outputs:
        if output.sha256 not in (None, weighed.sha256):
            raise VerificationFailed("the result is not the one that its receipt speaks of")
