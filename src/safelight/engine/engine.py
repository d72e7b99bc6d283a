"""Engine: one source and one recipe in, one Result out. The only place where rooms meet.

read the source once → have the models verified → one caged worker decodes, applies, encodes → write
the bytes without a name → write the signed receipt → give the output its name → append the journal.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Self

from safelight.audit.receipt import path_for
from safelight.codecs.routing import Brief, refusal, route
from safelight.engine import output as outputs
from safelight.engine.again import Again
from safelight.engine.book import Book, Claim, Door
from safelight.engine.checking import check_answer, check_picks
from safelight.engine.clock import Clock, Progress, Run
from safelight.engine.devices import Devices, Runner
from safelight.engine.existing import settle, settle_in_place
from safelight.engine.forgetting import forgetting
from safelight.engine.holding import Budget, Held, Sink, pour
from safelight.engine.hosts import Hosts, Wanted
from safelight.engine.kept import refuse_kept
from safelight.engine.noting import Noting
from safelight.engine.pixels import pixel_digests
from safelight.engine.result import Result, Skipped
from safelight.engine.sanitize import TwoCages
from safelight.engine.sealing import Written, key_of
from safelight.engine.source import Sealed, Source, at_hand, open_source
from safelight.engine.stating import Manner, Work
from safelight.engine.stock import Models, Pictures, Stock, load_of
from safelight.engine.tuning import Tuning
from safelight.errors import OutputClash, SafelightError
from safelight.formats import Format
from safelight.limits import MAX_OUTPUT_BYTES
from safelight.models.providers import Device
from safelight.models.store import Store
from safelight.recipe import Recipe
from safelight.settings import Settings, load
from safelight.vault.stream import is_encrypted_name
from safelight.worker.job import Answer, Host, Job
from safelight.worker.stop import Stop


class Engine:
    """Runs recipes. Opens workers when they are first needed; close it, or use it as a context
    manager.

    Safe to call from many threads: jobs pictures are worked on at a time.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        jobs: int | None = None,
        door: Door = "python",
        store: Store | None = None,
        manner: Manner | None = None,
        again: int = 0,
        output_bytes: int = MAX_OUTPUT_BYTES,
    ) -> None:
        """again: how often a run whose worker somebody else ended is asked of another one.
        output_bytes: the most that a result may have.
        """
        self.settings = settings or load({}, os.environ, Path.cwd())
        self._manner = manner or Manner.of(self.settings)
        self.jobs = jobs or self.settings.jobs
        self.store = store or Store(self.settings.data_dir / "models")
        self._limits = replace(self.settings.limits(), output_bytes=output_bytes)
        self._opening = threading.Lock()
        self.stock = Stock(self.store)
        self._pictures = Pictures(self._limits.input_bytes, key_of(self.settings))
        spills = self.settings.state_dir / "spill"
        self._budget = Budget(self.settings.memory_budget, spills, self.jobs)
        self.tuning = Tuning(self.settings, self.store, self.stock)
        self.devices = Devices(self.settings, self.jobs)
        self.hosts = Hosts(
            *(self.settings, self._limits, self.jobs), stock=self.stock, devices=self.devices
        )
        self._again = again
        self._book: Book | None = None
        self._door = door

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def book(self) -> Book:
        """Keys, receipts and journal; keys are made on first use."""
        with self._opening:
            if self._book is None:
                self._book = Book.of(self.settings, self._door, self._manner)
            return self._book

    def run(
        self,
        source: Path | bytes | BinaryIO | Sealed,
        recipe: Recipe,
        *,
        output: Path | None = None,
        existing: str = "verify",
        in_place: bool = False,
        into: Sink | None = None,
        progress: Progress | None = None,
        stop: Stop | None = None,
        further: Mapping[str, Sealed] | None = None,
        is_alone: bool = False,
    ) -> Result | Skipped:
        """Work on one picture.

        source is a path, encoded bytes, a binary stream, or a sealed memfd. With output the result
        is written there and its receipt beside it; without, it goes into what is given for that (a
        stream, or see hold), else it comes back as bytes. existing says what to do when the output
        is there: verify (skip it when it is the verified result of this input and recipe, else
        OutputExists), skip, rename, overwrite, fail. A path that ends in .enc is opened on the way
        in and encrypted on the way out. stop ends this run alone; further are pictures that the
        recipe names by their SHA-256, for this run; is_alone: nothing else waits, so the worker may
        use every core. Raises a SafelightError; then there is no output and no claim, unless the
        journal alone could not be written: then the output stands with its receipt, and the next
        run of the same records it.
        """
        with forgetting(), Noting(lambda: self.book, recipe) as noting:
            if output is not None and not in_place and _is_same(source, output):
                raise OutputClash("the output would be the input itself")
            if output is not None:
                refuse_kept(output, replaces=in_place or existing == "overwrite")
            run = Run(
                *(recipe, output, existing, in_place, into, progress),
                *(stop or Stop(), further or {}, is_alone),
            )
            run.stop.begin()
            return self._run(source, run, noting)

    def _run(
        self, source: Path | bytes | BinaryIO | Sealed, run: Run, noting: Noting
    ) -> Result | Skipped:
        recipe, in_place = run.recipe, run.in_place
        digest, most = self.book.input_digest(), self._limits.input_bytes
        key = self.book.data_key
        with open_source(source, most, digest, key=key, budget=self._budget) as held:
            read_s, noting.input_bytes = time.monotonic() - noting.started, held.size_bytes
            _format_of(held.first, recipe)  # refused before a model is looked for
            models, device = self._models(recipe), self._device(recipe)
            check_picks(recipe, models)
            place = run.output if recipe.gives_image else None
            replace = in_place
            if place is not None:
                claim = Claim.of(held.digest, recipe, models.needed)
                decision = self._settle(place, run.existing, claim, in_place=in_place)
                if isinstance(decision, Skipped):
                    return decision
                place, replace = decision
            with (
                at_hand(held) as ready,
                self._answered(ready, models, run) as answer,
            ):
                names = (_name_of(source), _name_of(place))
                pixels = self._pixels(ready, answer)
                work = Work(
                    ready, answer, recipe, models, device,
                    names=names, pixels=pixels, plain=digest.plain,
                )  # fmt: skip
                clock = Clock(noting.started, read_s)
                if place is None:
                    return self._hand_over(work, clock, noting, run.into)
                return self._finish(work, clock, noting, place, replace=replace, in_place=in_place)

    def _pixels(self, source: Source, answer: Answer) -> tuple[str | None, str | None]:
        """Digests of the decoded pixels, where the receipt is to have them."""
        if not self._manner.pixels:
            return None, None
        return pixel_digests(
            lambda recipe, format: self.hosts.runner(Wanted(recipe, format)),
            *(source, answer, self._limits),
        )

    @contextmanager
    def _answered(self, source: Source, models: Models, run: Run) -> Iterator[Answer]:
        """The checked answer of a worker."""
        recipe = run.recipe
        before = _format_of(source.first, recipe)
        with self._pictures.beside(run.further) as pictures:
            named = (recipe.pictures, recipe.files)
            job = Job(
                source.fd,
                source.size_bytes,
                recipe.canonical,
                load_of(models, pictures.files(*named)),
                recipe.gives_image,
                threads=self._threads(models, self._device(recipe)),
                stop=run.stop,
            )
            wanted = Wanted(recipe, before, pictures.formats(*named), run.is_alone)
            with self._runner(wanted, models).run(job, progress=run.progress) as answer:
                check_answer(answer, recipe, before, models)
                yield answer

    def hold(self) -> Held:
        """A place for the result of a run (its into): in memory as far as the memory budget of
        this engine goes, else in a file that only this process can open. Close it after use.
        """
        return Held(self._budget)

    def _settle(
        self, target: Path, existing: str, claim: Claim, *, in_place: bool
    ) -> Skipped | tuple[Path, bool]:
        """Where to write, or Skipped; a result that a killed run did not record is recorded."""
        proves = self.book.prover(claim, any_input=in_place)
        decision = (settle_in_place if in_place else settle)(target, existing, proves)
        if isinstance(decision, Skipped) and decision.reason == "verified":
            self.book.complete(target)
        return decision

    def note(self, recipe: Recipe, error: SafelightError) -> None:
        """Enter into the journal that a picture was refused before it came to a run."""
        with suppress(SafelightError), Noting(lambda: self.book, recipe):
            raise error

    def add_picture(self, source: Path | bytes) -> str:
        """Take in a further picture, as a ground for cutout; recipes name it by its SHA-256, which
        comes back. It is held until close.
        """
        with self._opening:
            return self._pictures.add(source)

    def host(self, recipe: Recipe, format: Format) -> Host:
        """The host that would work on such a picture, until close; for proofs, which look at its
        workers.
        """
        return self.hosts.get(self._wanted(recipe, format), stays=True)

    def prepare(self, recipe: Recipe, format: Format) -> None:
        """Have workers made ready while other things are done; what fails is told by run."""
        with suppress(SafelightError):
            self.hosts.get(self._wanted(recipe, format))

    def cancel(self) -> None:
        """Kill every worker; runs under way raise Cancelled."""
        self.tuning.cancel()
        self.hosts.cancel()

    def sweep(self, folder: Path) -> int:
        """Remove what killed runs left in this folder; the number of files."""
        return outputs.sweep(folder, self.book.speaks_of)

    def close(self) -> None:
        """End all workers and wait for them."""
        self.hosts.close()
        with self._opening:
            self.devices.close()
            self.stock.close()
            self._pictures.close()
            self._book = None

    def _models(self, recipe: Recipe) -> Models:
        """Verified, in the precision that is fastest here where the recipe leaves that open."""
        models = self.stock.models(recipe.needs)  # a name that is not there is told at once
        if not models.needed:
            return models
        precision = self.devices.precision or self.tuning.precision
        return self.stock.models(recipe.needs, precision=precision)

    def _wanted(self, recipe: Recipe, format: Format) -> Wanted:
        """What workers have to be warm for, with the further pictures that are there."""
        return Wanted(recipe, format, self._pictures.formats(recipe.pictures, recipe.files))

    def _runner(self, wanted: Wanted, models: Models) -> Runner:
        recipe, runner = wanted.recipe, self.hosts.runner(wanted)
        one: Runner = TwoCages(runner, self._limits) if recipe.in_two_cages else runner
        if self._device(recipe).is_asked:
            peak_bytes = self.stock.peak_bytes(recipe.needs)
            one = self.devices.at(one, models.files, peak_bytes=peak_bytes)
        return Again(one, self._again) if self._again else one

    def _threads(self, models: Models, device: Device) -> int:
        """How many a model may use in the worker of a single picture; 0: as the plan says."""
        is_its_own = models.needed and not device.is_asked and self.jobs == 1
        return self.tuning.threads if is_its_own else 0

    def _device(self, recipe: Recipe) -> Device:
        """What runs its models."""
        return self.devices.of(self.stock.runtimes(recipe.needs))

    def _hand_over(self, work: Work, clock: Clock, noting: Noting, into: Sink | None) -> Result:
        """A result without a file, or none at all."""
        output, book = work.answer.output, self.book
        if output is None:
            return clock.result(work)
        data = bytes(output) if into is None else None
        receipt = book.write(work, Written.of(output))
        place = book.keep(receipt)
        noting.record(receipt)
        if into is not None:
            pour(output, into)
        return clock.result(work, data=data, receipt=receipt, receipt_path=place)

    def _finish(
        self,
        work: Work,
        clock: Clock,
        noting: Noting,
        target: Path,
        *,
        replace: bool,
        in_place: bool,
    ) -> Result:
        output, book = work.answer.output, self.book
        if output is None:
            return clock.result(work)
        place = path_for(target)
        owner = outputs.heir_of(target, work.source.mode, in_place=in_place)
        owner = outputs.timed(
            owner, outputs.time_for(self.settings.file_time, work.source.changed_ns)
        )
        is_encrypted = bool(work.source.scheme) if in_place else is_encrypted_name(target)
        key = book.data_key if is_encrypted else None
        parcels = outputs.delivery(target, [output], owner, reread=in_place, key=key)
        with parcels as parcel:
            receipt = book.write(work, parcel.written)
            parcel.commit(receipt.to_bytes(), place.name, replace=replace)
        noting.record(receipt)
        return clock.result(work, path=target, receipt=receipt, receipt_path=place)


def _format_of(first: Brief, recipe: Recipe) -> Format:
    """Raises FormatUnknown for what these steps cannot work on."""
    format = route(first)
    if format is None:
        raise refusal(first)
    refused = recipe.refusal(format)
    if refused is not None:
        raise refused
    return format


def _name_of(file: object) -> str:
    return file.name if isinstance(file, Path) else ""


def _is_same(source: object, output: Path) -> bool:
    return isinstance(source, Path) and os.path.realpath(source) == os.path.realpath(output)


_shared: dict[str, Engine] = {}
_sharing = threading.Lock()


def run(
    source: Path | bytes | BinaryIO,
    recipe: Recipe,
    *,
    output: Path | None = None,
    existing: str = "verify",
) -> Result | Skipped:
    """Work on one picture with the settings of this user; see Engine.run.

    The workers stay ready for the next call and end with the program.
    """
    with _sharing:
        if "engine" not in _shared:
            _shared["engine"] = Engine()
            atexit.register(_shared["engine"].close)
    return _shared["engine"].run(source, recipe, output=output, existing=existing)
