"""Real models and real pictures, as a job has them: pinned bytes, the runtime, libvips."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from safelight.annotation import Seen
from safelight.codecs.decode import open_image
from safelight.limits import Limits
from safelight.models.entry import Entry
from safelight.models.guard import Guarded
from safelight.models.look import look
from safelight.models.runtimes import open_session
from safelight.models.store import Store
from safelight.ops.looking.sample import Shown


@cache
def entry_of(name: str) -> Entry:
    """The entry of the catalogue, whose file need not be here."""
    return next(entry for entry in Store().catalogue() if entry.name == name)


@cache
def _files(data: Path) -> dict[str, Path]:
    """Every shared model by the digest that its entry pins."""
    with (data / "MANIFEST.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["sha256"]: data / row["path"] for row in rows if row["path"].startswith("models/")}


def pinned(name: str, data: Path) -> tuple[bytes, ...]:
    """The model's file and its parts, by their digests."""
    entry = entry_of(name)
    digests = (entry.sha256, *(part.sha256 for part in entry.parts))
    return tuple(_files(data)[digest].read_bytes() for digest in digests)


@cache
def session_of(name: str, data: Path) -> Guarded:
    """The model opened from the pinned bytes, with its parts behind it."""
    together = b"".join(pinned(name, data))
    return Guarded(open_session(entry_of(name), memoryview(together), threads=1), None)


@cache
def shown(path: Path) -> Shown:
    """A picture as operations show it to a model."""
    return Shown(open_image(memoryview(path.read_bytes()), Limits()))


@cache
def seen_by(name: str, data: Path, picture: str) -> Seen:
    """What the model of this name sees in a shared picture."""
    return look(session_of(name, data), shown(data / picture))
