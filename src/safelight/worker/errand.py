"""The life of a worker once it is locked: take one order, have it performed, answer, leave.

Everything it gives back goes through `wire`; what it writes lies in memfds that the host made.
"""

from __future__ import annotations

import json
import mmap
import socket
import time
from collections.abc import Sequence
import os
import traceback
from dataclasses import dataclass

from safelight.errors import LimitExceeded, MemoryExceeded
from safelight.limits import MAX_MODELS, MEGA
from safelight.operation import ModelNeed
from safelight.worker import sentences
from safelight.worker.child import Model, Perform, Performed
from safelight.worker.job import Plan
from safelight.worker.memory import read_only
from safelight.worker.wire import JOB_BYTES, Order, Outcome, pack_progress, pack_records

FIXED_FDS = 4
OUT_OF_MEMORY = ("out of memory", "bad_alloc", "allocate memory", "allocation failed")
PROGRESS_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Sheets:
    """The descriptors of a job: source, recipe with the models' words behind it, output, report, model files."""

    source: int
    words: int
    output: int
    report: int
    models: tuple[int, ...]


def serve(channel: socket.socket, plan: Plan, perform: Perform) -> None:
    """One job, from order to outcome; returns at once if the host closed the channel."""
    data, fds, _, _ = socket.recv_fds(channel, JOB_BYTES, FIXED_FDS + MAX_MODELS)
    if not data:
        return
    order = Order.parse(data)
    sheets = Sheets(*fds[:FIXED_FDS], tuple(fds[FIXED_FDS:]))
    outcome = _outcome(channel, plan, perform, order, sheets)
    os.write(channel.fileno(), outcome.pack(order.nonce))


def _outcome(
    channel: socket.socket, plan: Plan, perform: Perform, order: Order, sheets: Sheets
) -> Outcome:
    try:
        recipe, models = _words(order, sheets)
        done = perform(
            read_only(sheets.source, order.source),
            recipe,
            models,
            plan.limits,
            progress=Progress(channel).tell,
            wants_image=order.wants_image,
            threads=plan.threads,
        )
        return _deliver(done, plan, sheets)
    except BaseException as error:  # whatever broke, the host hears a number
        traceback.clear_frames(error.__traceback__)
        return Outcome(*sentences.to_numbers(named(error)))


def named(error: BaseException) -> BaseException:
    """Running out of memory has many names."""
    text = str(error).lower()
    if isinstance(error, MemoryError) or any(words in text for words in OUT_OF_MEMORY):
        return MemoryExceeded()
    return error


def _words(order: Order, sheets: Sheets) -> tuple[bytes, Sequence[Model]]:
    sizes = [order.recipe, *(size for model in order.models for size in model[:2])]
    words = read_only(sheets.words, sum(sizes))
    parts, start = [], 0
    for size in sizes:
        parts.append(bytes(words[start : start + size]))
        start += size
    models = []
    for place, fd in enumerate(sheets.models):
        need, entry = parts[1 + 2 * place : 3 + 2 * place]
        data = read_only(fd, order.models[place][2])
        models.append(Model(ModelNeed(*json.loads(need)), entry, data))
    return parts[0], models


def _deliver(done: Performed, plan: Plan, sheets: Sheets) -> Outcome:
    size = sum(memoryview(piece).nbytes for piece in done.pieces)
    if size > plan.limits.output_bytes:
        raise LimitExceeded(f"the output would have more than {plan.limits.output_bytes // MEGA} MB")
    _write(sheets.output, size, done.pieces)
    count, records = pack_records(done.findings, done.changes)
    _write(sheets.report, len(records), [records])
    return Outcome(
        output_bytes=size,
        format=done.format,
        width=done.width,
        height=done.height,
        input_format=done.input_format,
        input_width=done.input_width,
        input_height=done.input_height,
        is_reencoded=done.is_reencoded,
        records=count,
    )


def _write(fd: int, size: int, pieces: Sequence[bytes | memoryview]) -> None:
    if not size:
        return
    with mmap.mmap(fd, size) as target:
        for piece in pieces:
            target.write(piece)


class Progress:
    """Tells the host how far the work is, not more often than it can use."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._last_s = 0.0

    def tell(self, share: float) -> None:
        now = time.monotonic()
        if now - self._last_s >= PROGRESS_PAUSE_S:
            self._last_s = now
            os.write(self._channel.fileno(), pack_progress(share))
