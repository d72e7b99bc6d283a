"""ONNX models in onnxruntime."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from safelight.errors import MemoryExceeded, ModelFaulty, PolicyRefused, RuntimeMissing
from safelight.models.contract import Number
from safelight.models.entry import Entry
from safelight.models.session import (
    constants,
    is_out_of_memory,
    names_of,
    shape_of,
    typed,
)

if TYPE_CHECKING:
    from safelight.models.session import Numbers

TELEMETRY_OFF = "ORT_DISABLE_TELEMETRY"
PROVIDER = "CPUExecutionProvider"
FATAL = 4
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


class OnnxSession:
    """An ONNX model in onnxruntime. Its threads sleep when they have no work."""

    def __init__(self, entry: Entry, data: bytes | memoryview, *, threads: int) -> None:
        """Raises RuntimeMissing for a model that cannot be opened, ModelFaulty for one that takes
        or gives other tensors than its entry says, MemoryExceeded.
        """
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
        _require_fitting(entry, self._session)
        self._names = names_of(entry.output)
        self._constants = constants(entry.input)

    @property
    def model(self) -> Entry:
        return self._entry

    def run(self, tensor: Numbers) -> Numbers:
        return self._asked(tensor, [self._entry.output.name])[0]

    def answers(self, tensor: Numbers) -> list[Numbers]:
        return self._asked(tensor, self._names)

    def _asked(self, tensor: Numbers, names: list[str]) -> list[Numbers]:
        given = {**self._constants, self._entry.input.name: typed(self._entry.input, tensor)}
        try:
            answers: list[Numbers] = self._session.run(names, given)
        except Exception as error:  # onnxruntime has no base class of its errors
            if is_out_of_memory(error):
                raise MemoryExceeded from error
            raise ModelFaulty("the model failed on this picture") from error
        return answers


def _require_fitting(entry: Entry, session: Any) -> None:
    """Raises ModelFaulty where the model's own word on its tensors is another than the entry's."""
    facts = entry.input
    wanted: dict[str, tuple[Number, tuple[int, ...]]] = {
        facts.name: (facts.number, shape_of(facts)),
        **{one.name: (one.number, one.shape) for one in facts.constants},
    }
    given = {one.name: one for one in session.get_inputs()}
    if given.keys() != wanted.keys():
        raise ModelFaulty("the model takes other tensors than its catalogue entry says")
    for name, (number, shape) in wanted.items():
        if given[name].type != KINDS[number]:
            raise ModelFaulty("the model takes other numbers than its catalogue entry says")
        if shape and not _may_be(given[name].shape, shape):
            raise ModelFaulty("the model takes another shape than its catalogue entry says")
    if not set(names_of(entry.output)) <= {one.name for one in session.get_outputs()}:
        raise ModelFaulty("the model gives other tensors than its catalogue entry says")


def _may_be(declared: list[int | str | None], shape: tuple[int, ...]) -> bool:
    """Whether a tensor of this shape can go in; a side that has no number takes any."""
    return len(declared) == len(shape) and all(
        not isinstance(side, int) or side == wanted
        for side, wanted in zip(declared, shape, strict=True)
    )
