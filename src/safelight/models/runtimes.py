"""Runtimes: what opens a model. This runs in the worker, on bytes that the store has verified."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from safelight.models import onnx_session, tflite_session
from safelight.models.entry import Entry
from safelight.models.facts import Runtime
from safelight.models.flatbuffer import refuse_external_buffers
from safelight.models.onnx_session import OnnxSession, import_onnxruntime
from safelight.models.protobuf import refuse_external_data
from safelight.models.providers import CPU, Device
from safelight.models.reading import Lettered, tokeniser_for
from safelight.models.session import Session
from safelight.models.tflite_session import TfliteSession

if TYPE_CHECKING:
    from safelight.models.session import Numbers


def open_session(entry: Entry, data: memoryview, *, threads: int, device: Device = CPU) -> Session:
    """Open a verified model on the device, with this many threads of the processor. data is its
    file, and its parts behind it. TFLite models take the processor alone. One that reads words is
    Lettered.

    Raises PolicyRefused for a model that wants another file, RuntimeMissing when its runtime is
    not installed or cannot open it, ModelFaulty for one that its entry does not describe,
    MemoryExceeded.
    """
    session = _opened(entry, data, threads=threads, device=device)
    if entry.input.words is None:
        return session
    return Lettered(session, tokeniser_for(entry, data))


def _opened(entry: Entry, data: memoryview, *, threads: int, device: Device) -> Session:
    if entry.runtime == "fake":
        return FakeSession(entry)
    graph = data[: entry.size_bytes]
    if entry.runtime == "tflite":
        refuse_external_buffers(graph)
        return TfliteSession(entry, graph, threads=threads)
    if entry.form != "onnx":
        from safelight.models.forms import graph_of

        graph = memoryview(graph_of(entry, data))
    refuse_external_data(graph)
    return OnnxSession(entry, graph, threads=threads, device=device)


def warm(runtime: Runtime) -> None:
    """Import what sessions of this runtime need, so that a fork inherits it."""
    importlib.import_module("numpy")
    if runtime == "onnx":
        import_onnxruntime()
        importlib.import_module("safelight.models.forms")
    elif runtime == "tflite":
        tflite_session.warm()


def rehearsal(runtime: Runtime) -> Callable[[], object]:
    """An answer of a small net of our own, which is opened and asked once now: whoever is forked
    later and asks it again has touched by then what every answer touches. Raises RuntimeMissing.
    """
    if runtime == "onnx":
        return onnx_session.rehearsal()
    if runtime == "tflite":
        return tflite_session.rehearsal()
    return lambda: None


class FakeSession:
    """A model for tests: repeats every pixel by the entry's scale and needs no runtime."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    @property
    def model(self) -> Entry:
        return self._entry

    def run(self, tensor: Numbers) -> Numbers:
        first = 2 if self._entry.input.layout == "NCHW" else 1
        scale = self._entry.output.scale
        return tensor.repeat(scale, axis=first).repeat(scale, axis=first + 1)

    def answers(self, tensor: Numbers) -> list[Numbers]:
        return [self.run(tensor)]
