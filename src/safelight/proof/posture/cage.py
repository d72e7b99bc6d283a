"""Cage: what holds a fresh worker, measured now, as the work would open it."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.proof.posture.finding import found
from safelight.proof.reports.page import Basis, Fact, Finding, fact
from safelight.worker.job import CageReport

KERNEL: Basis = "enforced by kernel"
CAGED = 2


def cage(report: CageReport | None, required_level: int) -> Iterator[Fact | Finding]:
    """The level and each layer; None where no worker could be opened."""
    if report is None:
        yield fact("cage", "could not be measured", "measured")
        yield found("cage-unmeasured", "a worker could not be opened")
        return
    attempted, contained = len(report.attempts), report.contained
    yield fact("level", f"{report.level} of 3, {required_level} required", "measured")
    yield fact("attacks in a fresh worker", f"{contained} of {attempted} contained", "measured")
    for name, is_seen in report.layers.items():
        words = "seen working by itself" if is_seen else "not seen working"
        yield fact(f"layer: {name}", words, KERNEL if is_seen else "measured")
    network = [one for one in report.attempts if one.group == "network"]
    closed = sum(one.contained for one in network)
    yield fact("network from a worker", f"{closed} of {len(network)} ways out closed", KERNEL)
    if contained < attempted:
        names = ", ".join(one.name for one in report.attempts if not one.contained)
        yield found("cage-open", f"not contained: {names}")
    if report.level < required_level:
        yield found("cage-weak", f"level {report.level}, and {required_level} is required")
    elif report.level == CAGED:
        missing = [name for name, is_seen in report.layers.items() if not is_seen]
        yield found("cage-no-namespaces", f"not seen working: {', '.join(missing) or 'namespaces'}")
