"""Two cages: one decodes, only checked pixels cross, a second one works on them and encodes.

The second never sees the file, so a file that takes over the first cage can choose the pixels of
the result, and nothing else of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from safelight.codecs.crossing import Head
from safelight.engine.devices import Runner
from safelight.engine.source import open_source
from safelight.errors import WireBroken
from safelight.limits import Limits
from safelight.worker.job import Answer, Crossing, Job
from safelight.worker.reports import weaker


@dataclass(frozen=True)
class TwoCages:
    """Runs a job as its host does, in two fresh workers of it, one after the other."""

    host: Runner
    limits: Limits

    @contextmanager
    def run(self, job: Job, *, progress: Callable[[float], None] | None = None) -> Iterator[Answer]:
        """As Host.run. Raises WireBroken too for what the first cage gave out and is no picture."""
        bare = replace(job, models=(), wants_image=True, threads=0, device=None)
        decoding = replace(bare, crossing=Crossing.OUTPUT)
        with ExitStack() as held:
            with self.host.run(decoding) as first:
                pixels = checked(first, self.limits)
                most = self.limits.output_bytes
                source = held.enter_context(open_source(pixels, most, hashlib.sha256()))
            encoding = replace(
                job,
                source_fd=source.fd,
                source_bytes=source.size_bytes,
                crossing=Crossing.SOURCE,
            )
            with self.host.run(encoding, progress=progress) as answer:
                yield _both(first, answer)


def checked(first: Answer, limits: Limits) -> memoryview:
    """What crosses. Raises WireBroken unless it is one head in its bounds and exactly its samples.

    The numbers of the head must be those that the worker told of.
    """
    if first.output is None:
        raise WireBroken("the first cage gave no pixels")
    try:
        head = Head.parse(first.output, limits)
    except ValueError as error:
        raise WireBroken("what the first cage gave is no picture") from error
    told = (first.input_format, first.input_width, first.input_height)
    if (head.format, head.width, head.height) != told:
        raise WireBroken("the first cage gave another picture than it told of")
    return first.output


def _both(first: Answer, second: Answer) -> Answer:
    """The answer of the second with what the first alone knew: the metadata that stayed behind."""
    if second.input_format != first.input_format:
        raise WireBroken("the second cage read another picture than crossed")
    return replace(
        second,
        changes=(*first.changes, *second.changes),
        cage=replace(weaker(first.cage, second.cage), cages=first.cage.cages + second.cage.cages),
        work_s=first.work_s + second.work_s,
    )
