"""Told: what the metadata of one picture says of devices, people, programs and services.

The findings came out of the cage as short printable text. They are claims: anyone can write them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from safelight.codecs.origin import is_by_trained
from safelight.codecs.software import services_in
from safelight.image import Finding
from safelight.proof.dataflow.naming import (
    device_of,
    is_firmware,
    maker_of,
    people_in,
    programs_in,
    says_nothing,
)
from safelight.proof.dataflow.parts import Evidence, Kind, Sight, Step

# A maker and a model belong together where they stand in the same kind of block.
BLOCKS = (
    ("Make", "Model"),
    ("XMP Make", "XMP Model"),
    ("C2PA Make", "C2PA Model"),
    ("DICOM Manufacturer", "DICOM ManufacturerModelName"),
)
# Names that somebody gave to a computer or a room of machines.
COMPUTERS = ("HostComputer", "DICOM StationName")
SERIALS = {
    "SerialNumber": "serial number",
    "CameraSerialNumber": "serial number",
    "BodySerialNumber": "serial number",
    "DeviceSerialNumber": "serial number",
    "InternalSerialNumber": "internal serial number",
    "LensSerialNumber": "serial number of a lens",
}
PROGRAMS = frozenset(
    {
        *("Software", "ProcessingSoftware", "RAWDevelopingSoftware", "ImageEditingSoftware"),
        *("MetadataEditingSoftware", "XMP CreatorTool", "XMP softwareAgent", "XMP Producer"),
        *("XMP Software", "XMP ProcessingSoftware", "C2PA claim generator", "C2PA softwareAgent"),
        *("C2PA Software", "IPTC OriginatingProgram", "Encoder", "Producer", "Creator"),
        *("DICOM SoftwareVersions", "handler name", "HandlerName", "software of a set of layers"),
    }
)
# Where a device names what it runs itself.
OWN = frozenset({"Software", "XMP CreatorTool", "XMP Software"})
ALWAYS_OWN = frozenset({"DICOM SoftwareVersions"})
PEOPLE = {
    **dict.fromkeys(("Artist", "XPAuthor", "Author", "IPTC By-line", "XMP creator"), "made by"),
    **dict.fromkeys(("XMP Artist", "XMP Author", "C2PA author", "Photographer"), "made by"),
    **dict.fromkeys(("OwnerName", "XMP OwnerName", "XMP CameraOwnerName", "XMP Owner"), "owned by"),
    **dict.fromkeys(("ImageEditor", "XMP ImageEditor"), "edited by"),
    **dict.fromkeys(("XMP CaptionWriter", "IPTC Writer-Editor"), "described by"),
    **dict.fromkeys(("XMP PersonInImage", "DICOM PatientName"), "shows"),
    **dict.fromkeys(("DICOM OperatorsName", "DICOM PerformingPhysicianName"), "made by"),
    **dict.fromkeys(("DICOM ReferringPhysicianName", "DICOM RequestingPhysician"), "asked for by"),
    "DICOM NameOfPhysiciansReadingStudy": "read by",
    "DICOM InstitutionName": "made at",
}
TIMES = ("DateTimeOriginal", "CreateDate", "XMP CreateDate", "ModifyDate", "XMP ModifyDate")
ACTIONS = ("XMP action", "C2PA action")
MARKS = ("XMP DigitalSourceType", "C2PA digitalSourceType")
UNNAMED = "AI that is not named"
# What Facebook and Instagram write into a picture that they give out.
FACEBOOK_MARK = "FBMD"


@dataclass(frozen=True, slots=True)
class Subject:
    """The picture that is spoken of: the root that it belongs to, and its file as shown."""

    root: int
    file: str


def sights_of(subject: Subject, findings: Sequence[Finding]) -> Iterator[Sight]:
    """Everything that the findings of one picture tell."""
    for reader in READERS:
        yield from reader(subject, findings)


def steps_of(subject: Subject, findings: Sequence[Finding]) -> Iterator[Step]:
    """The steps that histories list, in their order."""
    for finding in findings:
        if finding.name in ACTIONS:
            *words, last = finding.value.split("; ")
            if last[:4].isdigit():
                yield Step(subject.file, last, ", ".join(words))
            else:
                yield Step(subject.file, "", ", ".join((*words, last)))


def _devices(subject: Subject, findings: Sequence[Finding]) -> Iterator[Sight]:
    models = set()
    for make_name, model_name in BLOCKS:
        makes = [one for one in findings if one.name == make_name]
        for at, told in enumerate(one for one in findings if one.name == model_name):
            make = makes[min(at, len(makes) - 1)].value if makes else ""
            if not says_nothing(told.value):
                models.add(told.value)
                yield from _device(subject, findings, ("" if says_nothing(make) else make), told)
        if makes and not any(one.name == model_name for one in findings):
            for told in makes:
                if not says_nothing(told.value):
                    yield from _device(subject, findings, told.value, told)
    for told in findings:
        is_named = told.value not in models and not says_nothing(told.value)
        if told.name in COMPUTERS and is_named:
            yield _sight(subject, told, "device", told.value, what="a computer in its history",
                         is_private=True)  # fmt: skip


def _device(
    subject: Subject, findings: Sequence[Finding], make: str, told: Finding
) -> Iterator[Sight]:
    maker, model = device_of(make, told.value)
    model = model or maker
    when = _first(findings, TIMES)
    yield _sight(subject, told, "device", model, what="taken with", group=maker, when=when)
    for finding in findings:
        kind = SERIALS.get(finding.name.rpartition(" ")[2])
        if kind and not says_nothing(finding.value):
            yield _sight(
                subject, finding, "device", model, what="taken with", group=maker,
                detail=f"{kind}: {finding.value}", when=when, is_private=True,
            )  # fmt: skip


def _people(subject: Subject, findings: Sequence[Finding]) -> Iterator[Sight]:
    for finding in findings:
        what = PEOPLE.get(finding.name)
        for name in people_in(finding.value) if what else ():
            yield _sight(subject, finding, "person", name, what=what or "", is_private=True)


def _programs(subject: Subject, findings: Sequence[Finding]) -> Iterator[Sight]:
    make, model = (_first(findings, names) for names in zip(*BLOCKS, strict=True))
    for finding in findings:
        if finding.name not in PROGRAMS:
            continue
        is_own = finding.name in OWN and is_firmware(finding.value, make, model)
        if is_own or finding.name in ALWAYS_OWN:
            yield from _firmware(subject, finding, make, model)
            continue
        services = {_letters(name) for name in services_in(finding.name, finding.value)}
        for name, version in programs_in(finding.value):
            if _letters(name) not in services:
                when = _time_of(name, findings)
                yield _sight(subject, finding, "program", name, what="went through",
                             group=maker_of(name), detail=version and f"version {version}",
                             when=when)  # fmt: skip


def _firmware(subject: Subject, finding: Finding, make: str, model: str) -> Iterator[Sight]:
    """What the device itself ran: a fact of the device, and a program only where none is told."""
    if says_nothing(finding.value):
        return
    maker, name = device_of(make, model)
    if name or maker:
        yield _sight(subject, finding, "device", name or maker, what="taken with", group=maker,
                     detail=f"its own software {finding.value}")  # fmt: skip
    else:
        yield _sight(subject, finding, "program", "a program that gives only its version",
                     what="went through", detail=f"version {finding.value}")  # fmt: skip


def _services(subject: Subject, findings: Sequence[Finding]) -> Iterator[Sight]:
    """Services by name; a mark that says AI without a name stands for one that is not named."""
    named = False
    for finding in findings:
        known = [*services_in(finding.name, finding.value)] or [*_systems(finding)]
        for service in known:
            named = True
            # A caption or a prompt may name somebody; where a program names itself it does not.
            hides = finding.name not in PROGRAMS
            yield _sight(subject, finding, "ai", service, what="made or changed by", hides=hides)
    for finding in findings:
        if not named and finding.name in MARKS and is_by_trained(finding.value):
            yield _sight(subject, finding, "ai", UNNAMED, what="made or changed by",
                         detail=finding.value.rpartition("/")[2])  # fmt: skip


def _systems(finding: Finding) -> Iterator[str]:
    """Names that no list of services has: what the standard's own field says, and the program of a
    step whose mark says that a model did it.
    """
    if finding.name == "XMP AISystemUsed" and not says_nothing(finding.value):
        yield finding.value
    parts = finding.value.split("; ")
    if finding.name == "C2PA action" and len(parts) > 2 and any(map(is_by_trained, parts[2:])):
        yield from (name for name, _ in programs_in(parts[1]))


def _online(subject: Subject, findings: Sequence[Finding]) -> Iterator[Sight]:
    """Services that gave the picture out, and hosts that keep its credentials for it."""
    for finding in findings:
        if finding.name == "IPTC SpecialInstructions" and finding.value.startswith(FACEBOOK_MARK):
            bare = Finding(finding.group, finding.name, FACEBOOK_MARK)  # what follows is a number
            yield _sight(subject, bare, "online", "Facebook or Instagram", what="came through")
        if finding.name == "XMP provenance" and (host := host_of(finding.value)):
            yield _sight(subject, finding, "online", host, what="keeps its credentials")


def host_of(address: str) -> str:
    """The host of a web address; empty for anything else."""
    try:
        parts = urlsplit(address)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _sight(
    subject: Subject,
    finding: Finding,
    kind: Kind,
    name: str,
    *,
    what: str,
    group: str = "",
    detail: str = "",
    when: str = "",
    is_private: bool = False,
    hides: bool = False,
) -> Sight:
    evidence = Evidence(subject.file, finding.name, finding.value, hides or is_private)
    return Sight(
        subject.root, kind, name, what, "claimed", evidence, group, subject.file, detail, when,
        is_private,
    )  # fmt: skip


def _letters(name: str) -> str:
    """DALL-E and DALL·E are one name."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _first(findings: Sequence[Finding], names: Sequence[str]) -> str:
    found = {one.name: one.value for one in reversed(findings)}
    return next((found[name] for name in names if found.get(name, "")), "")


def _time_of(program: str, findings: Sequence[Finding]) -> str:
    """When this program did its last step, as a history tells; else empty."""
    steps = (one.value for one in findings if one.name in ACTIONS and program in one.value)
    times = [last for step in steps if (last := step.rpartition("; ")[2])[:4].isdigit()]
    return max(times, default="")


READERS: tuple[Callable[[Subject, Sequence[Finding]], Iterator[Sight]], ...] = (
    _devices,
    _people,
    _programs,
    _services,
    _online,
)
