"""Model facts: finding a model by the name that somebody typed, and every fact of it and of how it
stands here, for every face.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from safelight.errors import ModelMissing

if TYPE_CHECKING:
    from safelight.engine.timings import Timing
    from safelight.models.entry import Entry
    from safelight.models.store import Store

COMMERCIAL = {"free": "yes", "consent": "see its terms", "excluded": "no"}


def named(store: Store, name: str) -> Entry:
    """The model here with this name, or the only one with this alias. Raises ModelMissing."""
    for entry in store.entries():
        if name == entry.name:
            return entry
    fitting = [entry for entry in store.entries() if name in entry.aliases]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise ModelMissing(
            f"{name!r} stands for {', '.join(one.name for one in fitting)}: name one"
        )
    if any(name == entry.name for entry in store.available()):
        raise ModelMissing(f"{name} is not here yet", hint=f"safelight models pull {name}")
    from safelight.models.nearest import near

    names = {entry.name for entry in (*store.entries(), *store.available())}
    raise ModelMissing(
        f"there is no model {name!r}", hint=f"{near(name, names)}safelight models list"
    )


def anywhere(store: Store, name: str) -> Entry:
    """As named, and of those that could be pulled. Raises ModelMissing."""
    for entry in store.available():
        if name == entry.name:
            return entry
    return named(store, name)


def facts_of(entry: Entry, store: Store, timing: Timing | None = None) -> dict[str, Any]:
    """Every fact of a model, and how it stands here, as JSON values."""
    origin = store.origin(entry.name)
    return {
        **entry.model_dump(mode="json"),
        "total_bytes": entry.total_bytes,
        "state": origin or ("excluded" if entry.licence_class == "excluded" else "available"),
        "outdated": entry.name in {one.name for one in store.outdated()},
        "commercial": COMMERCIAL[entry.licence_class],
        "speed": None if timing is None else timing.speed,
        "seconds": None if timing is None else timing.seconds,
        "seconds_per": None if timing is None else timing.per,
    }
