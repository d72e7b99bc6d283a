"""Stock: the models of one engine, each verified once, and further pictures that recipes name; all
held in sealed memory until it closes.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from safelight.codecs.routing import route
from safelight.engine.sealing import Key
from safelight.engine.source import Sealed, Source, open_source
from safelight.errors import InputMissing, ModelMissing, RecipeInvalid, SafelightError
from safelight.formats import Format
from safelight.limits import INHERITED_BYTES, INHERITED_THREADS, MAX_MODELS
from safelight.models.entry import Entry
from safelight.models.facts import Runtime
from safelight.models.store import LoadedModel, Store
from safelight.operation import ModelNeed
from safelight.worker.job import ModelFile, picture_file


@dataclass(frozen=True, slots=True)
class Models:
    """The models of one recipe by what asked for them, and the exact twins of some of them."""

    needed: Mapping[ModelNeed, ModelFile]
    twins: Mapping[ModelNeed, ModelFile]

    @property
    def files(self) -> tuple[ModelFile, ...]:
        """All of them for a job, those that are needed first, none twice."""
        every = (*self.needed.values(), *self.twins.values())
        return tuple({file.need: file for file in every}.values())

    def entry(self, place: int) -> Entry:
        """That of the model at this place of the files."""
        return Entry.from_json(self.files[place].entry_json)

    def twin(self, place: int) -> Entry:
        """That of the exact twin of the model at this place of the files."""
        return Entry.from_json(self.twins[tuple(self.needed)[place]].entry_json)

    def has_twin(self, place: int) -> bool:
        """Whether the model at this place of the files has an exact twin."""
        return any(need in self.twins for need in tuple(self.needed)[place : place + 1])


def load_of(models: Models, pictures: Iterable[ModelFile]) -> tuple[ModelFile, ...]:
    """Everything that goes along with a job. Raises RecipeInvalid for more than one can carry."""
    files = (*models.files, *pictures)
    if len(files) > MAX_MODELS:
        raise RecipeInvalid(
            f"the recipe needs {len(files)} model files and pictures at once, a job carries"
            f" {MAX_MODELS}",
            hint="split it into two recipes",
        )
    return files


class Pictures:
    """Further pictures that recipes name by their SHA-256, held until close."""

    def __init__(self, limit_bytes: int, key: Key | None = None) -> None:
        """key opens those that end in .enc."""
        self._limit_bytes, self._key = limit_bytes, key
        self._held: dict[str, Source] = {}
        self._open = ExitStack()
        self._lock = threading.RLock()

    def add(self, source: Path | bytes) -> str:
        """The SHA-256 by which recipes name it, of a file that ends in .enc that of what it holds.

        Raises what open_source raises.
        """
        opening = open_source(source, self._limit_bytes, hashlib.sha256(), key=self._key)
        with self._lock:
            held = self._open.enter_context(opening)
            self._held[held.digest] = held
        return held.digest

    @contextmanager
    def beside(self, further: Mapping[str, Sealed]) -> Iterator[Pictures]:
        """These and some more for one run. Raises InputMissing for one that is not what its SHA-256
        says, and what open_source raises.
        """
        if not further:
            yield self
            return
        both = Pictures(self._limit_bytes, self._key)
        with self._lock:
            both._held.update(self._held)
        try:
            for digest, source in further.items():
                both._look(digest, source)
            yield both
        finally:
            both.close()

    def _look(self, digest: str, source: Sealed) -> None:
        opening = open_source(source, self._limit_bytes, hashlib.sha256())
        held = self._open.enter_context(opening)
        if held.digest != digest:
            raise InputMissing(
                f"a further picture is not the one that was named (SHA-256 {digest[:8]}…)",
                hint="name it by the SHA-256 of exactly the bytes that come along",
            )
        self._held[digest] = held

    def files(self, digests: Iterable[str], places: Mapping[str, Path]) -> tuple[ModelFile, ...]:
        """As a job takes them. Raises InputMissing, as formats does."""
        held = self._sources(digests, places)
        return tuple(picture_file(one.digest, one.fd, one.size_bytes) for one in held)

    def formats(self, digests: Iterable[str], places: Mapping[str, Path]) -> frozenset[Format]:
        """What their first bytes say that they are: workers must be warm for these too.

        One that was not added is read where places has it. Raises InputMissing for one that is in
        neither, or has changed in its place.
        """
        found = (route(one.first) for one in self._sources(digests, places))
        return frozenset(one for one in found if one is not None)

    def _sources(self, digests: Iterable[str], places: Mapping[str, Path]) -> list[Source]:
        with self._lock:
            for digest in digests:
                if digest in places and digest not in self._held:
                    self._read(digest, places[digest])
        missing = [digest for digest in digests if digest not in self._held]
        if missing:
            raise InputMissing(
                f"the recipe names a picture that was not given (SHA-256 {missing[0][:8]}…)",
                hint="in a recipe file name its path; in Python Engine.add_picture takes it",
            )
        return [self._held[digest] for digest in digests]

    def _read(self, digest: str, path: Path) -> None:
        try:
            found = self.add(path)
        except SafelightError as error:
            raise InputMissing(f"a picture that the recipe names, {path}: {error}") from error
        if found != digest:
            raise InputMissing(
                f"{path} has changed since the recipe named it",
                hint="put it back, or make a new plan",
            )

    def close(self) -> None:
        """Overwrite and free all of them."""
        self._held.clear()
        self._open.close()


class Stock:
    """Gives models to jobs. Safe to use from many threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._held: dict[bytes, LoadedModel] = {}

    def models(self, needs: Iterable[ModelNeed], *, precision: str = "") -> Models:
        """What these needs ask for, and the exact twins. Raises what the store raises."""
        needed: dict[ModelNeed, ModelFile] = {}
        twins: dict[ModelNeed, ModelFile] = {}
        for need in self._present(needs):
            entry = self._store.find(need, precision=precision)
            needed[need] = self.file(need, entry)
            twin = self._store.twin(entry)
            if twin is not None:
                twins[need] = self.file(replace(need, name=twin.name), twin)
        return Models(needed, twins)

    def file(self, need: ModelNeed, entry: Entry) -> ModelFile:
        """The verified file of an entry, as a job takes it."""
        with self._lock:
            key = entry.to_json()
            if key not in self._held:
                self._held[key] = self._store.open(entry)
            held = self._held[key]
        return ModelFile(
            (need.task, need.name, need.scale), entry.to_json(), held.fd, held.size_bytes
        )

    def peak_bytes(self, needs: Iterable[ModelNeed]) -> int:
        """What the sessions of these needs and their files add to a process, whatever precision
        they come in.
        """
        found = [self._store.find(need) for need in self._present(needs)]
        twins = [self._store.twin(entry) for entry in found]
        entries = [entry for entry in (*found, *twins) if entry is not None]
        return sum(entry.peak_bytes + entry.total_bytes for entry in entries)

    def runtimes(self, needs: Iterable[ModelNeed]) -> frozenset[Runtime]:
        """What opens the models of these needs."""
        return frozenset(self._store.find(need).runtime for need in self._present(needs))

    def inherited(self, needs: Iterable[ModelNeed], threads: int) -> tuple[ModelFile, ...]:
        """Those models, and exact twins, that are opened once for all workers of so many threads.

        Raises what the store raises.
        """
        if threads > INHERITED_THREADS:
            return ()
        found = [(need, self._store.find(need)) for need in self._present(needs)]
        every = [(need, one) for need, entry in found for one in (entry, self._store.twin(entry))]
        least_bytes = INHERITED_BYTES if threads > 1 else 0
        return tuple(
            self.file(need, entry)
            for need, entry in every
            if entry is not None and entry.total_bytes >= least_bytes
        )

    def close(self) -> None:
        """Let go of every file."""
        with self._lock:
            for model in self._held.values():
                model.close()
            self._held.clear()

    def _present(self, needs: Iterable[ModelNeed]) -> tuple[ModelNeed, ...]:
        """The needs that the catalogue has, or what is taken in their place, none twice; of those
        that it has not, only the optional ones are left out. Behind them those whose vector they
        take.
        """
        asked = dict.fromkeys(self._at_hand(need) for need in needs)
        found = [need for need in asked if not need.optional or self._is_known(need)]
        bases = [self._store.base(self._store.find(need)) for need in found]
        found += [ModelNeed(base.task, base.name) for base in bases if base is not None]
        return tuple(dict.fromkeys(found))

    def _at_hand(self, need: ModelNeed) -> ModelNeed:
        """The need, or the first of what it would take instead that is known."""
        other: ModelNeed | None = need
        while other is not None and not self._is_known(other):
            other = other.otherwise
        return other or need

    def _is_known(self, need: ModelNeed) -> bool:
        try:
            self._store.find(need)
        except ModelMissing:
            return False
        return True
