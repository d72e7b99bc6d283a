"""The door to the workers: one function, two kinds of host behind it."""

from __future__ import annotations

from collections.abc import Sequence

from safelight.worker.job import Host, ModelFile, Plan


def open_host(plan: Plan, *, portable: bool = False, held: Sequence[ModelFile] = ()) -> Host:
    """Start workers for this plan; returns at once, they are warmed and locked meanwhile.

    held are models that are opened once, on one thread, for all workers; their files must stay
    open as long as the host is.

    portable runs each job in a plain subprocess at level 0, for systems without the layers; such a
    host does no work unless plan.required_level is 0.
    """
    if portable:
        from safelight.worker.portable import PortableHost

        return PortableHost(plan)
    from safelight.worker.caged import CagedHost

    return CagedHost(plan, held=held)
