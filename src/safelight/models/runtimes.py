"""Runtimes: what opens a model. This runs in the worker, on bytes that the store has verified."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any, Protocol

from safelight.errors import MemoryExceeded, ModelFaulty, PolicyRefused, RuntimeMissing
from safelight.models.entry import Entry
from safelight.models.facts import Runtime
from safelight.models.protobuf import refuse_external_data

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TELEMETRY_OFF = "ORT_DISABLE_TELEMETRY"
PROVIDER = "CPUExecutionProvider"
FATAL = 4
# Running out of memory has many names.
OUT_OF_MEMORY = (
    *("out of memory", "bad_alloc", "bad allocation"),
    *("allocate memory", "memory allocation", "allocation failed"),
)


class Session(Protocol):
    """A model opened."""

    @property
    def model(self) -> Entry:
        """The catalogue entry: facts of input and output."""

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """One tensor in the entry's layout in, one out. Raises ModelFaulty, MemoryExceeded."""


def open_session(entry: Entry, data: memoryview, *, threads: int) -> Session:
    """Open a verified model on the processor with this many threads.

    Raises PolicyRefused for a model that wants another file, RuntimeMissing when its runtime is
    not installed or cannot open it, MemoryExceeded.
    """
    if entry.runtime == "fake":
        return FakeSession(entry)
    refuse_external_data(data)
    return OnnxSession(entry, data, threads=threads)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this error, of whatever library, says that there was no more memory."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(words in text for words in OUT_OF_MEMORY)


def warm(runtime: Runtime) -> None:
    """Import what sessions of this runtime need, so that a fork inherits it."""
    importlib.import_module("numpy")
    if runtime == "onnx":
        import_onnxruntime()


def import_onnxruntime() -> Any:
    """Import onnxruntime with its telemetry off before its first line runs; no other place may.

    Since 1.29 the import alone makes files and tries to reach its maker; turning that off later
    is too late. Raises PolicyRefused if it is loaded already without the variable, RuntimeMissing
    if it is not installed.
    """
    if "onnxruntime" in sys.modules and os.environ.get(TELEMETRY_OFF) != "1":
        raise PolicyRefused(
            "onnxruntime was imported with its telemetry on",
            hint=f"set {TELEMETRY_OFF}=1 before anything imports onnxruntime",
        )
    os.environ[TELEMETRY_OFF] = "1"
    try:
        return importlib.import_module("onnxruntime")
    except ImportError as error:
        raise RuntimeMissing("onnxruntime is not installed") from error


class OnnxSession:
    """An ONNX model in onnxruntime. Its threads sleep when they have no work."""

    def __init__(self, entry: Entry, data: memoryview, *, threads: int) -> None:
        runtime = import_onnxruntime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = FATAL
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        self._entry = entry
        try:
            self._session = runtime.InferenceSession(bytes(data), options, providers=[PROVIDER])
        except Exception as error:  # onnxruntime has no base class of its errors
            if is_out_of_memory(error):
                raise MemoryExceeded from error
            raise RuntimeMissing(
                "onnxruntime cannot open the model",
                hint="a newer onnxruntime may: pip install -U 'safelight[cpu]'",
            ) from error
        if self._session.get_providers() != [PROVIDER]:
            raise PolicyRefused("onnxruntime chose a provider that was not named")

    @property
    def model(self) -> Entry:
        return self._entry

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            answer: NDArray[np.float32] = self._session.run(
                [self._entry.output.name], {self._entry.input.name: tensor}
            )[0]
        except Exception as error:  # onnxruntime has no base class of its errors
            if is_out_of_memory(error):
                raise MemoryExceeded from error
            raise ModelFaulty("the model failed on this picture") from error
        return answer


class FakeSession:
    """A model for tests: repeats every pixel by the entry's scale and needs no runtime."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    @property
    def model(self) -> Entry:
        return self._entry

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        first = 2 if self._entry.input.layout == "NCHW" else 1
        scale = self._entry.output.scale
        return tensor.repeat(scale, axis=first).repeat(scale, axis=first + 1)
