"""Shelving: models on their way in and out. Fetched or unpacked to where nothing is used from,
tried out once in the cage, and only then taken into use; what was in use stays until that moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from safelight.audit.ledger import Fact, Ledger
from safelight.engine import timings
from safelight.engine.book import Book
from safelight.engine.trial import Trial, try_out, usual_name
from safelight.errors import (
    Cancelled,
    ModelMissing,
    PolicyRefused,
    SafelightError,
    Unavailable,
    UsageError,
    VerificationFailed,
)
from safelight.models.entry import Entry
from safelight.models.hosts import Address
from safelight.models.nearest import near
from safelight.models.plain import open_plain
from safelight.models.pull import Way, fetch, proxy_for
from safelight.models.sealed import load
from safelight.models.shelf import Choice, Shelf, pins, wanted
from safelight.models.staging import READ_BYTES, Staged, Wanted, refuse_full_disk
from safelight.models.store import Place, Store
from safelight.models.writing import failed
from safelight.settings import Settings
from safelight.vault.lock import hold

LOCK_WAIT_S = 2.0


@dataclass(frozen=True, slots=True)
class Offer:
    """What a pull would fetch. came_bytes are here already; replaces is the SHA-256 of the version
    in use, empty where there is none; proxy is what it goes by way of.
    """

    entry: Entry
    hosts: tuple[str, ...]
    came_bytes: int
    replaces: str = ""
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a long piece of work tells: bytes of a model that have come, and what begins now."""

    came: Callable[[Entry, int], None] = lambda _entry, _bytes: None
    begins: Callable[[str], None] = lambda _what: None


class Shelving:
    """Changes the models of one user's folder, one process at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.data_dir / "models"
        self.shelf = Shelf(self._folder)
        self._is_alone = False

    @property
    def store(self) -> Store:
        """The models as they are now."""
        return Store(self._folder)

    @property
    def ledger(self) -> Ledger:
        """Where connections are written down; keys are made on first use."""
        return Book.of(self._settings).ledger

    def offers(self, names: Sequence[str]) -> tuple[Offer, ...]:
        """What pulling these models means, with those that they cannot be without; nothing for
        those that are here as the catalogue pins them.

        Raises ModelMissing for an unknown name, PolicyRefused for a model that is excluded, and
        where settings close the network.
        """
        if self._settings.network == "none":
            origin = self._settings.origins.get("network")
            raise PolicyRefused(
                "the setting network is none: nothing may be pulled",
                hint=f"it comes from {origin.place if origin and origin.place else 'a default'};"
                " on a machine without network: safelight models import",
            )
        store = self.store
        found: dict[str, Entry] = {}
        for name in names:
            _gather(store, name, found)
        return tuple(
            self._offer(store, entry) for entry in found.values() if _is_wanted(store, entry)
        )

    def pull(self, offer: Offer, *, stall_s: float, told: Told) -> Trial | None:
        """Fetch, check, try out, take into use. Gives the trial, None where nothing can try it.

        Raises as fetch and the trial do; then what was in use still is, and what came is kept.
        """
        entry = offer.entry
        with self.alone():
            missing = [s for s in self.shelf.staged(entry) if not self._is_here(s.wanted)]
            left = sum(one.wanted.size_bytes - one.have for one in missing)
            refuse_full_disk(self._folder, left)
            came = sum(one.size_bytes for one in wanted(entry)) - left
            for staged in missing:
                before = came - staged.have
                way = Way(
                    stall_s,
                    opened=partial(self._write_down, entry),
                    came=partial(_add, told, entry, before),
                )
                self._fetch(entry, staged, way)
                came = before + staged.wanted.size_bytes
            return self._try_and_take(entry, told)

    def admit(self, entry: Entry, told: Told) -> Trial | None:
        """Try out a model whose files are all staged or here, and take it into use."""
        with self.alone():
            return self._try_and_take(entry, told)

    def measure(self, entry: Entry) -> Trial | None:
        """Try out a model that is here, and keep what it took."""
        trial = try_out(entry, self.store, self._settings)
        if trial is not None:
            timings.keep(self._settings.state_dir, entry, trial)
        return trial

    def roll_back(self, name: str) -> Entry:
        """Use the version before. Raises ModelMissing where there is none."""
        with self.alone():
            found = self.shelf.versions(name)
            if found is not None and found.before:
                before = self.shelf.entry(found.before)
                load(before, self._places(before)).close()
            return self.shelf.roll_back(name)

    def remove(self, name: str) -> int:
        """Take a model away, or what came of one. Gives the bytes that this freed.

        Raises ModelMissing for one that is not here, PolicyRefused for one of the package.
        """
        with self.alone():
            before = self.shelf.used_bytes()
            if name in {entry.name for entry in Store().entries()}:
                raise PolicyRefused(f"{name} is part of the program and stays")
            known = {entry.name: entry for entry in self._known_anywhere()}
            was_here = self.shelf.remove(name)
            freed = before - self.shelf.used_bytes()
            for staged in self.shelf.staged(known[name]) if name in known else ():
                freed += staged.have
                was_here = was_here or staged.have > 0
                staged.drop()
        if not was_here and self.store.origin(name) == "own":
            raise ModelMissing(f"{name} was put into {self._folder} by hand: delete it there")
        if not was_here:
            raise ModelMissing(f"{name} was not pulled or imported, or is gone already")
        return freed

    def clear(self) -> int:
        """Throw away what never came whole. Gives the bytes that this freed."""
        with self.alone():
            return self.shelf.clear_staging()

    def choice(self, task: str, entry: Entry) -> Choice:
        """What it means to use this model for a task. Raises UsageError where it does not fit."""
        if entry.task != task:
            raise UsageError(f"{entry.name} is for {entry.task}, not for {task}")
        alias = usual_name(task)
        if alias is None:
            raise UsageError(f"no verb asks for a model for {task} by itself")
        return Choice(alias, entry.name)

    def choose(self, choices: dict[str, Choice]) -> None:
        """Use these where no model is named, and the usual ones for every other task."""
        with self.alone():
            self.shelf.choose(choices)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else changes the models of this folder within; what is called here may ask again.

        Raises Unavailable while another run does.
        """
        if self._is_alone:
            yield
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise failed(error) from error
        with ExitStack() as stack:
            try:
                stack.enter_context(hold(self._folder / ".lock", wait_s=LOCK_WAIT_S))
            except Unavailable as error:
                if isinstance(error.__cause__, OSError):
                    raise
                raise Unavailable(
                    "another run changes the models", hint="wait until it has ended"
                ) from error
            self._is_alone = True
            stack.callback(setattr, self, "_is_alone", False)
            yield

    def _known_anywhere(self) -> Iterator[Entry]:
        """What the catalogue states, and what is noted here as far as it can be read."""
        yield from Store().catalogue()
        for name in self.shelf.names():
            found = self.shelf.versions(name)
            if found is not None:
                try:
                    yield self.shelf.entry(found.now)
                except SafelightError:
                    continue

    def _offer(self, store: Store, entry: Entry) -> Offer:
        staged = [s for s in self.shelf.staged(entry) if not self._is_here(s.wanted)]
        here = entry.total_bytes - sum(one.wanted.size_bytes for one in staged)
        hosts = tuple(dict.fromkeys(Address.of(one.url).host for one in wanted(entry)))
        proxy = proxy_for(hosts[0])
        in_use = {one.name: one.sha256 for one in store.entries() if one.sha256 != entry.sha256}
        return Offer(
            entry,
            hosts,
            came_bytes=here + sum(one.have for one in staged),
            replaces=in_use.get(entry.name, ""),
            proxy=f"{proxy.host}:{proxy.port}" if proxy is not None else "",
        )

    def _is_here(self, one: Wanted) -> bool:
        """Whether the shelf has this very file, for another model or version."""
        path = self.shelf.folder / "files" / one.sha256
        try:
            with open_plain(path) as file:
                digest = hashlib.sha256()
                while chunk := file.read(READ_BYTES):
                    digest.update(chunk)
        except OSError:
            return False
        return digest.hexdigest() == one.sha256

    def _fetch(self, entry: Entry, staged: Staged, way: Way) -> None:
        had, outcome = staged.have, Cancelled.code
        try:
            fetch(staged, way)
            outcome = "whole"
        except SafelightError as error:
            outcome = error.code
            raise
        finally:
            came = staged.have if outcome != VerificationFailed.code else 0
            self._note(
                {
                    "what": "fetched",
                    "model": entry.name,
                    "sha256": staged.wanted.sha256,
                    "bytes": max(0, came - had),
                    "outcome": outcome,
                }
            )

    def _write_down(self, entry: Entry, host: str) -> None:
        proxy = proxy_for(host)
        by = {"proxy": f"{proxy.host}:{proxy.port}"} if proxy is not None else {}
        why = f"models pull {entry.name}"
        self._note({"what": "connection", "why": why, "host": host, **by})

    def _note(self, facts: dict[str, Fact]) -> None:
        self.ledger.append(facts)

    def _places(self, entry: Entry) -> tuple[tuple[Wanted, Path], ...]:
        """Where each file lies: staged, or on the shelf. Raises ModelMissing."""
        pairs = zip(self.shelf.staged(entry), self.shelf.paths(entry), strict=True)
        paths = [(s.wanted, s.path if s.path.exists() else path) for s, path in pairs]
        for one, path in paths:
            if not path.is_file():
                raise ModelMissing(f"the file {one.file} of {entry.name} is not here")
        return tuple(paths)

    def _try_and_take(self, entry: Entry, told: Told) -> Trial | None:
        told.begins("trial")
        places = self._places(entry)
        load(entry, places).close()
        place = Place(entry, tuple(path for _one, path in places), "trial")
        trial = try_out(entry, Store(self._folder, trying=place), self._settings)
        self.shelf.take_in(entry)
        if trial is not None:
            timings.keep(self._settings.state_dir, entry, trial)
        return trial


def _add(told: Told, entry: Entry, before: int, came: int) -> None:
    told.came(entry, before + came)


def _gather(store: Store, name: str, found: dict[str, Entry]) -> None:
    """The entry of this name, behind those that it cannot be without."""
    stated = (entry for entry in store.catalogue() if entry.url is not None)
    known = {entry.name: entry for entry in (*store.available(), *stated)}
    here = {entry.name for entry in store.entries()}
    entry = known.get(name)
    if entry is None and name not in here:
        raise ModelMissing(
            f"the catalogue has no model {name!r} to pull",
            hint=f"{near(name, known)}safelight models list --available",
        )
    if entry is None or name in found:
        return
    if entry.licence_class == "excluded":
        raise PolicyRefused(f"{name} is not to be had: {entry.caveat or entry.licence}")
    for other in filter(None, (entry.exact, entry.over)):
        _gather(store, other, found)
    found[name] = entry


def _is_wanted(store: Store, entry: Entry) -> bool:
    """False for one that is here, the same files as the catalogue pins, and undamaged."""
    here = (one for one in store.entries() if one.name == entry.name)
    return not any(pins(one) == pins(entry) and _is_sound(store, one) for one in here)


def _is_sound(store: Store, entry: Entry) -> bool:
    try:
        return store.verify(entry)
    except ModelMissing:
        return False
