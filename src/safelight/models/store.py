"""Store: hands over verified models and nothing else.

The models inside the package, those that were taken in from outside (shelf.py), and the user's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Literal

from safelight.errors import ModelMissing, UsageError, VerificationFailed
from safelight.models.entry import MAX_ENTRY_BYTES, Entry
from safelight.models.lint import require_whole
from safelight.models.nearest import missing
from safelight.models.pages import Pages
from safelight.models.plain import read_plain
from safelight.models.sealed import LoadedModel, load
from safelight.models.shelf import Choice, Shelf, pins, wanted
from safelight.models.staging import Wanted
from safelight.operation import ModelNeed

__all__ = ["LoadedModel", "Place", "Store"]

Origin = Literal["built-in", "pulled", "own", "trial"]
# The tasks of a model that gives the vector of a picture, and of one that gives those of texts.
SEES, READS = "embed", "read"


@dataclass(frozen=True, slots=True)
class Place:
    """A model that is here: its entry, where its file and its parts lie, and how it came."""

    entry: Entry
    paths: tuple[Path, ...]
    origin: Origin


class Store:
    """The models that are here. What stands in a user's folder takes no name of the catalogue.

    trying stands in the place of what has its name: a model that is still to show that it works.
    """

    def __init__(self, user_folder: Path | None = None, *, trying: Place | None = None) -> None:
        self._user_folder = user_folder
        self._trying = trying
        self._pages = Pages()
        self.shelf = Shelf(user_folder) if user_folder is not None else None

    def look_again(self) -> None:
        """From now on say what is here now."""
        for name in ("_known", "_own", "_choices"):
            self.__dict__.pop(name, None)

    def built_in(self) -> tuple[Entry, ...]:
        """The entries that no user's file can change, by name. Raises as entries does."""
        return tuple(one.entry for one in self._known.values() if one.origin == "built-in")

    def entries(self) -> tuple[Entry, ...]:
        """Every model here, built-in ones first, by name. Raises UsageError for a wrong entry."""
        return tuple(one.entry for one in self._known.values())

    def available(self) -> tuple[Entry, ...]:
        """The entries whose model can be pulled and is not here. Raises as entries does."""
        offered = {entry.name: entry for entry in self.catalogue() if entry.url is not None}
        offered |= {entry.name: entry for entry in self._own if entry.url is not None}
        return tuple(entry for name, entry in offered.items() if name not in self._known)

    def catalogue(self) -> tuple[Entry, ...]:
        """Every entry of the package, as this version of the program states it."""
        return self._pages.every()

    def origin(self, name: str) -> Origin | None:
        """How the model of this name came here; None if it is not here."""
        found = self._known.get(name)
        return found.origin if found is not None else None

    def outdated(self) -> tuple[Entry, ...]:
        """What the catalogue has for models whose version here is another one."""
        known = self._known
        return tuple(
            entry
            for entry in self.catalogue()
            if entry.name in known and pins(known[entry.name].entry) != pins(entry)
        )

    def find(self, need: ModelNeed, *, precision: str = "") -> Entry:
        """The entry with this task, scale, and name or alias.

        A full name means that very file. An alias means the exact twin where that one has the
        precision; the alias that a choice stands in for means the chosen model. What reads words
        is found by its full name, or by the model that sees pictures in the same space. Raises
        ModelMissing with the line that gets it, or the nearest name.
        """
        chosen = self._choices.get(need.task)
        if chosen is not None and chosen.alias == need.name:
            need = replace(need, name=chosen.model)
        fitting = [e for e in self.entries() if (e.task, e.output.scale) == (need.task, need.scale)]
        for entry in fitting:
            if entry.name == need.name:
                return entry
        if need.task == READS:
            return self._reader(need, fitting)
        for entry in fitting:
            if need.name in entry.aliases:
                twin = self.twin(entry)
                return twin if twin is not None and twin.precision == precision else entry
        raise missing(need, self.entries(), self.available())

    def _reader(self, need: ModelNeed, readers: Sequence[Entry]) -> Entry:
        seeing = self.find(replace(need, task=SEES))
        found = next((entry for entry in readers if entry.name == seeing.text), None)
        if found is not None:
            return found
        if seeing.text is None:
            raise ModelMissing(
                f"the model {seeing.name} reads no words", hint="safelight models list"
            )
        raise missing(replace(need, name=seeing.text), self.entries(), self.available())

    def twin(self, entry: Entry) -> Entry | None:
        """The entry that answers where this one's answer is faulty; None if it names none.

        Raises ModelMissing where it is not here, UsageError where it takes or gives other tensors.
        """
        if entry.exact is None:
            return None
        found = self._known.get(entry.exact)
        if found is None:
            offered = {one.name for one in self.available()}
            hint = f"safelight models pull {entry.exact}" if entry.exact in offered else ""
            raise ModelMissing(
                f"{entry.exact}, the exact twin of {entry.name}, is not here", hint=hint
            )
        other = found.entry
        if (other.task, other.input, other.output) != (entry.task, entry.input, entry.output):
            raise UsageError(f"{other.name} takes or gives other tensors than {entry.name}")
        return other

    def base(self, entry: Entry) -> Entry | None:
        """The entry whose vector this one takes; None if it takes a picture.

        Raises ModelMissing where it is not here, or not the version that this one was made for,
        UsageError where it gives no vector of a picture.
        """
        if entry.over is None:
            return None
        found = self._known.get(entry.over)
        if found is None or found.entry.sha256 != entry.over_sha256:
            state = "is not here" if found is None else "is here in another version"
            pull = f"safelight models pull {entry.over}"
            raise ModelMissing(
                f"{entry.over}, whose vector {entry.name} takes, {state}",
                hint=pull if found is None else "safelight models train-tags makes it anew",
            )
        if found.entry.task != SEES or found.entry.output.kind != "vector":
            raise UsageError(f"{entry.over} gives no vector for {entry.name}")
        return found.entry

    def load(self, need: ModelNeed) -> LoadedModel:
        """Find, read, hash, compare, seal.

        Raises ModelMissing when the entry or its file is absent, VerificationFailed when the
        bytes are not those of the pin.
        """
        return self.open(self.find(need))

    def open(self, entry: Entry) -> LoadedModel:
        """Like load, for an entry of this store."""
        return load(entry, self.files(entry))

    def files(self, entry: Entry) -> tuple[tuple[Wanted, Path], ...]:
        """The model's file and its parts, each as it is pinned and where it lies, not verified.

        Raises ModelMissing for an entry that is not this store's.
        """
        found = self._known.get(entry.name)
        if found is None or found.entry != entry:
            raise ModelMissing(f"the model {entry.name} is not in the store")
        return tuple(zip(wanted(entry), found.paths, strict=True))

    def verify(self, entry: Entry) -> bool:
        """True if the file is the pinned one. Raises ModelMissing when there is no file."""
        try:
            self.open(entry).close()
        except VerificationFailed:
            return False
        return True

    @cached_property
    def _known(self) -> dict[str, Place]:
        known: dict[str, Place] = {}
        for place in self._places():
            known.setdefault(place.entry.name, place)
        return known

    def _places(self) -> Iterator[Place]:
        """What is here; the first of a name has it."""
        if self._trying is not None:
            yield self._trying
        with resources.as_file(resources.files("safelight.models")) as package:
            for entry in self._pages.shipped():
                yield Place(entry, _flat(package / "builtin", entry), "built-in")
        if self._user_folder is None or self.shelf is None:
            return
        yield from self._pulled(self.shelf)
        for entry in (*self._pages.naming(_listed(self._user_folder)), *self._own):
            if entry.url is None:
                continue
            paths = _flat(self._user_folder, entry)
            is_whole = all(path.is_file() for path in paths)
            if is_whole and entry.licence_class != "excluded":
                yield Place(entry, paths, "own")
        for entry in self._own:
            if entry.url is None:
                yield Place(entry, _flat(self._user_folder, entry), "own")

    def _pulled(self, shelf: Shelf) -> Iterator[Place]:
        """What was taken in; of the same files, the catalogue's entry says it best."""
        for entry in shelf.entries():
            stated = self._pages.entry(entry.name)
            fits = stated if stated is not None and pins(stated) == pins(entry) else entry
            if stated is None or stated.url is not None:
                origin: Origin = "own" if fits.pin == "own" else "pulled"
                yield Place(fits, shelf.paths(fits), origin)

    @cached_property
    def _own(self) -> tuple[Entry, ...]:
        if self._user_folder is None:
            return ()
        taken = self._pages.names()
        found = map(_user_entry, sorted(self._user_folder.glob("*.toml")))
        return tuple(entry for entry in found if entry.name not in taken)

    @cached_property
    def _choices(self) -> dict[str, Choice]:
        return self.shelf.choices() if self.shelf is not None else {}


def _listed(folder: Path) -> tuple[str, ...]:
    """The names of what lies in it."""
    return tuple(path.name for path in folder.iterdir()) if folder.is_dir() else ()


def _flat(folder: Path, entry: Entry) -> tuple[Path, ...]:
    return tuple(folder / one.file for one in wanted(entry))


def _user_entry(path: Path) -> Entry:
    try:
        entry = Entry.from_toml(read_plain(path, MAX_ENTRY_BYTES + 1))
        require_whole(entry)
        return entry
    except OSError as error:
        raise UsageError(f"the model entry {path} cannot be read: {error.strerror}") from error
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", hint=error.hint) from error
