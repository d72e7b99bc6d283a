"""Nearest: what to say to who asked for a model that is not here."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from safelight.errors import ModelMissing
from safelight.models.entry import Entry
from safelight.operation import ModelNeed


def missing(need: ModelNeed, here: Sequence[Entry], offered: Sequence[Entry]) -> ModelMissing:
    """The error, with the line that gets the model where the catalogue has it, or one of those
    that would do instead.
    """
    one: ModelNeed | None = need
    while one is not None:
        fitting = [e for e in offered if (e.task, e.output.scale) == (one.task, one.scale)]
        meant = [e for e in fitting if one.name in (e.name, *e.aliases)]
        if meant:
            return ModelMissing(
                f"{one.task} needs the model {meant[0].name}, which is not here yet",
                hint=f"safelight models pull {meant[0].name}",
            )
        one = one.otherwise
    for entry in (*here, *offered):
        if entry.name == need.name and entry.task != need.task:
            said = f"{need.name} is a model for {entry.task}, not for {need.task}"
            return ModelMissing(said, hint=_usual(need, here, offered))
    said = f"there is no model {need.name!r} for {need.task} x{need.scale}".removesuffix(" x1")
    return ModelMissing(said, hint=_close(need, here, offered) + _usual(need, here, offered))


def _close(need: ModelNeed, here: Sequence[Entry], offered: Sequence[Entry]) -> str:
    """The name that was meant, if one is near."""
    names = {
        name
        for entry in (*here, *offered)
        if entry.task == need.task
        for name in (entry.name, *entry.aliases)
    }
    return near(need.name, names - {need.name})


def near(name: str, names: Iterable[str]) -> str:
    """The question if one of these was meant, with a space behind; empty where none is near."""
    close = difflib.get_close_matches(name.lower(), sorted(names), n=1, cutoff=0.5)
    return f"did you mean {close[0]}? " if close else ""


def _usual(need: ModelNeed, here: Sequence[Entry], offered: Sequence[Entry]) -> str:
    """The names that are usual for the task."""
    fitting = [entry for entry in here if entry.task == need.task]
    others = [entry for entry in offered if entry.task == need.task]
    usual: dict[str, list[str]] = {}
    for entry in sorted(fitting, key=lambda entry: entry.output.scale):
        for alias in entry.aliases:
            usual.setdefault(alias, []).append(f" x{entry.output.scale}".removesuffix(" x1"))
    told = ", ".join(alias + " and".join(scales) for alias, scales in sorted(usual.items()))
    here_is = f"for {need.task} there is {told}; " if told else ""
    more = " --available" if others and not fitting else ""
    return f"{here_is}safelight models list{more}"
