"""Plain words: what the findings of one picture mean, one sentence for each group of risk.

Nothing is opened here: the findings came out of a worker as short printable text, and positions are
read from them as numbers. The town is looked up in a table on this machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from safelight.codecs.maker_notes import SENTENCE as MAY_HOLD
from safelight.codecs.maker_notes import is_unread_note
from safelight.codecs.reading import printable
from safelight.codecs.software import services_in
from safelight.image import Finding, Risk
from safelight.places.towns import nearest

MOST_NAMES, LONGEST_NAME = 4, 60
PROGRAMS = (
    *("Software", "ProcessingSoftware", "XMP CreatorTool", "C2PA claim generator", "Encoder"),
    *("ImageEditingSoftware", "RAWDevelopingSoftware", "IPTC OriginatingProgram", "XMP Producer"),
    *("XMP softwareAgent", "C2PA softwareAgent", "software of a set of layers", "handler name"),
    "MetadataEditingSoftware",
)
# Names that name no program: the kind of a track, or of a reader.
_NO_PROGRAM = re.compile(r"[a-z ]*handler?\.?|pict|pictures?|images?", re.IGNORECASE)
SERIALS = ("serial", "uniqueid", "deviceid")
MADE = {
    "trainedAlgorithmicMedia": "made by generative AI",
    "compositeWithTrainedAlgorithmicMedia": "parts of it were made by generative AI",
    "compositeSynthetic": "parts of it were made by a machine",
    "algorithmicMedia": "made by an algorithm",
    "algorithmicallyEnhanced": "altered by an algorithm",
    "algorithmicAlterations": "altered by an algorithm",
    "digitalCapture": "captured by a camera",
    "computationalCapture": "captured by a camera that computes",
    "humanEdits": "edited by a person",
    "screenCapture": "captured from a screen",
}
Position = tuple[float, float]
NOWHERE: Position = (0.0, 0.0)
PLACE_NOTES = "names a place, or holds notes about one"
UNREADABLE = "unreadable block"
_SIZE = re.compile(r"(\d+) bytes$")
_DECIMAL = re.compile(r"[+-]?\d{1,3}(\.\d+)?")
_ANGLE = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}(?:\.\d+)?))?([NSEW])")
_ISO_6709 = re.compile(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)")


def plain(findings: Sequence[Finding]) -> dict[Risk, str]:
    """One sentence for each group that is there; what a group reveals, in the user's words."""
    groups: dict[Risk, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.group, []).append(finding)
    said = {risk: SENTENCES[risk](groups[risk]) for risk in Risk if risk in groups}
    services = services_of(findings)
    if services:
        words = f"an AI service left its name: {_listed(services)}"
        before = said.get(Risk.PROVENANCE)
        said[Risk.PROVENANCE] = f"{before}; {words}" if before else f"no mark, but {words}"
    return dict(sorted(said.items()))


def services_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The generative services that the findings name, each once."""
    named = (name for finding in findings for name in services_in(finding.name, finding.value))
    return tuple(dict.fromkeys(named))


def position_of(findings: Iterable[Finding]) -> Position | None:
    """Latitude and longitude in decimal degrees, wherever they stand; None where they do not.

    Exactly 0, 0 is what a device writes that knows no position: another one goes before it. Numbers
    that lie outside the globe are no position.
    """
    found = [place for place in _positions(findings) if _is_on_earth(place)]
    return next((place for place in found if place != NOWHERE), found[0] if found else None)


def _positions(findings: Iterable[Finding]) -> Iterator[Position]:
    """Every pair of numbers in order; a latitude belongs to the longitude beside it."""
    downs: dict[str, float] = {}
    acrosses: dict[str, float] = {}
    for finding in findings:
        name = finding.name
        both = _ISO_6709.match(finding.value) if "location" in name.lower() else None
        if both:
            yield float(both[1]), float(both[2])
        for sides, word in ((downs, "GPSLatitude"), (acrosses, "GPSLongitude")):
            degrees = _degrees(finding.value) if name.endswith(word) else None
            if degrees is not None:
                sides.setdefault(name.removesuffix(word), degrees)
    for where, down in downs.items():
        if where in acrosses:
            yield down, acrosses[where]


def _is_on_earth(place: Position) -> bool:
    return abs(place[0]) <= 90 and abs(place[1]) <= 180


def _degrees(text: str) -> float | None:
    if _DECIMAL.fullmatch(text):
        return float(text)
    found = _ANGLE.fullmatch(text)
    if not found:
        return None
    degrees = int(found[1]) + float(found[2]) / 60 + float(found[3] or 0) / 3600
    return -degrees if found[4] in "SW" else degrees


def _place(findings: list[Finding]) -> str:
    position = position_of(findings)
    if position is None:
        impossible = next(_positions(findings), None)
        if impossible is None:
            return PLACE_NOTES
        return _no_position(findings, f"that is not on Earth: {_numbers(impossible)}")
    if position == NOWHERE:
        return _no_position(findings, "that says nothing: 0, 0")
    town = nearest(*position)
    if town is None:
        return "says where it was taken, far from any town"
    away = "" if town.distance_km < 1 else f", about {town.distance_km:.0f} km from its middle"
    return f"says where it was taken: near {town.name}, {town.country}{away}"


def _no_position(findings: list[Finding], words: str) -> str:
    for finding in findings:
        if "GPS" not in finding.name and finding.value and not _ISO_6709.match(finding.value):
            return PLACE_NOTES
    return f"holds a position {words}"


def _numbers(place: Position) -> str:
    return ", ".join(f"{number:.6f}".rstrip("0").rstrip(".") for number in place)


def _identity(findings: list[Finding]) -> str:
    if not any(finding.value.strip() for finding in findings):
        return "has fields for names and descriptions, all of them empty"
    return "names people, or describes what can be seen"


def _device(findings: list[Finding]) -> str:
    if any(word in finding.name.lower() for finding in findings for word in SERIALS):
        return "says which device took it, with a number that ties its pictures together"
    if any(is_unread_note(finding) for finding in findings):
        return f"says which device took it; {MAY_HOLD}"
    return "says which device took it"


def _time(findings: list[Finding]) -> str:
    return "says when it was taken or changed"


def _history(findings: list[Finding]) -> str:
    named = (finding.value for finding in findings if finding.name in PROGRAMS)
    programs = dict.fromkeys(name for name in named if name and not _NO_PROGRAM.fullmatch(name))
    if programs:
        return f"says what touched it: {_listed(tuple(programs))}"
    return "says what was done to it"


def _thumbnail(findings: list[Finding]) -> str:
    return "carries further pictures, which may show what was cut away from this one"


def _provenance(findings: list[Finding]) -> str:
    for finding in findings:
        made = MADE.get(finding.value.rpartition("/")[2])
        if made:
            return f"says how it came to be: {made}"
    return "says how it came to be"


def _other(findings: list[Finding]) -> str:
    sizes = [int(found[1]) for f in findings if (found := _SIZE.search(f.value)) and _is_block(f)]
    unsized = sum(f.name == UNREADABLE and not _SIZE.search(f.value) for f in findings)
    number = len(sizes) + unsized
    if not number:
        return "holds notes that fit no group"
    blocks = "a block" if number == 1 else f"{number} blocks"
    in_all = f", {sum(sizes):,} bytes in all" if sizes else ""
    serial = (
        "; may hold a serial number" if any(is_unread_note(finding) for finding in findings) else ""
    )
    return f"holds {blocks} that could not be understood{in_all}{serial}"


def _is_block(finding: Finding) -> bool:
    return finding.name == UNREADABLE or _SIZE.fullmatch(finding.value) is not None


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(printable(name, LONGEST_NAME) for name in names[:MOST_NAMES])
    return f"{shown} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else shown


SENTENCES = {
    Risk.PLACE: _place,
    Risk.IDENTITY: _identity,
    Risk.DEVICE: _device,
    Risk.TIME: _time,
    Risk.HISTORY: _history,
    Risk.THUMBNAIL: _thumbnail,
    Risk.PROVENANCE: _provenance,
    Risk.RIGHTS: lambda _: "says who holds the rights",
    Risk.COLOUR: lambda _: "says how colours are to be shown",
    Risk.ORIENTATION: lambda _: "says which side is up",
    Risk.SETTINGS: lambda _: "says how the camera was set",
    Risk.OTHER: _other,
}
