"""Plan: from what the user typed to one item a picture, each with its output, before any work is
done.

Hidden files and the droppings of systems are left out. Every other regular file becomes an item, so
that none goes missing without a word; a file found in a folder that is no picture is skipped, one
that was named is refused.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from safelight.audit.receipt import path_for
from safelight.batch.clashes import refuse_clashes
from safelight.batch.naming import Placement, Subject, target_for
from safelight.codecs.routing import Brief, foreign, refusal, route
from safelight.engine.source import first_bytes, unreadable
from safelight.errors import InputMissing, OutputClash, SafelightError, VerificationFailed
from safelight.formats import SPELLINGS, TABLE, Format, is_picture
from safelight.recipe import Recipe
from safelight.vault.stream import plain_name

DROPPINGS = {"thumbs.db", "desktop.ini", "ehthumbs.db"}
STANDARD = "-"
# What a file of a folder is called that does not open here.
ENCRYPTED = "encrypted"


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user named; files_from holds a path a line, files_from0 one before each NUL."""

    inputs: tuple[str, ...]
    recursive: bool = False
    files_from: Path | None = None
    files_from0: Path | None = None


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """One input: source is None for standard input; target None for no file (or standard output).

    shown is the path as the user typed it or as found; skip says why nothing is to be done; problem
    is the error that this item ends with; unread: it is passed over because its bytes are in no
    format that is read, with this error had it been named; kind: which format that is, if known.
    """

    index: int
    source: Path | None
    shown: str
    target: Path | None = None
    format: Format | None = None
    skip: str = ""
    problem: SafelightError | None = None
    unread: SafelightError | None = None
    kind: str = ""

    @property
    def warning(self) -> str:
        """What the name says, where the bytes say otherwise; they are what counts."""
        if self.source is None:
            return ""
        if self.unread is not None and self.kind:
            return f"nothing was done to it: {self.unread.message}"
        ending = plain_name(self.source).suffix.lower()
        named = next((name for name, endings in SPELLINGS.items() if ending in endings), None)
        if self.unread is not None and named is not None:
            return f"passed over: the name ends in {ending}, the bytes are nothing Safelight reads"
        if self.format is None or named in (None, self.format):
            return ""
        return f"the name ends in {ending}, the bytes are {TABLE[self.format].title}"


@dataclass(frozen=True, slots=True)
class Found:
    """A path, the part of it that is mirrored below an output folder, and if the user named it
    himself.
    """

    path: Path | None
    shown: str
    mirrored: Path
    was_named: bool
    problem: SafelightError | None = None
    skip: str = ""


Look = Callable[[Path], Brief]


def make_plan(
    selection: Selection, placement: Placement, recipe: Recipe, *, look: Look = first_bytes
) -> list[PlannedItem]:
    """Every item in a stable order. look reads what a file is known by, and is what opens those
    that are encrypted.

    Raises OutputClash when outputs cannot be told apart, InputMissing when nothing was named or a
    list cannot be read.
    """
    if "" in selection.inputs:
        # As a path it would be the folder that one stands in, with all that lies there.
        raise InputMissing("an input has an empty name", hint="look at where the name came from")
    found = list(_unique(_find(selection)))
    if not selection.inputs and not selection.files_from and not selection.files_from0:
        raise InputMissing(
            "no input was named", hint="give a file, a folder, or - for standard input"
        )
    if not found:
        below = (
            "look at what was named"
            if selection.recursive
            else "-r looks into the folders below it"
        )
        raise InputMissing("there is no file in the folder that was named", hint=below)
    several = len(found) > 1 or selection.recursive
    items = [
        _planned(_looked(number, one, look), one, placement, recipe, several=several)
        for number, one in enumerate(found, 1)
    ]
    items = _without_own_outputs(items)
    refuse_clashes(items, recipe)
    return items


def _looked(number: int, found: Found, look: Look) -> tuple[PlannedItem, Brief]:
    """The item as far as its file alone tells, and its first bytes."""
    item = PlannedItem(number, found.path, found.shown, skip=found.skip, problem=found.problem)
    if found.path is None or found.problem or found.skip:
        return item, Brief()
    try:
        return item, look(found.path)
    except OSError as error:
        return replace(item, problem=unreadable(error)), Brief()
    except VerificationFailed as error:
        if found.was_named:
            return replace(item, problem=error), Brief()
        return replace(item, skip=error.code, unread=error, kind=ENCRYPTED), Brief()
    except SafelightError as error:
        return replace(item, problem=error), Brief()


def _planned(
    looked: tuple[PlannedItem, Brief],
    found: Found,
    placement: Placement,
    recipe: Recipe,
    *,
    several: bool,
) -> PlannedItem:
    item, first = looked
    if found.path is None:
        return replace(item, target=_target_of_standard_input(placement, several=several))
    if item.problem or item.skip:
        return item
    format = route(first)
    named = placement.named_format(several=several)
    problem = refusal(first) if format is None else recipe.refusal(format, named)
    if problem is not None and (found.was_named or (format and is_picture(format))):
        return replace(item, problem=problem)
    if format is None:
        known = foreign(first)
        skip, kind = (problem.code, known.title) if problem and known else ("no-picture", "")
        return replace(item, skip=skip, unread=problem, kind=kind)
    if problem is not None:
        return replace(item, skip="no-picture")
    if not recipe.gives_image or placement.is_standard:
        return replace(item, format=format)
    target = target_for(
        placement, recipe, Subject(found.path, found.mirrored, format, item.index), several=several
    )
    return replace(item, format=format, target=target)


def _target_of_standard_input(placement: Placement, *, several: bool) -> Path | None:
    if placement.in_place:
        raise OutputClash("standard input cannot be changed in place")
    if placement.output is None or placement.is_standard:
        return None
    if placement.names_folder(several=several):
        raise OutputClash(
            "standard input has no name to give to an output in a folder", hint="-o FILE"
        )
    return Path(placement.output)


def _without_own_outputs(items: list[PlannedItem]) -> list[PlannedItem]:
    """Pass over inputs that are results of other inputs of this run: an earlier run made them."""
    results = {os.path.realpath(item.target): item for item in items if item.target is not None}

    def is_result(item: PlannedItem) -> bool:
        if item.source is None or results.get(os.path.realpath(item.source), item) is item:
            return False
        return path_for(item.source).is_file()

    return [
        replace(item, target=None, skip="own-output") if is_result(item) else item for item in items
    ]


def _unique(found: Iterator[Found]) -> Iterator[Found]:
    seen: set[str] = set()
    for one in found:
        key = one.shown if one.path is None else os.path.abspath(one.path)
        if key not in seen:
            seen.add(key)
            yield one


def _find(selection: Selection) -> Iterator[Found]:
    for name in selection.inputs:
        for path in _expanded(name):
            yield from _named(path, recursive=selection.recursive)
    for listing, separator in ((selection.files_from, b"\n"), (selection.files_from0, b"\0")):
        if listing is not None:
            for path in _listed(listing, separator):
                yield from _named(path, recursive=selection.recursive)


def _expanded(name: str) -> list[str]:
    if sys.platform == "win32" and any(mark in name for mark in "*?["):
        import glob

        return sorted(glob.glob(name)) or [name]
    return [name]


def _listed(listing: Path, separator: bytes) -> Iterator[str]:
    try:
        data = sys.stdin.buffer.read() if str(listing) == STANDARD else listing.read_bytes()
    except OSError as error:
        raise InputMissing(
            f"the list of files cannot be read: {(error.strerror or 'error').lower()}"
        ) from error
    for line in data.split(separator):
        name = line[:-1] if separator == b"\n" and line.endswith(b"\r") else line
        if name:
            yield os.fsdecode(name)


def _named(name: str, *, recursive: bool) -> Iterator[Found]:
    if name == STANDARD:
        yield Found(None, STANDARD, Path("stdin"), was_named=True)
        return
    path = Path(name)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        yield Found(path, name, Path(path.name), was_named=True, problem=unreadable(error))
        return
    if stat.S_ISDIR(mode):
        yield from _below(path, recursive=recursive)
    elif stat.S_ISREG(mode):
        yield Found(path, name, Path(path.name), was_named=True)
    else:
        problem = InputMissing("the input is no regular file")
        yield Found(path, name, Path(path.name), was_named=True, problem=problem)


def _below(root: Path, *, recursive: bool) -> Iterator[Found]:
    real_root = root.resolve()
    for folder, folders, files in os.walk(root, onerror=_refuse_unreadable):
        folders[:] = (
            sorted(name for name in folders if not name.startswith(".")) if recursive else []
        )
        for name in sorted(files):
            if name.startswith(".") or name.lower() in DROPPINGS:
                continue
            path = Path(folder, name)
            mirrored = path.relative_to(root)
            if path.is_symlink() and not path.resolve().is_relative_to(real_root):
                yield Found(path, str(path), mirrored, was_named=False, skip="link-outside")
            elif path.is_file():
                yield Found(path, str(path), mirrored, was_named=False)


def _refuse_unreadable(error: OSError) -> None:
    raise InputMissing(
        f"a folder cannot be read: {(error.strerror or 'error').lower()}",
        hint="check the folder's permissions",
    ) from error
