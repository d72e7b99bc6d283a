"""ONNX models in onnxruntime."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from safelight.errors import MemoryExceeded, ModelFaulty, PolicyRefused, RuntimeMissing
from safelight.models.contract import Number, tensor_name
from safelight.models.entry import Entry
from safelight.models.providers import CPU, Device
from safelight.models.session import (
    constants,
    is_out_of_memory,
    names_of,
    shape_of,
    typed,
)
from safelight.models.waking import SIDE, first_net, options_of

if TYPE_CHECKING:
    from safelight.models.session import Numbers

TELEMETRY_OFF = "ORT_DISABLE_TELEMETRY"
FATAL = 4
# How onnxruntime says that a model needs an operator that it does not have.
UNKNOWN_OPERATOR = ("is not a registered function/op", "No Op registered for")
# What onnxruntime calls the numbers of a tensor.
KINDS: dict[Number, str] = {
    "float32": "tensor(float)",
    "float16": "tensor(float16)",
    "uint8": "tensor(uint8)",
    "int8": "tensor(int8)",
    "int32": "tensor(int32)",
    "int64": "tensor(int64)",
}


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


def opened(data: bytes | memoryview, *, threads: int, device: Device) -> Any:
    """A session of onnxruntime, by named providers alone. Raises what onnxruntime raises."""
    runtime = import_onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = FATAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    if device.is_asked:  # what is freed there is overwritten: nothing may be kept for the next
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    providers = device.providers(options_of(device))
    session = runtime.InferenceSession(bytes(data), options, providers=providers, enable_fallback=0)
    session._model_bytes = None  # it would keep the whole file beside the weights, to open it again
    return session


def rehearsal() -> Callable[[], object]:
    """See runtimes. Raises RuntimeMissing."""
    import numpy as np

    session = opened(first_net(half=False), threads=1, device=CPU)
    answer = partial(session.run, None, {"x": np.zeros((1, 3, SIDE, SIDE), np.float32)})
    answer()
    return answer


def required(data: bytes | memoryview, *, threads: int, device: Device) -> Any:
    """As opened, or what is wrong in words of ours: RuntimeMissing, MemoryExceeded, PolicyRefused
    where another provider came than was named.
    """
    try:
        session = opened(data, threads=threads, device=device)
    except Exception as error:  # onnxruntime has no base class of its errors
        if is_out_of_memory(error):
            raise MemoryExceeded from error
        if any(words in str(error) for words in UNKNOWN_OPERATOR):
            raise RuntimeMissing(
                "the model needs operators that onnxruntime does not have",
                hint="export the model again with the usual operators alone",
            ) from error
        raise RuntimeMissing(
            "onnxruntime cannot open the model",
            hint="a newer onnxruntime may: pip install -U 'safelight[cpu]'",
        ) from error
    if session.get_providers() != device.names:
        raise PolicyRefused("onnxruntime chose a provider that was not named")
    return session


class OnnxSession:
    """An ONNX model in onnxruntime. Its threads sleep when they have no work."""

    def __init__(
        self, entry: Entry, data: bytes | memoryview, *, threads: int, device: Device = CPU
    ) -> None:
        """Raises RuntimeMissing for a model that cannot be opened, ModelFaulty for one that takes
        or gives other tensors than its entry says, MemoryExceeded.
        """
        self._entry = entry
        self._session = required(data, threads=threads, device=device)
        takes = [one.name for one in self._session.get_inputs()]
        gives = [one.name for one in self._session.get_outputs()]
        self._taken = tensor_name(entry.input.name, takes)
        self._constants = {tensor_name(n, takes): v for n, v in constants(entry.input).items()}
        self._given = {name: tensor_name(name, gives) for name in names_of(entry.output)}
        self._require_fitting(set(gives))

    @property
    def model(self) -> Entry:
        return self._entry

    def run(self, tensor: Numbers) -> Numbers:
        name = self._entry.output.name
        return self._asked(tensor, [self._given.get(name, name)])[0]

    def answers(self, tensor: Numbers) -> list[Numbers]:
        return self._asked(tensor, list(self._given.values()))

    def _asked(self, tensor: Numbers, names: list[str]) -> list[Numbers]:
        given = {**self._constants, self._taken: typed(self._entry.input, tensor)}
        try:
            answers: list[Numbers] = self._session.run(names, given)
        except Exception as error:  # onnxruntime has no base class of its errors
            if is_out_of_memory(error):
                raise MemoryExceeded from error
            raise ModelFaulty("the model failed on this picture") from error
        return answers

    def _require_fitting(self, gives: set[str]) -> None:
        """Raises ModelFaulty where the model's own word on its tensors is not the entry's."""
        facts = self._entry.input
        wanted = {self._taken: (facts.number, shape_of(facts))}
        for one, name in zip(facts.constants, self._constants, strict=True):
            wanted[name] = (one.number, one.shape)
        takes = {one.name: one for one in self._session.get_inputs()}
        if takes.keys() != wanted.keys():
            raise ModelFaulty("the model takes other tensors than its catalogue entry says")
        for name, (number, shape) in wanted.items():
            if takes[name].type != KINDS[number]:
                raise ModelFaulty("the model takes other numbers than its catalogue entry says")
            if shape and not _may_be(takes[name].shape, shape):
                raise ModelFaulty("the model takes another shape than its catalogue entry says")
        if not set(self._given.values()) <= gives:
            raise ModelFaulty("the model gives other tensors than its catalogue entry says")


def _may_be(declared: list[int | str | None], shape: tuple[int, ...]) -> bool:
    """Whether a tensor of this shape can go in; a side that has no number takes any."""
    return len(declared) == len(shape) and all(
        not isinstance(side, int) or side == wanted
        for side, wanted in zip(declared, shape, strict=True)
    )
