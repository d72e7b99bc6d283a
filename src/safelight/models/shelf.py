"""Shelf: models that came from outside, in the user's folder, by their digests.

    pulled/files/SHA256        a file of a model, under the digest that it has
    pulled/entries/SHA256      an entry, as it was when the model was taken in, under its own digest
    pulled/in-use/NAME         two lines: the digest of the entry in use, and of the one before
    pulled/staging/            what is still coming (staging.py)
    pulled/chosen.json         what is used where no model is named, by task

A model is installed by the one renaming that gives in-use/NAME its new lines, and taken back by one
that exchanges them. Files that no line leads to any more are thrown away.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from safelight.errors import ModelMissing, UsageError
from safelight.models.entry import MAX_ENTRY_BYTES, Entry
from safelight.models.facts import is_name
from safelight.models.plain import read_plain
from safelight.models.staging import Staged, Wanted
from safelight.models.writing import failed, move, write_whole

LINES = re.compile(r"([0-9a-f]{64})\n([0-9a-f]{64}|-)\n")
MAX_CHOICES_BYTES = 64_000
MAX_LINES_BYTES = 200


@dataclass(frozen=True, slots=True)
class Versions:
    """The digest of the entry in use, and of the one that was in use before; empty if none was."""

    now: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What `use` chose for a task: the model, and the alias that it stands in for."""

    alias: str
    model: str


def wanted(entry: Entry) -> tuple[Wanted, ...]:
    """Every file of a model as its entry pins it: first the model, then its parts."""
    own = Wanted(entry.file, entry.sha256, entry.size_bytes, entry.url or "")
    parts = (Wanted(p.file, p.sha256, p.size_bytes, p.url or "") for p in entry.parts)
    return (own, *parts)


def pins(entry: Entry) -> tuple[str, ...]:
    """The digests of the files of a model: two entries with the same are the same version."""
    return tuple(one.sha256 for one in wanted(entry))


class Shelf:
    """The models that were taken in. Whoever changes it holds the lock of the folder."""

    def __init__(self, user_folder: Path) -> None:
        self.folder = user_folder / "pulled"
        self._files, self._entries = self.folder / "files", self.folder / "entries"
        self._in_use = self.folder / "in-use"

    def names(self) -> tuple[str, ...]:
        """Every model here."""
        return tuple(sorted(path.name for path in _listed(self._in_use) if is_name(path.name)))

    def versions(self, name: str) -> Versions | None:
        """What is in use under this name. None if nothing is, or the lines are damaged."""
        if not is_name(name):
            return None
        try:
            match = LINES.fullmatch(read_plain(self._in_use / name, MAX_LINES_BYTES).decode())
        except (OSError, ValueError):
            return None
        return Versions(match[1], match[2].strip("-")) if match else None

    def entry(self, digest: str) -> Entry:
        """The entry with this digest. Raises UsageError if it is not here or not what it was."""
        path = self._entries / digest
        try:
            data = read_plain(path, MAX_ENTRY_BYTES + 1)
        except OSError as error:
            raise UsageError(f"the entry {path} cannot be read: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise UsageError(f"the entry {path} is not what it was", hint="pull the model again")
        return Entry.from_json(data)

    def entries(self) -> Iterator[Entry]:
        """Every entry in use. Raises as entry does, with what frees the name."""
        for name in self.names():
            found = self.versions(name)
            try:
                if found is None:
                    raise UsageError(f"what is noted of the model {name} is damaged")
                yield self.entry(found.now)
            except UsageError as error:
                raise UsageError(error.message, hint=f"safelight models rm {name}") from error

    def paths(self, entry: Entry) -> tuple[Path, ...]:
        """Where its files lie, if they are here."""
        return tuple(self._files / digest for digest in pins(entry))

    def staged(self, entry: Entry) -> tuple[Staged, ...]:
        """Its files on their way here."""
        return tuple(map(self.staged_file, wanted(entry)))

    def staged_file(self, one: Wanted) -> Staged:
        """One file on its way here."""
        return Staged(self.folder / "staging", one)

    def take_in(self, entry: Entry) -> None:
        """Put staged, checked files on the shelf and the entry into use; one before is kept.

        Raises DiskFull, OutputFailed; then what was in use still is.
        """
        data = entry.to_json()
        digest = hashlib.sha256(data).hexdigest()
        for staged in self.staged(entry):
            if staged.path.exists():
                self._place(staged)
        write_whole(self._entries / digest, data)
        found = self.versions(entry.name)
        before = found.now if found is not None else ""
        if before == digest:
            before = found.before if found is not None else ""
        self._point(entry.name, Versions(digest, before))
        self._sweep()

    def roll_back(self, name: str) -> Entry:
        """Exchange the version in use and the one before; give the one that is in use then.

        Raises ModelMissing where there is none before.
        """
        found = self.versions(name)
        if found is None or not found.before:
            raise ModelMissing(f"there is no version of {name} before the one in use")
        entry = self.entry(found.before)
        self._point(name, Versions(found.before, found.now))
        return entry

    def remove(self, name: str) -> bool:
        """Take every version of a model away. False if it was not here: what is no name of a model,
        but a path, leads to no file.
        """
        if not is_name(name):
            return False
        path = self._in_use / name
        was_here = path.exists()
        kept = {task: c for task, c in self.choices().items() if c.model != name}
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise failed(error) from error
        self.choose(kept)
        self._sweep()
        return was_here

    def choices(self) -> dict[str, Choice]:
        """What is used where no model is named, by task. Raises UsageError if it is damaged."""
        path = self.folder / "chosen.json"
        try:
            found = json.loads(read_plain(path, MAX_CHOICES_BYTES))
            return {
                str(task): Choice(str(c["alias"]), str(c["model"])) for task, c in found.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UsageError(f"{path} is damaged", hint="delete it and choose anew") from error

    def choose(self, choices: dict[str, Choice]) -> None:
        """Keep these choices in the place of those before."""
        if choices == self.choices():
            return
        document = {
            task: {"alias": choice.alias, "model": choice.model}
            for task, choice in sorted(choices.items())
        }
        write_whole(self.folder / "chosen.json", json.dumps(document, indent=1).encode())

    def used_bytes(self) -> int:
        """What everything on the shelf takes on the disk, what is still coming included."""
        folders = (self._files, self._entries, self._in_use, self.folder / "staging")
        return sum(path.lstat().st_size for folder in folders for path in _listed(folder))

    def clear_staging(self) -> int:
        """Throw away what never came whole. Gives the bytes that this freed."""
        return sum(_removed(path) for path in _listed(self.folder / "staging"))

    def _place(self, staged: Staged) -> None:
        try:
            self._files.mkdir(parents=True, exist_ok=True)
            move(staged.path, self._files / staged.wanted.sha256)
        except OSError as error:
            raise failed(error) from error
        staged.drop()

    def _point(self, name: str, versions: Versions) -> None:
        write_whole(self._in_use / name, f"{versions.now}\n{versions.before or '-'}\n".encode())

    def _sweep(self) -> None:
        """Throw away every entry and file that no version leads to."""
        entries: dict[str, Entry] = {}
        for name in self.names():
            found = self.versions(name)
            if found is None:
                return
            for digest in filter(None, (found.now, found.before)):
                try:
                    entries[digest] = self.entry(digest)
                except UsageError:
                    return
        files = {pin for entry in entries.values() for pin in pins(entry)}
        for folder, kept in ((self._entries, set(entries)), (self._files, files)):
            for path in _listed(folder):
                if path.name not in kept:
                    _removed(path)


def _listed(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError:
        return []


def _removed(path: Path) -> int:
    """Remove a file; the bytes that this freed."""
    try:
        size = path.lstat().st_size
        path.unlink()
    except OSError as error:
        raise failed(error) from error
    return size
