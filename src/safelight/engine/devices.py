"""Devices: what runs the models of this engine, and the workers that are kept for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from safelight.engine.selftest import usable_cores
from safelight.errors import SomethingMissing
from safelight.models.facts import Runtime
from safelight.models.providers import CPU, Device, chosen
from safelight.settings import Settings
from safelight.worker.device_host import DeviceHost, start_of
from safelight.worker.device_wire import Start
from safelight.worker.job import Answer, CageReport, Job, ModelFile
from safelight.worker.reports import weaker

# Workers of a device that are kept for recipes to come; each holds its models.
MOST_KEPT = 4
# A worker that has a device's nodes has no empty root.
LEVEL_OF_CARDS = 2
# What a worker of a device opens.
OPENED: frozenset[Runtime] = frozenset({"onnx", "fake"})
# The precision that cards are made for, of those that a model comes in here.
PRECISION_OF_CARDS = "fp32"


class Runner(Protocol):
    """What runs a job: a host, or two cages of it."""

    def run(
        self, job: Job, *, progress: Callable[[float], None] | None = None
    ) -> AbstractContextManager[Answer]: ...


@dataclass(frozen=True)
class AtDevice:
    """Runs a job as its runner does, with a place at a device."""

    runner: Runner
    device: Callable[[], DeviceHost]

    @contextmanager
    def run(self, job: Job, *, progress: Callable[[float], None] | None = None) -> Iterator[Answer]:
        """As Host.run; the level is the lower of the two workers'. Raises as DeviceHost.join."""
        with (
            self.device().join() as joined,
            self.runner.run(replace(job, device=joined.link), progress=progress) as answer,
        ):
            yield replace(answer, cage=weaker(joined.cage, answer.cage))


class Devices:
    """What the settings mean by their device, and its workers. Safe to use from many threads."""

    def __init__(self, settings: Settings, jobs: int) -> None:
        self._settings, self._jobs = settings, jobs
        self._lock = threading.RLock()
        self._device: Device | None = None
        self._kept: dict[tuple[bytes, ...], DeviceHost] = {}

    @property
    def device(self) -> Device:
        """Raises RuntimeMissing and SomethingMissing for one that is named and not here."""
        with self._lock:
            if self._device is None:
                self._device = chosen(self._settings.device, is_allowed=self._is_allowed)
            return self._device

    def require(self) -> None:
        """Now rather than at the first picture: raises what looking at device raises."""
        self.device  # noqa: B018 - the look is what is wanted

    @property
    def precision(self) -> str:
        """That of models that come in several; empty: by the self-test."""
        return PRECISION_OF_CARDS if self.device.kind != CPU.kind else ""

    def of(self, runtimes: frozenset[Runtime]) -> Device:
        """The device for models of these runtimes. Raises SomethingMissing where one was named and
        cannot have them.
        """
        if not runtimes:
            return CPU
        if runtimes <= OPENED or self.device == CPU:
            return self.device
        if self._settings.device == "auto":
            return CPU
        raise SomethingMissing(
            "models for LiteRT run in the worker of their picture, on the processor",
            hint="--device cpu",
        )

    def at(self, runner: Runner, files: Sequence[ModelFile], *, peak_bytes: int) -> AtDevice:
        """The runner with these models at the device; their sessions need so many bytes."""
        return AtDevice(runner, lambda: self._worker(files, peak_bytes))

    def report(self) -> CageReport | None:
        """What holds a worker of the device that has no model yet; None where models run in the
        worker of their picture. Raises what keeps it from starting.
        """
        if not self.device.is_asked:
            return None
        host = DeviceHost(self._start(0), ())
        try:
            return host.cage
        finally:
            host.end()

    def close(self) -> None:
        """End all workers and wait for them."""
        with self._lock:
            for host in self._kept.values():
                host.end()
            self._kept.clear()

    def _is_allowed(self, device: Device) -> bool:
        return device == CPU or self._settings.require_level <= LEVEL_OF_CARDS

    def _worker(self, files: Sequence[ModelFile], peak_bytes: int) -> DeviceHost:
        """The one that has these models; a new one where there is none, or none that can be used
        any more.
        """
        key = tuple(file.entry_json for file in files)
        with self._lock:
            host = self._kept.pop(key, None)
            if host is not None and not host.is_usable:
                host.end()
                host = None
            if host is None:
                self._make_room()
                level = self._settings.require_level
                host = DeviceHost(self._start(peak_bytes), files, required_level=level)
            self._kept[key] = host
            return host

    def _start(self, peak_bytes: int) -> Start:
        memory_bytes = self._settings.limits().memory_bytes + peak_bytes
        cores = usable_cores()
        return start_of(self.device, threads=cores, memory_bytes=memory_bytes, workers=self._jobs)

    def _make_room(self) -> None:
        """End the one that was not asked for longest, if none of its jobs is under way."""
        if len(self._kept) >= MOST_KEPT:
            key = next((key for key, host in self._kept.items() if host.is_idle), None)
            if key is not None:
                self._kept.pop(key).end()
