"""Attacks: what a hostile picture would try once it runs code in a worker. One module per
mechanism.

Found by looking into this folder, so a new attack is one function in one place.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache, lru_cache

from safelight.worker.attacks import attack
from safelight.worker.attacks.attack import Attack, AttackTarget
from safelight.worker.job import Attempt

GROUPS = ("network", "files", "processes", "programs", "memory", "kernel")


@cache
def load() -> tuple[Attack, ...]:
    """Every attack, in the same order everywhere.

    Imports, so call it before the file system goes.
    """
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return tuple(sorted(attack.found, key=lambda one: (GROUPS.index(one.group), one.name)))


def run_all(target: AttackTarget) -> tuple[int, ...]:
    """Make every attack in the order of `load`: the errno that each met, 0 where it got through."""
    return tuple([one.run(target) for one in load()])


def judged(
    untrusted_errnos: Iterable[int],
    layers: frozenset[str],
    *,
    made: tuple[Attack, ...] = (),
    opened: frozenset[str] = frozenset(),
) -> tuple[Attempt, ...]:
    """The attempts with their verdicts: contained only by an errno that these layers give this
    attack. made: which attacks they were, where not those of load; opened as of Attack.expected.

    An errno that is missing counts as an attack that got through.
    """
    return _judged(tuple(untrusted_errnos), layers, made or load(), opened)


@lru_cache(maxsize=16)
def _judged(
    errnos: tuple[int, ...],
    layers: frozenset[str],
    made: tuple[Attack, ...],
    opened: frozenset[str],
) -> tuple[Attempt, ...]:
    """Worker after worker meets the same errnos; a verdict depends on nothing else."""
    errnos += (0,) * (len(made) - len(errnos))
    return tuple(
        Attempt(one.name, one.group, met, one.is_contained(met, layers, opened))
        for one, met in zip(made, errnos, strict=False)
    )
