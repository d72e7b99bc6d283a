"""What the tests of the data-flow map share: a map of a folder, with a machine that shows nothing
unless a fact was planted.
"""

from __future__ import annotations

from pathlib import Path

from safelight.engine.engine import Engine
from safelight.proof.dataflow.gathering import Values
from safelight.proof.dataflow.ground import Ground
from safelight.proof.dataflow.machine import Machine
from safelight.proof.dataflow.parts import Kind, Map
from safelight.proof.dataflow.survey import Walk, survey
from safelight.settings import Settings
from tests.codecs.making import XMP_HEAD, exif, jpeg, segment, with_segments, xmp

MAKE, MODEL, SOFTWARE, ARTIST, HOST = 0x010F, 0x0110, 0x0131, 0x013B, 0x013C
SERIAL = 0xC62F


def bare(folder: Path) -> Ground:
    """A system that tells nothing: every place where it would lies below this folder, and is not
    there.
    """
    return Ground(
        folder / "home", folder / "proc", folder / "etc", folder / "sys", folder / "shares"
    )


def mapped(
    *named: Path,
    ground: Ground,
    values: Values = "all",
    recursive: bool = False,
    engine: Engine | None = None,
) -> Map:
    """The map of these folders on this ground."""
    walk, machine = Walk(named, recursive), Machine(ground)
    if engine is not None:
        return survey(engine, walk, machine=machine, values=values)
    with Engine(Settings(), jobs=1) as own:
        return survey(own, walk, machine=machine, values=values)


def names(found: Map, kind: Kind) -> list[str]:
    """The places of one kind, as they are shown."""
    return [place.label for place in found.of_kind(kind)]


def ways(found: Map) -> dict[str, str]:
    """Where it could flow: each way out, with how sure that is."""
    strengths = {arrow.target: arrow.strength for arrow in found.arrows}
    return {
        place.label: strengths[place.id]
        for place in found.of_kind("way")
        if place.label not in ("other accounts of this computer",)
    }


def taken(**tags: str) -> bytes:
    """A photo with these tags of EXIF."""
    numbers = {"make": MAKE, "model": MODEL, "software": SOFTWARE, "artist": ARTIST, "host": HOST,
               "serial": SERIAL}  # fmt: skip
    block = exif({numbers[name]: value for name, value in tags.items()})
    return with_segments(jpeg(), segment(0xE1, b"Exif\0\0" + block))


def described(properties: str, **namespaces: str) -> bytes:
    return with_segments(jpeg(), segment(0xE1, XMP_HEAD + xmp(properties, **namespaces)))


def plant(path: Path, text: str) -> None:
    """A fact of the system, at the place where it would tell it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def seen(folder: Path, ground: Ground, engine: Engine) -> Map:
    """The map of a folder and all below it."""
    return mapped(folder, ground=ground, engine=engine, recursive=True)
