"""Labelled: pictures and their tags, from a folder for each tag or from a table of files and tags.

A table may give a file several tags, or none: a line with an empty tag says that none fits.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from safelight.batch.naming import Placement
from safelight.batch.plan import Look, PlannedItem, Selection, make_plan
from safelight.engine.source import first_bytes
from safelight.errors import InputMissing, UsageError
from safelight.limits import MEGA
from safelight.recipe import Recipe
from safelight.vault.private import read_up_to

MAX_TABLE_BYTES = 64 * MEGA
MAX_PICTURES, MAX_TAGS = 20_000, 200
MAX_TAG = 64
COLUMNS = ("file", "tag")


@dataclass(frozen=True, slots=True)
class Labelled:
    """The plan, the tags of each item by its number, and what is no picture."""

    items: list[PlannedItem]
    tags: Mapping[int, frozenset[str]]
    passed_over: tuple[PlannedItem, ...] = ()


def labelled(place: Path, recipe: Recipe, *, look: Look = first_bytes) -> Labelled:
    """What lies in this folder, or stands in this table; look as for make_plan. Raises UsageError,
    InputMissing.
    """
    if place.is_dir():
        every = make_plan(Selection((str(place),), recursive=True), Placement(), recipe, look=look)
        items = [item for item in every if not item.skip]
        tags = {item.index: frozenset({_folder_of(item, place)}) for item in items}
    else:
        table = _table(place)
        items = every = make_plan(Selection(tuple(table)), Placement(), recipe, look=look)
        tags = {item.index: frozenset(table[item.shown]) for item in items}
    if len(items) > MAX_PICTURES:
        raise UsageError(f"{len(items)} pictures are given, of {MAX_PICTURES} at most")
    names = frozenset().union(*tags.values())
    if len(names) > MAX_TAGS:
        raise UsageError(f"{len(names)} tags are given, of {MAX_TAGS} at most")
    is_told_apart = len(names) > 1 or (names and any(not one for one in tags.values()))
    if not is_told_apart:
        raise UsageError(
            "there is nothing to tell apart: one tag, and no picture without it",
            hint="a folder for each tag, or a table in which other pictures have an empty tag",
        )
    return Labelled(items, tags, tuple(item for item in every if item.skip))


def _folder_of(item: PlannedItem, root: Path) -> str:
    parts = Path(item.shown).relative_to(root).parts
    if len(parts) < 2:
        raise UsageError(
            f"{item.shown} lies in the folder of no tag",
            hint="put it into the folder of its tag, or write a table of files and tags",
        )
    return _fit(parts[0])


def _table(path: Path) -> dict[str, set[str]]:
    """The tags of each file, whose places count from where the table lies."""
    found: dict[str, set[str]] = {}
    spelled: dict[str, str] = {}
    for file, tag in _rows(path):
        shown = str(path.parent / file)
        # However often a file is written, and however, it is one.
        name = spelled.setdefault(os.path.abspath(shown), shown)
        found.setdefault(name, set()).update([_fit(tag)] if tag else [])
    if not found:
        raise InputMissing(f"the table {path} names no file")
    return found


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open("rb") as file:
            data = read_up_to(file, MAX_TABLE_BYTES)
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise InputMissing(f"{path} cannot be read: {reason}") from error
    try:
        if len(data) > MAX_TABLE_BYTES:
            raise ValueError(f"it has more than {MAX_TABLE_BYTES} bytes")
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), strict=True)
        if not set(COLUMNS) <= set(rows.fieldnames or ()):
            raise ValueError("its first line does not name the columns file and tag")
        for row in rows:
            file_name, tag = ((row[column] or "").strip() for column in COLUMNS)
            if not file_name or "\0" in file_name:
                raise ValueError(f"line {rows.line_num} names no file")
            yield file_name, tag
    except (csv.Error, ValueError) as error:
        raise UsageError(
            f"the table {path} cannot be used: {error}",
            hint="CSV, UTF-8: file,tag and then a line for each tag of each file",
        ) from error


def _fit(tag: str) -> str:
    """The tag. Raises UsageError for one that no model could give."""
    tag = tag.strip()
    if not 1 <= len(tag) <= MAX_TAG or not tag.isprintable():
        raise UsageError(
            f"{tag[:MAX_TAG]!r} is no tag: one printable line, {MAX_TAG} signs at most"
        )
    return tag
