"""A HEIF file rewritten: the shown picture with all that it is made of, and clean blocks.

Nothing else is copied. Items are numbered anew; their coded data are slices of the input without
the units that no pixel needs; what crops, turns and mirrors stays in its order, so the picture
never turns. A gain map comes along where it is wanted, other further pictures where thumbnails are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from safelight.codecs.blocks import Carried
from safelight.codecs.heif import File
from safelight.codecs.heif_items import Cleaner, Unkept
from safelight.codecs.heif_movie_clean import Movie
from safelight.codecs.heif_roles import SAMPLE_TRANSFORM, TONE_MAP, Role, roles
from safelight.codecs.heif_streams import SLACK, Walker
from safelight.codecs.heif_writing import Entry, Picture, Pieces, size_of, written
from safelight.errors import ContainerBroken, FormatUnknown

BESIDE: dict[str, frozenset[Role]] = {
    "gain map": frozenset({"gain map"}),
    "picture": frozenset({"depth", "thumbnail", "auxiliary", "further"}),
}
ALWAYS: frozenset[Role] = frozenset({"shown", "alpha"})
# Roles that say what an item is to another one: without that one they are nothing.
LINKED: frozenset[Role] = frozenset({"alpha", "gain map", "depth", "thumbnail", "auxiliary"})
LINKS = (b"dimg", b"auxl", b"thmb", b"prem")
# How deep pictures may be made of pictures.
MOST_LEVELS = 8
XMP = b"application/rdf+xml\0\0"
BRANDS = frozenset(
    {
        *(b"avif", b"avis", b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm"),
        *(b"hevs", b"mif1", b"mif2", b"msf1", b"miaf", b"MA1A", b"MA1B", b"avio", b"tmap"),
        *(b"MiHB", b"MiHA", b"MiHE", b"MiPr", b"jpeg", b"iso8"),
    }
)
OF_SEQUENCES = frozenset({b"avis", b"msf1", b"hevc", b"hevx", b"hevm", b"hevs", b"iso8"})


def rewritten(file: File, carried: Carried) -> Pieces:
    """The pieces of the clean file.

    Raises ContainerBroken for what no decoder takes, FormatUnknown for a picture that needs
    something which is not known here.
    """
    parts = roles(file.meta)
    picture = _numbered(file, parts, _kept(file, parts, carried), carried)
    if file.first(b"moov"):
        movie = Movie(file, carried.standard_colour)
        movie.read()
        picture = replace(picture, movie=movie if movie.clean else None)
    has_map = any(entry.kind == TONE_MAP for entry in picture.entries.values())
    fallen = frozenset() if picture.movie else OF_SEQUENCES
    pieces = written(picture, _brands(file, fallen if has_map else fallen | {b"tmap"}))
    if size_of(pieces) > len(file.data) + SLACK:
        raise ContainerBroken("the picture has items that lie over each other")
    return pieces


def _kept(file: File, parts: dict[int, Role], carried: Carried) -> dict[int, Entry]:
    """The entries that stay, by their old number, each with its links to others that stay."""
    meta = file.meta
    wanted = ALWAYS.union(*(BESIDE[aside.block.kind] for aside in carried.pictures))
    cleaner = Cleaner(file, carried.standard_colour, Walker(file.data))
    entries: dict[int, Entry] = {}
    for number in sorted(meta.items):
        if parts[number] not in wanted:
            continue
        try:
            entries[number] = cleaner.entry(meta.items[number])
        except Unkept as reason:
            if parts[number] in ALWAYS:
                # The reason is a word of the file, and no such word leaves a worker.
                raise FormatUnknown(
                    "a HEIF picture with a part of an unknown kind is not rewritten",
                    hint="convert it: that keeps the pixels and leaves the rest behind",
                ) from reason
    if meta.primary not in entries:
        raise ContainerBroken("the picture has no primary item")
    _prune(file, parts, entries)
    for link in meta.links:
        targets = tuple(number for number in link.targets if number in entries)
        if link.kind in LINKS and link.source in entries and targets:
            entries[link.source].links.append((link.kind, targets))
    return entries


def _prune(file: File, parts: dict[int, Role], entries: dict[int, Entry]) -> None:
    """Take out what lost a part of itself, or what it belongs to. Raises ContainerBroken."""
    for _ in range(MOST_LEVELS):
        loose = set(_loose(file, parts, entries))
        if not loose:
            return
        if any(parts[number] == "shown" for number in loose):
            raise ContainerBroken("the picture lacks a part of itself")
        for number in loose:
            del entries[number]
    raise ContainerBroken("the picture is made of too many others")


def _loose(file: File, parts: dict[int, Role], entries: dict[int, Entry]) -> Iterator[int]:
    belonging = {
        number
        for link in file.meta.links
        if link.source in entries
        for number in _belonging(link.kind, link.source, link.targets, entries)
    }
    for number in entries:
        made_of = file.meta.targets(b"dimg", number)
        is_whole = all(part in entries for part in made_of)
        is_linked = number in belonging or file.meta.items[number].kind == TONE_MAP
        if not is_whole or (parts[number] in LINKED and not is_linked):
            yield number


def _belonging(
    kind: bytes, source: int, targets: tuple[int, ...], entries: dict[int, Entry]
) -> Iterator[int]:
    if kind == b"dimg":
        yield from targets
    elif kind in (b"auxl", b"thmb") and any(target in entries for target in targets):
        yield source


@dataclass(frozen=True, slots=True)
class Numbers:
    """Old numbers of items to new ones, from 1 on."""

    new: dict[int, int]

    def of(self, numbers: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(self.new[number] for number in numbers if number in self.new)


def _numbered(
    file: File, parts: dict[int, Role], entries: dict[int, Entry], carried: Carried
) -> Picture:
    numbers = Numbers({old: new for new, old in enumerate(entries, 1)})
    primary = numbers.new[file.meta.primary]
    for entry in entries.values():
        entry.links = [(kind, numbers.of(targets)) for kind, targets in entry.links]
    found = {numbers.new[old]: entry for old, entry in entries.items()}
    maps = [numbers.new[number] for number in _gain_maps(file, parts, entries)]
    for entry, described in _metadata(carried, primary, maps):
        entry.links, entry.order = [(b"cdsc", (described,))], len(file.data) + len(found)
        found[len(found) + 1] = entry
    derived = (TONE_MAP, SAMPLE_TRANSFORM)
    groups = [
        (group.kind, numbers.of(group.targets))
        for group in file.meta.groups
        if group.kind == b"altr"
        and file.meta.primary in group.targets
        and any(number in entries and entries[number].kind in derived for number in group.targets)
    ]
    return Picture(found, primary, groups[:1])


def _gain_maps(file: File, parts: dict[int, Role], entries: dict[int, Entry]) -> list[int]:
    """Gain maps that are auxiliary pictures: their numbers stand in XMP of their own."""
    sources = (link.source for link in file.meta.links if link.kind == b"auxl")
    return [number for number in sources if number in entries and parts[number] == "gain map"]


def _metadata(carried: Carried, primary: int, maps: list[int]) -> Iterator[tuple[Entry, int]]:
    """EXIF and XMP, where there is anything to say, and the item that they describe."""
    if carried.exif is not None:
        yield Entry(b"Exif", [bytes(4), carried.exif], is_hidden=True), primary
    if carried.xmp is not None:
        yield _packet(carried.xmp), primary
    for aside in carried.pictures:
        if aside.carried.xmp is not None and maps:
            yield _packet(aside.carried.xmp), maps[0]


def _packet(packet: bytes) -> Entry:
    return Entry(b"mime", [packet], content=XMP, is_hidden=True)


def _brands(file: File, fallen: frozenset[bytes]) -> bytes:
    """The known brands that are still true, the first one first."""
    box = file.first(b"ftyp")
    given = bytes(box.body) if box else b""
    brands = [given[:4], *(given[at : at + 4] for at in range(8, len(given) - 3, 4))]
    kept = [brand for brand in dict.fromkeys(brands) if brand in BRANDS - fallen]
    if not {b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"mif2"} & set(kept):
        kept.insert(0, b"mif1")
    return kept[0] + bytes(4) + b"".join(kept)
