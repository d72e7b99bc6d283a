"""ExifTool as a witness, both ways: the map misses no device, program or AI service that it shows
in the shared pictures, and names none that it does not show.

The rules. A device is what Make and Model say, outside of the notes of makers. A program is what
the tags of PROGRAMS say; a film's handlers count where they are more than the kind of a track.
Where a manifest names its generator twice, one of both is enough. Names are compared without case
and padding; a number's trailing zeros are lost in JSON. Of C2PA in films this ExifTool reads
nothing: what the map names there must stand in the file's bytes. A PDF that is encrypted is left
out: it takes seconds to try each.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from safelight.engine.engine import Engine
from safelight.proof.dataflow.parts import Map
from safelight.settings import Settings
from tests.codecs.making import jpeg, png
from tests.proof.flows import bare, mapped, names

PROGRAMS = frozenset(
    "Software ProcessingSoftware CreatorTool HistorySoftwareAgent OriginatingProgram Encoder"
    " ActionsSoftwareAgent ActionsSoftwareAgentName HandlerDescription ImageEditingSoftware"
    " RAWDevelopingSoftware MetadataEditingSoftware".split()
)
GENERATORS = frozenset({"Claim_generator", "Claim_Generator_InfoName"})
OF_PDF = frozenset({"PDF:Creator", "PDF:Producer", "XMP-pdf:Producer"})
NOT_TOLD = frozenset({"", "n/a", "0", "unknown"})
TRACKS = frozenset("video sound audio media data alias mp4 handler pict picture image".split())
# As an AI service writes itself, in any tag: the witness of what the map says of them.
SERVICES = (
    *("midjourney", "dall-e", "dall·e", "openai", "chatgpt", "stable diffusion", "firefly"),
    *("novelai", "invokeai", "comfyui", "leonardo.ai", "ideogram", "google ai", "imagined with ai"),
    *("trainedalgorithmicmedia", "compositewithtrainedalgorithmicmedia", "aisystemused"),
)


@dataclass
class Witness:
    """What ExifTool shows of one file: every value, devices and programs, in lower case."""

    everything: str = ""
    devices: set[str] = field(default_factory=set)
    programs: set[str] = field(default_factory=set)
    generators: set[str] = field(default_factory=set)


def witnessed(folder: Path) -> dict[Path, Witness]:
    tool = shutil.which("exiftool")
    if tool is None:
        raise FileNotFoundError("exiftool is needed: apt install libimage-exiftool-perl")
    files = [path for path in folder.rglob("*") if path.is_file() and not is_locked(path)]
    line = [tool, "-j", "-n", "-a", "-G1", "-u", "-ee", "-@", "-"]
    given = "\n".join(map(str, files)).encode()
    answer = subprocess.run(line, input=given, capture_output=True, check=False, timeout=300)
    return {Path(file["SourceFile"]): _witness(file) for file in json.loads(answer.stdout)}


def is_locked(path: Path) -> bool:
    return path.suffix == ".pdf" and b"/Encrypt" in path.read_bytes()


def _witness(tags: dict[str, Any]) -> Witness:
    found = Witness()
    told = [(name, plain(value)) for name, tag in tags.items() for value in values(tag)]
    found.everything = " | ".join(value for _, value in told)
    for name, value in told:
        tag = name.rpartition(":")[2]
        if value in NOT_TOLD:
            continue
        if tag in ("Make", "Model"):
            found.devices.add(value)
        elif tag in GENERATORS:
            found.generators.add(value)
        elif (tag in PROGRAMS or name in OF_PDF) and not set(value.split()) <= TRACKS:
            found.programs.add(value)
    return found


def values(tag: Any) -> Iterator[str]:
    if isinstance(tag, dict | list):
        for inner in tag.values() if isinstance(tag, dict) else tag:
            yield from values(inner)
    else:
        yield str(tag)


def plain(value: object) -> str:
    """Without case, padding, and what a printer puts for letters that it has not."""
    text = " ".join(str(value).replace("?", " ").split()).casefold().removeprefix("#")
    return text.removesuffix(" handler") if text.endswith("handler") else text


@dataclass
class Told:
    """What the map says of one file: names and values of the places of each kind."""

    names: dict[str, set[str]] = field(default_factory=dict)
    values: dict[str, set[str]] = field(default_factory=dict)
    unread: bool = False


def told(found: Map) -> dict[Path, Told]:
    files = {Path(file): Told(unread=True) for root in found.roots for file in root.unread}
    places = {place.id: place for place in found.places}
    for arrow in found.arrows:
        place = places.get(arrow.source) or places[arrow.target]
        for one in arrow.evidence:
            file = files.setdefault(Path(one.file), Told())
            file.names.setdefault(place.kind, set()).add(place.name)
            file.values.setdefault(place.kind, set()).add(plain(one.value))
    return files


@pytest.fixture(scope="module")
def both(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[Path, Witness], dict[Path, Told]]:
    folder = shared_data / "metadata"
    ground = bare(tmp_path_factory.mktemp("system"))
    return witnessed(folder), told(mapped(folder, ground=ground, recursive=True))


def is_same(value: str, told: set[str]) -> bool:
    """The value itself, cut as long values are, or the same number."""
    if value in told or any(one.endswith("…") and value.startswith(one[:-1]) for one in told):
        return True
    return any(_is_number(value, one) for one in told)


def _is_number(value: str, other: str) -> bool:
    try:
        return float(value) == float(other)
    except ValueError:
        return False


def test_no_device_is_missed(both: tuple[dict[Path, Witness], dict[Path, Told]]) -> None:
    witnesses, files = both
    missed, seen = [], 0
    for path, witness in witnesses.items():
        ours = files.get(path, Told())
        known = ours.values.get("device", set())
        labels = " ".join(plain(name) for name in ours.names.get("device", ()))
        for value in witness.devices:
            seen += 1
            # A maker stands in the name of the group, the model in the evidence.
            if not is_same(value, known) and not (known and witness.devices & known):
                missed.append((path.name, value, labels))
    assert seen >= 150
    assert missed == []


def test_no_program_is_missed(both: tuple[dict[Path, Witness], dict[Path, Told]]) -> None:
    witnesses, files = both
    missed, seen = [], 0
    for path, witness in witnesses.items():
        ours = files.get(path, Told())
        known = {value for kind in ours.values for value in ours.values[kind]}
        for value in witness.programs:
            seen += 1
            missed += [] if is_same(value, known) else [(path.name, value)]
        named = " ".join(sorted(plain(name) for name in ours.names.get("program", ())))
        heads = {value.split("/")[0].split()[0] for value in witness.generators}
        missed += [(path.name, str(heads))] if heads and not any(h in named for h in heads) else []
    assert seen >= 150
    assert missed == []


@pytest.mark.parametrize("kind", ["device", "program", "ai", "person", "online"])
def test_none_is_invented(both: tuple[dict[Path, Witness], dict[Path, Told]], kind: str) -> None:
    witnesses, files = both
    invented = []
    for path, ours in files.items():
        if path not in witnesses:
            continue
        everything = witnesses[path].everything
        for name in ours.names.get(kind, ()):
            if plain(name) not in everything and name.encode() not in path.read_bytes():
                invented.append((path.name, name))
    assert invented == []


def test_the_map_names_ai_services_where_the_witness_shows_them_and_nowhere_else(
    both: tuple[dict[Path, Witness], dict[Path, Told]],
) -> None:
    witnesses, files = both
    shown = {
        path.name
        for path, witness in witnesses.items()
        if any(service in witness.everything for service in SERVICES)
    }
    assert {path.name for path, ours in files.items() if ours.names.get("ai")} == shown


def test_only_what_has_nothing_to_show_is_not_read(
    both: tuple[dict[Path, Witness], dict[Path, Told]],
) -> None:
    witnesses, files = both
    unread = [path for path, ours in files.items() if ours.unread]
    assert len(unread) <= 12
    lost = [
        path.name
        for path in unread
        if path in witnesses and (witnesses[path].devices | witnesses[path].programs)
    ]
    assert lost == []


# As ExifTool itself writes them: tag, value, and what the map must name.
WRITTEN = {
    "firefly.jpg": ("-XMP-xmp:CreatorTool=Adobe Firefly 3", "Adobe Firefly"),
    "dalle.png": ("-PNG:Software=DALL-E 3", "DALL·E"),
    "journey.jpg": ("-IPTC:Caption-Abstract=a cat --ar 3:2 --v 6", "Midjourney"),
    "google.jpg": ("-XMP-photoshop:Credit=Made with Google AI", "Google AI"),
    "nobody.jpg": (
        "-XMP-iptcExt:DigitalSourceType="
        "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
        "AI that is not named",
    ),
    "enhanced.jpg": (
        "-XMP-iptcExt:DigitalSourceType="
        "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced",
        "",
    ),
    "speech.jpg": ("-IPTC:Caption-Abstract=a speech about ChatGPT and Midjourney", ""),
    "plain.jpg": ("-XMP-photoshop:Headline=a runway in flux", ""),
}


def test_services_that_another_program_wrote_are_named(tmp_path: Path) -> None:
    tool = shutil.which("exiftool")
    assert tool is not None, "exiftool is needed: apt install libimage-exiftool-perl"
    folder = tmp_path / "made"
    folder.mkdir()
    for name, (tag, _) in WRITTEN.items():
        (folder / name).write_bytes(png() if name.endswith(".png") else jpeg())
        subprocess.run([tool, "-q", "-overwrite_original", tag, str(folder / name)], check=True)
    with Engine(Settings(), jobs=1) as engine:
        found = mapped(folder, ground=bare(tmp_path / "system"), engine=engine)
    assert set(names(found, "ai")) == {service for _, service in WRITTEN.values()} - {""}
    touched = {Path(file).name for place in found.of_kind("ai") for file in place.pictures}
    assert touched == {name for name, (_, service) in WRITTEN.items() if service}
