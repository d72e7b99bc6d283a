"""The door to the workers: one function, two kinds of host behind it."""

from __future__ import annotations

from safelight.worker.job import Host, Plan


def open_host(plan: Plan, *, portable: bool = False) -> Host:
    """Start workers for this plan; returns at once, they are warmed and locked meanwhile.

    portable runs each job in a plain subprocess at level 0, for systems without the layers; such a
    host does no work unless plan.required_level is 0.
    """
    if portable:
        from safelight.worker.portable import PortableHost

        return PortableHost(plan)
    from safelight.worker.caged import CagedHost

    return CagedHost(plan)
