"""The worker of the portable host: a plain process that reads one job from stdin and answers on
stdout.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import BinaryIO

from safelight.operation import ModelNeed
from safelight.worker import control
from safelight.worker.child import Model, Perform
from safelight.worker.errand import Progress, failed, succeeded, threads_of
from safelight.worker.job import Plan
from safelight.worker.wire import JOB_BYTES, Order, Outcome


def main(words: list[str]) -> None:
    """words: the module whose perform is the body of a worker."""
    answer = _own_stdout()
    perform: Perform = import_module(words[0]).perform
    source = sys.stdin.buffer
    plan = control.parse_plan(source.read(control.START_BYTES))
    _limit(plan)
    order = Order.parse(source.read(JOB_BYTES))
    outcome, pieces = _work(source, plan, order, perform=perform, answer=answer)
    for piece in (outcome.pack(order.nonce), *pieces):
        answer(piece)
    os._exit(0)


def _work(
    source: BinaryIO,
    plan: Plan,
    order: Order,
    *,
    perform: Perform,
    answer: Callable[[bytes | memoryview], None],
) -> tuple[Outcome, list[bytes | memoryview]]:
    try:
        picture = memoryview(source.read(order.source))
        recipe = source.read(order.recipe)
        needs = [(source.read(need), source.read(entry)) for need, entry, _ in order.models]
        files = [memoryview(source.read(size)) for _, _, size in order.models]
        models = [
            Model(ModelNeed(*json.loads(need)), entry, file)
            for (need, entry), file in zip(needs, files, strict=True)
        ]
        done = perform(
            picture,
            recipe,
            models,
            plan.limits,
            progress=Progress(answer).tell,
            wants_image=order.wants_image,
            threads=threads_of(order, plan),
            crossing=order.crossing,
            device=plan.device,
        )
        outcome, records = succeeded(done, plan.limits)
    except BaseException as error:  # noqa: BLE001 - whatever broke, the host hears a number
        return failed(error), []
    return outcome, [records, *done.pieces]


def _own_stdout() -> Callable[[bytes | memoryview], None]:
    """The way to the host, moved to where no stray print can reach it."""
    file = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)

    def answer(data: bytes | memoryview) -> None:
        with memoryview(data).cast("B") as view:
            position = 0
            while position < view.nbytes:
                position += file.write(view[position:]) or 0

    return answer


def _limit(plan: Plan) -> None:
    """What a system without a cage still can: no core file, processor time, memory where it
    counts.
    """
    with contextlib.suppress(ImportError):
        import resource

        processor_s = plan.limits.timeout_s * plan.threads
        for kind, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, processor_s)):
            hard = resource.getrlimit(kind)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (value, hard))
