"""Ways out, tried in a fresh worker and in the back end itself."""

from __future__ import annotations

from typing import Any

from safelight.engine.widest import widest
from safelight.proof.egress import GROUP
from safelight.server import outward
from safelight.server.back.asking import Given


def answer(given: Given) -> dict[str, Any]:
    """Every attempt of a fresh worker to reach a network: its name, and with which error of the
    system it ended; the level that this worker has. own: those of this process, which has an empty
    network only where it may leave the machine's.
    """
    host, _missing = widest(given.engine)
    cage = host.report()
    return {
        "level": cage.level,
        "required_level": given.engine.settings.require_level,
        "attempts": [
            {"name": one.name, "errno": one.errno, "contained": one.contained}
            for one in cage.attempts
            if one.group == GROUP
        ],
        "own": [
            {"name": one.name, "errno": one.errno, "contained": one.contained}
            for one in outward.reaching()
        ],
    }
