"""Choices: settings that weaken, and whether a policy keeps them from being changed."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.proof.posture.finding import found, kinds
from safelight.proof.reports.page import Basis, Fact, Finding, fact
from safelight.settings import Settings, rules

# What is only about how things look, or where a folder is.
SILENT = frozenset({"color", "progress", "state_dir", "data_dir", "jobs", "device"})


def choices(settings: Settings) -> Iterator[Fact | Finding]:
    """Every setting that has to do with safety, where it came from, and the weak ones."""
    for key in rules():
        if key not in SILENT:
            yield fact(key, _shown(settings, key), _basis(settings, key))
    for kind in kinds().values():
        if kind.setting:
            values = set(settings.shown(kind.setting).split(","))
            weak = sorted(values & set(kind.weak))
            if weak:
                evidence = (
                    f"{kind.setting} = {','.join(weak)}, by {_origin(settings, kind.setting)}"
                )
                yield found(kind.id, evidence)
    locked = [key for key, origin in settings.origins.items() if origin.is_locked]
    yield fact("locked by a policy", ", ".join(locked) or "nothing", "observed")
    if not locked:
        yield found("no-policy", "no setting is locked")


def _shown(settings: Settings, key: str) -> str:
    origin = _origin(settings, key)
    lock = ", locked" if key in settings.origins and settings.origins[key].is_locked else ""
    return f"{settings.shown(key) or 'nothing'} ({origin}{lock})"


def _origin(settings: Settings, key: str) -> str:
    return settings.origins[key].source if key in settings.origins else "default"


def _basis(settings: Settings, key: str) -> Basis:
    return "by design" if _origin(settings, key) == "default" else "declared by user"
