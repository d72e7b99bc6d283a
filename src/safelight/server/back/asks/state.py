"""How the back end is: what holds its workers, how many pools are ready, what was done."""

from __future__ import annotations

import os
from typing import Any

from safelight.server.back.asking import Given


def answer(given: Given) -> dict[str, Any]:
    """pid, jobs side by side, pools that are ready, counts since the start, required level."""
    engine = given.engine
    return {
        "pid": os.getpid(),
        "jobs": engine.jobs,
        "pools": engine.hosts.ready,
        "required_level": engine.settings.require_level,
        "counts": dict(given.counts),
    }
