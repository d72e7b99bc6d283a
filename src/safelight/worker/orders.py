"""What both hosts do alike: put a job into words, take an outcome in, say what a worker died of."""

from __future__ import annotations

import json
import secrets
import signal
from collections.abc import Callable

from safelight.codecs.crossing import is_crossing
from safelight.codecs.routing import ROUTE_BYTES, route
from safelight.errors import SafelightError, TimeExceeded, WireBroken, WorkerDied
from safelight.limits import Limits
from safelight.worker.job import Answer, CageReport, Crossing, Job
from safelight.worker.measures import parse_measures
from safelight.worker.records import parse_records
from safelight.worker.seen import parse_sights
from safelight.worker.sentences import error_of
from safelight.worker.vectors import parse_vector
from safelight.worker.wire import Order, Outcome

NONCE_BITS = 64


def order_of(job: Job) -> tuple[Order, bytes]:
    """The order, and its words: the recipe, then for each model what asked for it and its entry."""
    words, sizes = [job.recipe], []
    for model in job.models:
        need = json.dumps(model.need).encode()
        words += [need, model.entry_json]
        sizes.append((len(need), len(model.entry_json), model.size_bytes))
    nonce = secrets.randbits(NONCE_BITS)
    order = Order(
        *(job.source_bytes, len(job.recipe), tuple(sizes), job.wants_image, nonce),
        threads=job.threads,
        crossing=job.crossing,
        has_device=job.device is not None,
    )
    return order, b"".join(words)


def outcome_of(untrusted: bytes, limits: Limits, order: Order) -> Outcome:
    """Raises the error that the worker named, and WireBroken."""
    outcome = Outcome.parse(untrusted, limits, order)
    if outcome.failure is not None:
        raise error_of(outcome.failure)
    return outcome


def answer_of(
    outcome: Outcome,
    untrusted_records: memoryview,
    output: memoryview | None,
    *,
    crossing: Crossing = Crossing.NOTHING,
    cage: CageReport,
    work_s: float,
    close: Callable[[], None],
) -> Answer:
    """Raises WireBroken."""
    vector, untrusted_records = parse_vector(untrusted_records)
    measures, untrusted_records = parse_measures(untrusted_records)
    sights, untrusted_records = parse_sights(untrusted_records)
    findings, changes = parse_records(untrusted_records)
    if outcome.input_format is None:
        raise WireBroken("the worker named no format")
    if output is not None and not _starts_as(output, outcome, crossing):
        raise WireBroken("the worker's output does not start as its format does")
    return Answer(
        output=output,
        format=outcome.format,
        width=outcome.width,
        height=outcome.height,
        input_format=outcome.input_format,
        input_width=outcome.input_width,
        input_height=outcome.input_height,
        is_reencoded=outcome.is_reencoded,
        findings=findings,
        changes=changes,
        cage=cage,
        work_s=work_s,
        close=close,
        confidence=outcome.confidence,
        decided=outcome.decided,
        vector=vector,
        measures=measures,
        sights=sights,
        ran=outcome.ran,
        retries=outcome.retries,
    )


def _starts_as(output: memoryview, outcome: Outcome, crossing: Crossing) -> bool:
    if crossing == Crossing.OUTPUT:
        return is_crossing(output)
    return route(bytes(output[:ROUTE_BYTES])) == outcome.format


def death(exit_code: int | None) -> SafelightError:
    """What it means that a worker gave no answer. Its exit code, minus the signal; None = with its
    zygote.
    """
    if exit_code is None:
        return _killed("the worker died with its zygote")
    if exit_code >= 0:
        return WorkerDied("the caged worker left without an answer")
    name = _signal_name(-exit_code)
    if name == "SIGXCPU":
        return TimeExceeded("the work took more processor time than allowed")
    if name == "SIGKILL":
        return _killed(f"the caged worker was ended by {name}")
    return WorkerDied(f"the caged worker was ended by {name}")


def _killed(sentence: str) -> WorkerDied:
    error = WorkerDied(sentence)
    error.was_killed = True
    return error


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
