"""What held one worker: what it says of itself, and what the kernel says of it from outside."""

from __future__ import annotations

from dataclasses import replace

from safelight.worker import attacks, device_attacks, layers
from safelight.worker.job import CageReport
from safelight.worker.reach import Reach
from safelight.worker.talk import Message
from safelight.worker.wire import Ready
from safelight.worker.words import kernel_words


def measure(message: Message, reach: Reach | None = None) -> CageReport:
    """reach: that of the device whose worker sent it; None for a picture's. Raises WireBroken for
    a report that breaks the rules of the wire.
    """
    made = attacks.load() if reach is None else device_attacks.load()
    ready = Ready.parse(message.untrusted, attempts=len(made))
    words = kernel_words(message.pid)
    return layers.report(ready.errnos, ready.layers, ready.filter_sha256, words, reach=reach)


def weaker(one: CageReport, other: CageReport) -> CageReport:
    """One report for both: the lower level, all attempts, the layers that both were seen to have;
    what else is said is said of the second.
    """
    return replace(
        other,
        level=min(one.level, other.level),
        attempts=(*one.attempts, *other.attempts),
        layers={name: seen and one.layers.get(name, False) for name, seen in other.layers.items()},
        not_covered=tuple(dict.fromkeys((*one.not_covered, *other.not_covered))),
    )
