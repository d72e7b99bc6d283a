"""What the verbs on models share: finding one, and telling of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import FOLDERS, setting, speaking, stacked
from safelight.errors import ModelMissing

if TYPE_CHECKING:
    from safelight.engine.shelving import Shelving
    from safelight.engine.timings import Timing
    from safelight.models.entry import Entry
    from safelight.models.store import Store

changing = stacked(*(setting(key) for key in FOLDERS), speaking)
# What a trial in the cage may use.
trying = stacked(*(setting(key) for key in ("require_level", "timeout", "device")), changing)

PINS = {
    "built-in": "made here",
    "publisher": "the publisher's own",
    "agreed": "several public sources agree",
    "single": "single source",
    "own": "your own",
}
SINGLE = "its digest rests on a single public source; nobody else has confirmed it"
COMMERCIAL = {"free": "yes", "consent": "see its terms", "excluded": "no"}
FREE = {"free": "free", "consent": "terms to accept", "excluded": "not to be had"}
WHERE = {"built-in": "built in", "pulled": "pulled", "own": "yours", "trial": "on trial"}


def store_of(face: Face) -> Store:
    from safelight.models.store import Store

    return Store(face.settings.data_dir / "models")


def shelving_of(face: Face) -> Shelving:
    from safelight.engine.shelving import Shelving

    return Shelving(face.settings)


def timings_of(face: Face) -> dict[str, Timing]:
    """What models were measured at here, by the SHA-256 of their files."""
    from safelight.engine.timings import measured

    return measured(face.settings.state_dir)


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


def remark(face: Face, text: str) -> None:
    """A line for people on the error stream; none for programs."""
    if not face.is_json:
        face.note(text)


def notes(entry: Entry) -> str:
    """Other names, the exact twin, and whether it is only tried out yet; as people read it."""
    told = [f"also {', '.join(entry.aliases)}"] if entry.aliases else []
    told += [f"exact twin {entry.exact}"] if entry.exact else []
    told += ["experimental"] if entry.experimental else []
    return f" ({'; '.join(told)})" if told else ""


def pace(timing: Timing | None) -> str:
    """How fast it is here, in words."""
    if timing is None:
        return "not measured"
    return f"{timing.speed}, {timing.seconds:.2g} s a {timing.per}"


def document(entry: Entry, store: Store, timing: Timing | None = None) -> dict[str, Any]:
    """Every fact of a model, and how it stands here."""
    origin = store.origin(entry.name)
    return {
        "type": "model",
        "schema": SCHEMA,
        **entry.model_dump(mode="json"),
        "total_bytes": entry.total_bytes,
        "state": origin or ("excluded" if entry.licence_class == "excluded" else "available"),
        "outdated": entry.name in {one.name for one in store.outdated()},
        "commercial": COMMERCIAL[entry.licence_class],
        "speed": None if timing is None else timing.speed,
        "seconds": None if timing is None else timing.seconds,
        "seconds_per": None if timing is None else timing.per,
    }
