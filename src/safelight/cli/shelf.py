"""What the verbs on models share: where they lie, and telling of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import FOLDERS, setting, speaking, stacked
from safelight.engine.model_facts import facts_of

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
    """A line of --json about one model."""
    return {"type": "model", "schema": SCHEMA, **facts_of(entry, store, timing)}
