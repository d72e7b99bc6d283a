"""The life of a worker once it is locked: take one order, have it performed, answer, leave.

Everything it gives back goes through `wire`; what it writes lies in memfds that the host made.
"""

from __future__ import annotations

import json
import mmap
import os
import socket
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from safelight.errors import LimitExceeded, MemoryExceeded
from safelight.limits import MAX_MODELS, MAX_RECORDS, Limits
from safelight.models.session import is_out_of_memory
from safelight.operation import ModelNeed
from safelight.worker.child import Model, Perform, Performed
from safelight.worker.device_session import Counter
from safelight.worker.job import Plan
from safelight.worker.measures import pack_measures
from safelight.worker.memory import read_only
from safelight.worker.records import RECORD_BYTES, pack_records
from safelight.worker.seen import pack_sights
from safelight.worker.sentences import failure_of
from safelight.worker.vectors import pack_vector
from safelight.worker.wire import (
    JOB_BYTES,
    PROGRESS_PAUSE_S,
    Order,
    Outcome,
    pack_progress,
)

FIXED_FDS = 4
LINK_FDS = 2


@dataclass(frozen=True, slots=True)
class Sheets:
    """The descriptors of a job: source, recipe with the models' words behind it, output, report,
    line and mailbox of its device if it has one, model files.
    """

    source: int
    words: int
    output: int
    report: int
    link: tuple[int, ...]
    models: tuple[int, ...]


def serve(channel: socket.socket, plan: Plan, perform: Perform) -> None:
    """One job, from order to outcome; returns at once if the host closed the channel."""
    data, fds, _, _ = socket.recv_fds(channel, JOB_BYTES, FIXED_FDS + LINK_FDS + MAX_MODELS)
    if not data:
        return
    order = Order.parse(data)
    source, words, output, report, *more = fds
    linked = LINK_FDS * order.has_device
    sheets = Sheets(source, words, output, report, tuple(more[:linked]), tuple(more[linked:]))
    outcome = _outcome(channel, plan, perform, order=order, sheets=sheets)
    os.write(channel.fileno(), outcome.pack(order.nonce))


def _outcome(
    channel: socket.socket, plan: Plan, perform: Perform, *, order: Order, sheets: Sheets
) -> Outcome:
    tell = Progress(lambda message: os.write(channel.fileno(), message)).tell
    try:
        recipe, models = models_of(order, sheets.words, sheets.models)
        done = perform(
            read_only(sheets.source, order.source),
            recipe,
            models,
            plan.limits,
            progress=tell,
            wants_image=order.wants_image,
            threads=threads_of(order, plan),
            crossing=order.crossing,
            counter=counter_of(sheets.link),
            device=plan.device,
        )
        outcome, records = succeeded(done, plan.limits)
        _write(sheets.output, outcome.output_bytes, done.pieces)
        _write(sheets.report, len(records), [records])
    except BaseException as error:  # noqa: BLE001 - whatever broke, the host hears a number
        return failed(error)
    return outcome


def succeeded(done: Performed, limits: Limits) -> tuple[Outcome, bytes]:
    """The outcome of what was made, and the bytes of its records. Raises LimitExceeded."""
    size = sum(memoryview(piece).nbytes for piece in done.pieces)
    if size > limits.output_bytes:
        raise LimitExceeded(f"the result would pass {limits.output_bytes} bytes")
    ahead = pack_vector(done.vector) + pack_measures(done.measures) + pack_sights(done.sights)
    parts = len(ahead) // RECORD_BYTES
    count, records = pack_records(done.findings, done.changes, most=MAX_RECORDS - parts)
    outcome = Outcome(
        output_bytes=size,
        format=done.format,
        width=done.width,
        height=done.height,
        input_format=done.input_format,
        input_width=done.input_width,
        input_height=done.input_height,
        is_reencoded=done.is_reencoded,
        records=parts + count,
        confidence=done.confidence,
        decided=done.decided,
        ran=done.ran,
        retries=done.retries,
    )
    return outcome, ahead + records


def threads_of(order: Order, plan: Plan) -> int:
    """How many threads a model may use in this job."""
    return min(order.threads or plan.threads, plan.threads)


def failed(error: BaseException) -> Outcome:
    """What was built up until then is let go first."""
    traceback.clear_frames(error.__traceback__)
    if is_out_of_memory(error):
        error = MemoryExceeded()
    return Outcome(failure_of(error))


def counter_of(link: Sequence[int]) -> Counter | None:
    """Where a job asks its device, if it has one."""
    return Counter(*link) if link else None


def models_of(order: Order, words_fd: int, fds: Sequence[int]) -> tuple[bytes, Sequence[Model]]:
    """The recipe of an order and its models, whose words lie in one sheet and each in its own."""
    sizes = [order.recipe, *(size for model in order.models for size in model[:2])]
    words = read_only(words_fd, sum(sizes))
    parts, start = [], 0
    for size in sizes:
        parts.append(bytes(words[start : start + size]))
        start += size
    models = []
    for place, fd in enumerate(fds):
        need, entry = parts[1 + 2 * place : 3 + 2 * place]
        data = read_only(fd, order.models[place][2])
        models.append(Model(ModelNeed(*json.loads(need)), entry, data))
    return parts[0], models


def _write(fd: int, size: int, pieces: Sequence[bytes | memoryview]) -> None:
    if not size:
        return
    with mmap.mmap(fd, size) as target:
        for piece in pieces:
            target.write(piece)


class Progress:
    """Tells the host how far the work is, not more often than it can use."""

    def __init__(self, send: Callable[[bytes], object]) -> None:
        self._send = send
        self._last_s = 0.0

    def tell(self, share: float) -> None:
        now = time.monotonic()
        if now - self._last_s >= PROGRESS_PAUSE_S:
            self._last_s = now
            self._send(pack_progress(share))
