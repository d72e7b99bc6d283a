"""What held one worker: what it says of itself, and what the kernel says of it from outside."""

from __future__ import annotations

from safelight.worker import attacks, layers
from safelight.worker.job import CageReport
from safelight.worker.talk import Message
from safelight.worker.wire import Ready
from safelight.worker.words import kernel_words


def measure(message: Message) -> CageReport:
    """Raises WireBroken for a report that breaks the rules of the wire."""
    ready = Ready.parse(message.untrusted, attempts=len(attacks.load()))
    return layers.report(ready.errnos, ready.layers, ready.filter_sha256, kernel_words(message.pid))
