"""Metadata as found: every block read, every finding put in its risk group.

Garbage is reported, never raised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from safelight.codecs import gain_map, icc
from safelight.codecs.agents import AGENT, STEP, agents_of, steps_of
from safelight.codecs.blocks import Block, Kind
from safelight.codecs.c2pa import c2pa_findings, joined
from safelight.codecs.exif import Exif, read_exif
from safelight.codecs.exif_build import copyright_of
from safelight.codecs.exif_words import exif_findings
from safelight.codecs.iptc import copyright_notice, date_created, iptc_findings, photoshop_blocks
from safelight.codecs.origin import mark_in, mark_said
from safelight.codecs.reading import decoded, short_is_broken, starts
from safelight.codecs.software import telling
from safelight.codecs.text_risks import risk_of_text
from safelight.codecs.xmp import DC, MAX_WORDS, Property, Unreadable, date_property, read_xmp
from safelight.codecs.xmp_names import risk_of
from safelight.errors import ContainerBroken, SafelightError
from safelight.formats import Format
from safelight.image import Finding, Risk
from safelight.limits import MAX_RECORDS

UNREADABLE = "unreadable block"
# Kinds whose reading costs work: a real file has one or two of each, a hostile one may have
# thousands.
STRUCTURED: frozenset[Kind] = frozenset({"exif", "xmp", "iptc", "photoshop", "icc"})
MAX_STRUCTURED = 64
# Words in which a program names itself, and no person anything.
OF_PROGRAMS = dict.fromkeys(
    ("handler name", "compressor name", "software of a set of layers"), Risk.HISTORY
)


@dataclass(slots=True)
class Known:
    """Everything that the blocks of one file told.

    The first EXIF block and the first profile count.

    notices are copyright notices outside EXIF, dates those of IPTC as XMP has them; mark is the
    address of a digital source type, or empty. beside are further pictures, inner what these say,
    gain_map the numbers of the gain map that this one is.
    """

    findings: list[Finding] = field(default_factory=list)
    exif: Exif | None = None
    properties: list[Property] = field(default_factory=list)
    icc: memoryview | None = None
    notices: list[str] = field(default_factory=list)
    dates: list[Property] = field(default_factory=list)
    mark: str = ""
    texts: list[tuple[Risk, str, str]] = field(default_factory=list)
    raw: list[tuple[Risk, Block]] = field(default_factory=list)
    time: bytes | None = None
    beside: list[Block] = field(default_factory=list)
    inner: set[Finding] = field(default_factory=set)
    gain_map: bytes | None = None
    manifests: list[Block] = field(default_factory=list)
    counts: Counter[Kind] = field(default_factory=Counter)

    def add(self, risk: Risk, name: str, value: str = "") -> None:
        if len(self.findings) < MAX_RECORDS:
            self.findings.append(Finding(risk, name, value))


def findings(data: memoryview, format: Format) -> tuple[Finding, ...]:
    """Every piece of metadata, in the order of its risk group.

    Never raises, whatever the bytes are.
    """
    known = read_blocks(blocks_of(data, format))
    return tuple(sorted(dict.fromkeys(known.findings), key=lambda finding: finding.group))


def blocks_of(data: memoryview, format: Format, walked: Any = None) -> Iterator[Block]:
    """The blocks of a container as far as it can be walked; a broken rest is one of them.

    walked is what the container's own walk gave, where that was done already.
    """
    module = import_module(f"safelight.codecs.{format}")
    try:
        with short_is_broken():
            yield from module.blocks(data, walked) if walked else module.blocks(data)
    except SafelightError:
        yield Block("private", UNREADABLE, data[:0])


def read_blocks(blocks: Iterable[Block]) -> Known:
    """Read block after block; what cannot be read is a finding of its own."""
    known = Known()
    for block in blocks:
        _read(block, known)
    _manifests(known)
    return known


def _read(block: Block, known: Known) -> None:
    known.counts[block.kind] += 1
    if block.kind in STRUCTURED and known.counts[block.kind] > MAX_STRUCTURED:
        known.add(Risk.OTHER, UNREADABLE, f"more than {MAX_STRUCTURED} of {block.kind}")
    elif block.is_inner:
        _inner(block, known)
    else:
        READERS[block.kind](block, known)


def _inner(block: Block, known: Known) -> None:
    """What a further picture says is told, and has no say in what the first one keeps."""
    alone = Known()
    READERS[block.kind](block, alone)
    _manifests(alone)
    for finding in alone.findings:
        known.add(finding.group, finding.name, finding.value)
        known.inner.add(finding)


def _exif(block: Block, known: Known) -> None:
    exif = read_exif(block.data)
    for finding in exif_findings(exif):
        known.add(finding.group, finding.name, finding.value)
    if block.is_aside:
        known.notices.extend(filter(None, [copyright_of(exif)]))
    elif known.exif is None:
        known.exif = exif
    if exif.thumbnail is not None and not block.is_inner and starts(exif.thumbnail, b"\xff\xd8"):
        for inner in blocks_of(exif.thumbnail, "jpeg"):
            if inner.name != UNREADABLE:
                _read(replace(inner, raw=None, is_inner=True), known)


def _xmp(block: Block, known: Known) -> None:
    try:
        properties = read_xmp(block.data)
    except Unreadable:
        _unread("XMP", block.data, known)
        known.mark = known.mark or mark_in(block.data)
        return
    for item in properties:
        known.add(_risk_of(item), f"XMP {item.name}", item.value)
        for agent in agents_of(item):
            known.add(Risk.HISTORY, f"XMP {AGENT}", agent)
        for step in steps_of(item):
            known.add(Risk.HISTORY, f"XMP {STEP}", step)
        if (item.namespace, item.name) == (DC, "rights"):
            known.notices.append(item.words(MAX_WORDS))
        if item.name == "DigitalSourceType":
            known.mark = known.mark or mark_said(item.words(MAX_WORDS))
    known.properties.extend(properties)


def _risk_of(item: Property) -> Risk:
    """A list of further pictures is about colour where it lists a gain map."""
    if item.namespace == gain_map.DIRECTORY and "GainMap" in item.value:
        return Risk.COLOUR
    return risk_of(item.namespace, item.name)


def _iptc(block: Block, known: Known) -> None:
    for finding in iptc_findings(block.data):
        known.add(finding.group, finding.name, finding.value)
    known.notices.extend(filter(None, [copyright_notice(block.data)]))
    known.dates.extend(date_property(day) for day in filter(None, [date_created(block.data)]))


def _photoshop(block: Block, known: Known) -> None:
    found = list(photoshop_blocks(block.data))
    for inner in found:
        _read(inner, known)
    if not found and any(block.data):
        _unread("Photoshop", block.data, known)


def _icc(block: Block, known: Known) -> None:
    known.icc = block.data if known.icc is None else known.icc
    name = icc.description(block.data)
    known.add(Risk.COLOUR, "ICC_Profile", name or f"{len(block.data)} bytes")


def _text(block: Block, known: Known) -> None:
    words = decoded(block.data, MAX_WORDS)
    risk = risk_of_text(block.name)
    known.add(risk, block.name, telling(block.data))
    known.texts.append((risk, block.name, words))
    if block.name == "Copyright":
        known.notices.append(words)


def _comment(block: Block, known: Known) -> None:
    known.add(OF_PROGRAMS.get(block.name, Risk.OTHER), block.name, decoded(block.data))
    _raw(Risk.OTHER, block, known)


def _c2pa(block: Block, known: Known) -> None:
    known.manifests.append(block)
    mark = mark_in(block.data)
    if mark and not known.mark:
        known.mark = mark
        known.add(Risk.PROVENANCE, "C2PA digitalSourceType", mark)
    _raw(Risk.PROVENANCE, block, known)


def _manifests(known: Known) -> None:
    """The manifests as a whole: a JPEG cuts one into many blocks."""
    for store in joined(known.manifests):
        known.add(Risk.PROVENANCE, "C2PA manifest", f"{len(store)} bytes")
        try:
            with short_is_broken():
                for finding in c2pa_findings(store):
                    known.add(finding.group, finding.name, finding.value)
        except SafelightError:
            _unread("C2PA", store, known)


def _time(block: Block, known: Known) -> None:
    known.time = bytes(block.data)
    numbers = [int.from_bytes(block.data[:2], "big"), *block.data[2:]]
    known.add(Risk.TIME, "ModifyDate", ":".join(f"{number:02}" for number in numbers))


def _thumbnail(block: Block, known: Known) -> None:
    known.add(Risk.THUMBNAIL, block.name, f"{len(block.data)} bytes")


def _sound(block: Block, known: Known) -> None:
    """Voices tell who was there."""
    known.add(Risk.IDENTITY, block.name, f"{len(block.data)} bytes")


def _pictures(block: Block, known: Known) -> None:
    known.add(Risk.THUMBNAIL, "MPF", f"{len(block.data)} bytes")


def _gain_map(block: Block, known: Known) -> None:
    known.add(Risk.COLOUR, block.name, f"{len(block.data)} bytes")
    known.beside.append(block)


def _numbers(block: Block, known: Known) -> None:
    """Only what there is besides the numbers is a finding: they are a part of the gain map."""
    if bytes(block.data) == gain_map.SHOWN:
        return
    try:
        known.gain_map = gain_map.binary(block.data)
    except ContainerBroken:
        known.add(Risk.OTHER, block.name, f"{len(block.data)} bytes")
        return
    if bytes(block.data) != known.gain_map:
        known.add(Risk.OTHER, block.name, f"{len(block.data) - len(known.gain_map)} bytes more")


def _picture(block: Block, known: Known) -> None:
    known.add(Risk.THUMBNAIL, block.name, f"{len(block.data)} bytes")
    known.beside.append(block)


def _private(block: Block, known: Known) -> None:
    known.add(Risk.OTHER, block.name, f"{len(block.data)} bytes" if len(block.data) else "")
    _raw(Risk.OTHER, block, known)


def _unread(name: str, data: memoryview, known: Known) -> None:
    known.add(Risk.OTHER, UNREADABLE, f"{name}, {len(data)} bytes")


def _trailer(block: Block, known: Known) -> None:
    known.add(Risk.OTHER, block.name, f"{len(block.data)} bytes")


def _raw(risk: Risk, block: Block, known: Known) -> None:
    if block.raw is not None:
        known.raw.append((risk, block))


READERS: dict[Kind, Callable[[Block, Known], None]] = {
    "exif": _exif,
    "xmp": _xmp,
    "iptc": _iptc,
    "photoshop": _photoshop,
    "icc": _icc,
    "text": _text,
    "comment": _comment,
    "c2pa": _c2pa,
    "time": _time,
    "thumbnail": _thumbnail,
    "sound": _sound,
    "pictures": _pictures,
    "gain map": _gain_map,
    "numbers": _numbers,
    "picture": _picture,
    "private": _private,
    "trailer": _trailer,
}
