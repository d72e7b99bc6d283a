"""EXIF: the directories of one block, and its orientation. Bounded; garbage never raises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from safelight.codecs.ifd import Entry, Tree, open_tree

ORIENTATION, THUMBNAIL_START, THUMBNAIL_SIZE = 0x0112, 0x0201, 0x0202
EXIF_POINTER, GPS_POINTER, INTEROP_POINTER = 0x8769, 0x8825, 0xA005
POINTERS: dict[int, str] = {EXIF_POINTER: "ExifIFD", GPS_POINTER: "GPS", INTEROP_POINTER: "Interop"}


@dataclass(frozen=True, slots=True)
class Tag:
    """One entry and the directory that holds it: IFD0, ExifIFD, GPS, Interop or IFD1."""

    directory: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Exif:
    """A block read: its tags in order, whether parts of it could not be read, the small picture
    in it, and its size in bytes.
    """

    tags: tuple[Tag, ...]
    is_broken: bool
    thumbnail: memoryview | None = None
    size: int = 0


def read_exif(data: memoryview) -> Exif:
    """Every tag of IFD0, its sub-directories and IFD1.

    Bounded in entries and depth, loops cut; never raises.
    """
    tree = open_tree(data)
    if tree is None:
        return Exif((), is_broken=True, size=len(data))
    tags: list[Tag] = []
    for number, entries in enumerate(tree.chain(limit=2)):
        tags.extend(_with_children(tree, f"IFD{number}", entries))
    return Exif(tuple(tags), tree.is_broken, _thumbnail(data, tags), len(data))


def _thumbnail(data: memoryview, tags: list[Tag]) -> memoryview | None:
    numbers = {tag.entry.number: tag.entry.first for tag in tags if tag.directory == "IFD1"}
    start, size = numbers.get(THUMBNAIL_START, 0), numbers.get(THUMBNAIL_SIZE, 0)
    return data[start : start + size] if 8 <= start < start + size <= len(data) else None


def _with_children(tree: Tree, directory: str, entries: list[Entry]) -> Iterator[Tag]:
    for entry in entries:
        if entry.number in POINTERS:
            inner, _ = tree.directory(entry.first)
            yield from _with_children(tree, POINTERS[entry.number], inner)
        else:
            yield Tag(directory, entry)


def orientation_of(data: memoryview) -> int:
    """1 to 8 as EXIF defines it; 1 when the block does not say or cannot be read."""
    tree = open_tree(data)
    if tree is None or tree.first == 0:
        return 1
    entries, _ = tree.directory(tree.first)
    for entry in entries:
        if entry.number == ORIENTATION and 1 <= entry.first <= 8:
            return entry.first
    return 1
