"""Remote: what a batch asks an engine for, done by a server. Inputs are read, outputs are written
and known again here; what lies between happens there.

The receipt beside an output is the server's, signed by its key. The journal of this machine holds
nothing of it, its ledger that it was connected to.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

from safelight.audit.receipt import Receipt, path_for
from safelight.batch.steps import SCRUB
from safelight.batch.telling import result_of
from safelight.client.asking import errand_for
from safelight.client.call import Sink
from safelight.client.opening import Opening, address_of
from safelight.client.proving import proved
from safelight.client.records import Records
from safelight.client.steps import Done, Progress, work
from safelight.client.sync import Client
from safelight.engine import output as outputs
from safelight.engine.book import Book
from safelight.engine.existing import settle, settle_in_place
from safelight.engine.holding import Budget, Held
from safelight.engine.kept import refuse_kept
from safelight.engine.result import Result, Skipped
from safelight.engine.source import Source, at_hand, open_source
from safelight.errors import (
    Busy,
    Cancelled,
    Gone,
    LevelTooLow,
    OutputClash,
    SafelightError,
    Unavailable,
    UsageError,
)
from safelight.formats import Format
from safelight.recipe import Recipe, operation_named
from safelight.settings import Settings
from safelight.vault.stream import is_encrypted_name
from safelight.worker.memory import read_only

# How long one request is held open: nobody who stops a batch waits longer than that.
WAIT_S = 2.0
MOST_PATIENCE_S = 600.0
# Before a picture is sent again to a server that has forgotten it, or broke off.
PAUSES_S = (1.0, 3.0)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a run was asked for."""

    recipe: Recipe
    output: Path | None
    in_place: bool
    into: Sink | None
    progress: Progress | None


class RemoteEngine:
    """A server in the place of an engine. Safe to call from many threads; close it after use."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self.settings, self._client = settings, client
        self._book = Book.of(settings, "command line")
        self._records = Records(settings.state_dir, self._book)
        spills = settings.state_dir / "spill"
        self._budget = Budget(settings.memory_budget, spills, settings.jobs)
        self._stopped = threading.Event()
        self._has_answered = False

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The server that the settings name. The ledger learns of it where anything can leave this
        machine. Raises Unavailable, PolicyRefused, ParameterInvalid, VerificationFailed; UsageError
        for a flag that cannot be heeded there.
        """
        device = settings.origins.get("device")
        if device is not None and device.source == "flag":
            raise UsageError("--device is of this machine, and --server has another one work")
        opening = Opening(settings.server, None, None, settings.server_token_file)
        named = address_of(opening, settings)
        if not named.is_near:
            facts = {"what": "connection", "why": "--server", "host": named.host}
            Book.of(settings, "command line").ledger.append(facts)
        address = proved(named, "")
        return cls(settings, Client.at(address, patience_s=MOST_PATIENCE_S))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def run(
        self,
        source: Path | bytes | BinaryIO,
        recipe: Recipe,
        *,
        output: Path | None = None,
        existing: str = "verify",
        in_place: bool = False,
        into: Sink | None = None,
        progress: Progress | None = None,
    ) -> Result | Skipped:
        """As Engine.run; a run that is stopped is cancelled on the server."""
        is_same = isinstance(source, Path) and output is not None and not in_place
        if is_same and os.path.realpath(cast(Path, source)) == os.path.realpath(cast(Path, output)):
            raise OutputClash("the output would be the input itself")
        if output is not None:
            refuse_kept(output, replaces=in_place or existing == "overwrite")
        place = output if recipe.gives_image else None
        wish = _Wish(recipe, place, in_place, into, progress)
        digest, most = self._book.input_digest(), self.settings.max_bytes
        key = self._book.data_key
        with open_source(source, most, digest, key=key, budget=self._budget) as held:
            is_replaced = in_place
            if place is not None:
                proves = self._records.prover(held.digest, recipe, any_input=in_place)
                decision = (settle_in_place if in_place else settle)(place, existing, proves)
                if isinstance(decision, Skipped):
                    return decision
                place, is_replaced = decision
            with at_hand(held) as ready, ExitStack() as stack:
                done, room = self._done(ready, wish, stack)
                if place is None:
                    return _handed_over(done, room, into)
                return self._filed(
                    ready, replace(wish, output=place), done, room, replaces=is_replaced
                )

    def prepare(self, recipe: Recipe, format: Format) -> None:
        """The server has its own workers ready."""

    def note(self, recipe: Recipe, error: SafelightError) -> None:
        """What was refused here never came to the server; nothing is written down."""

    def cancel(self) -> None:
        """Runs under way raise Cancelled, here and there."""
        self._stopped.set()

    def sweep(self, folder: Path) -> int:
        """As Engine.sweep."""
        return outputs.sweep(folder, self._records.speaks_of)

    def _done(self, source: Source, wish: _Wish, stack: ExitStack) -> tuple[Done, Held]:
        """What the server did, and the bytes of it, held as long as the stack. A server that was
        started anew in between has forgotten the picture: it is sent again. One that never answered
        is not waited for.
        """
        for pause_s in (*PAUSES_S, None):
            room = stack.enter_context(Held(self._budget))
            try:
                done = self._once(source, wish, room)
            except (Gone, Unavailable) as error:
                may_come = self._has_answered and not isinstance(error, Busy)
                is_forgotten = isinstance(error, Gone) or may_come
                if pause_s is None or not is_forgotten or self._stopped.wait(pause_s):
                    raise
                room.close()
            else:
                self._has_answered = True
                return done, room
        raise Unavailable

    def _once(self, source: Source, wish: _Wish, room: Held) -> Done:
        with ExitStack() as stack:
            pictures = tuple(
                stack.enter_context(self._further(wish.recipe.files[digest]))
                for digest in wish.recipe.pictures
            )
            stream = cast(BinaryIO, _Reading(source.fd, source.size_bytes, self._wanted))
            asked = errand_for(
                explicit(wish.recipe, self.settings), stream, sink=room, progress=wish.progress
            )
            errand = replace(
                asked,
                pictures=pictures,
                wait_s=WAIT_S,
                is_wanted=lambda: not self._stopped.is_set(),
            )
            self._wanted()
            done = self._client.carry(work(errand))
        if done.told.cage.level < self.settings.require_level:
            raise LevelTooLow(
                f"the server's cage has level {done.told.cage.level}, and"
                f" {self.settings.require_level} is required",
                hint="nothing was written; safelight prove, there, shows which layer is missing",
            )
        return done

    @contextmanager
    def _further(self, path: Path) -> Iterator[Any]:
        """A further picture, opened as an input is."""
        digest = self._book.input_digest()
        key = self._book.data_key
        with open_source(path, self.settings.max_bytes, digest, key=key) as held:
            yield _Reading(held.fd, held.size_bytes, self._wanted)

    def _is_wanted(self) -> bool:
        return not self._stopped.is_set()

    def _wanted(self) -> None:
        if self._stopped.is_set():
            raise Cancelled

    def _filed(
        self, source: Source, wish: _Wish, done: Done, room: Held, *, replaces: bool
    ) -> Result:
        target = cast(Path, wish.output)
        owner = outputs.heir_of(target, source.mode, in_place=wish.in_place)
        changed_ns = outputs.time_for(self.settings.file_time, source.changed_ns)
        is_encrypted = bool(source.scheme) if wish.in_place else is_encrypted_name(target)
        key = self._book.data_key if is_encrypted else None
        receipt, place = Receipt.parse(done.receipt), path_for(target)
        with room.sealed() as fd, read_only(fd, room.size_bytes) as view:
            parcels = outputs.delivery(
                target, [view], outputs.timed(owner, changed_ns), reread=wish.in_place, key=key
            )
            with parcels as parcel:
                self._records.write(receipt, source.digest, wish.recipe, parcel.written.sha256)
                parcel.commit(done.receipt, place.name, replace=replaces)
        found = result_of(done.told, receipt=done.receipt)
        return replace(found, path=target, receipt_path=place)


def explicit(recipe: Recipe, settings: Settings) -> Recipe:
    """The recipe with the scrub said that is meant here: a server may have other settings."""
    has_own = any(step.name == SCRUB for step in recipe.steps)
    if has_own or recipe.in_two_cages or not recipe.gives_image:
        return recipe
    wishes = {"profile": settings.profile, "keep": list(settings.keep)}
    scrub = operation_named(SCRUB).model_validate(wishes)
    return replace(recipe, steps=(scrub, *recipe.steps))


def _handed_over(done: Done, room: Held, into: Sink | None) -> Result:
    if done.told.format is None or into is None:
        gathered = io.BytesIO()
        room.write_to(gathered)
        data = gathered.getvalue() if done.told.format is not None else None
        return result_of(done.told, receipt=done.receipt, data=data)
    room.write_to(into)
    return result_of(done.told, receipt=done.receipt)


class _Reading(io.RawIOBase):
    """A sealed memfd as a stream of its own, which can be read again from its start; check raises
    where nobody wants it any more.
    """

    def __init__(self, fd: int, size_bytes: int, check: Any) -> None:
        super().__init__()
        self._fd, self._size_bytes, self._check = fd, size_bytes, check
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size_bytes}
        self._position = start[whence] + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        self._check()
        with memoryview(buffer) as view:
            left = max(0, self._size_bytes - self._position)
            count = os.preadv(self._fd, [view[: min(len(view), left)]], self._position)
        self._position += count
        return count
