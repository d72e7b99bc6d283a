"""Plain words: what the findings of one picture mean, one sentence for each group of risk.

Nothing is opened here: the findings came out of a worker as short printable text, and positions are
read from them as numbers. The town is looked up in a table on this machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from safelight.codecs.software import services_in
from safelight.image import Finding, Risk
from safelight.places.towns import nearest

MOST_NAMES = 4
PROGRAMS = (
    *("Software", "ProcessingSoftware", "XMP CreatorTool", "C2PA claim generator"),
    *("ImageEditingSoftware", "RAWDevelopingSoftware", "IPTC OriginatingProgram"),
)
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
NOWHERE = (0.0, 0.0)
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


def position_of(findings: Iterable[Finding]) -> tuple[float, float] | None:
    """Latitude and longitude in decimal degrees, wherever they stand; None where they do not.

    Exactly 0, 0 is what a device writes that knows no position: another one goes before it.
    """
    down = across = nowhere = None
    for finding in findings:
        name = finding.name
        both = _ISO_6709.match(finding.value) if "location" in name.lower() else None
        if both and (place := (float(both[1]), float(both[2]))) != NOWHERE:
            return place
        nowhere = NOWHERE if both else nowhere
        if name.endswith("GPSLatitude") and down is None:
            down = _degrees(finding.value)
        if name.endswith("GPSLongitude") and across is None:
            across = _degrees(finding.value)
    return (down, across) if down is not None and across is not None else nowhere


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
        return "names a place, or holds notes about one"
    if position == NOWHERE:
        return _nowhere(findings)
    town = nearest(*position)
    if town is None:
        return "says where it was taken, far from any town"
    away = "" if town.distance_km < 1 else f", about {town.distance_km:.0f} km from its middle"
    return f"says where it was taken: near {town.name}, {town.country}{away}"


def _nowhere(findings: list[Finding]) -> str:
    for finding in findings:
        if "GPS" not in finding.name and finding.value and not _ISO_6709.match(finding.value):
            return "names a place, or holds notes about one"
    return "holds a position that says nothing: 0, 0"


def _identity(findings: list[Finding]) -> str:
    if not any(finding.value.strip() for finding in findings):
        return "has fields for names and descriptions, all of them empty"
    return "names people, or describes what can be seen"


def _device(findings: list[Finding]) -> str:
    if any(word in finding.name.lower() for finding in findings for word in SERIALS):
        return "says which device took it, with a number that ties its pictures together"
    return "says which device took it"


def _time(findings: list[Finding]) -> str:
    return "says when it was taken or changed"


def _history(findings: list[Finding]) -> str:
    programs = dict.fromkeys(f.value for f in findings if f.name in PROGRAMS and f.value)
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
    sizes = [int(f.value.split()[0]) for f in findings if re.fullmatch(r"\d+ bytes", f.value)]
    if not sizes:
        return "holds notes that fit no group"
    blocks = "a block" if len(sizes) == 1 else f"{len(sizes)} blocks"
    return f"holds {blocks} that could not be understood, {sum(sizes):,} bytes in all"


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
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
