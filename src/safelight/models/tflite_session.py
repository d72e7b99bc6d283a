"""TFLite models in LiteRT."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from safelight.errors import MemoryExceeded, ModelFaulty, RuntimeMissing
from safelight.models.contract import Constant, ModelInput, tensor_name
from safelight.models.entry import Delegates, Entry
from safelight.models.session import (
    constants,
    is_out_of_memory,
    names_of,
    shape_of,
    typed,
)

if TYPE_CHECKING:
    from safelight.models.session import Numbers

# y = x + x for four fractions.
SMALLEST = base64.b64decode(
    "GAAAAFRGTDMAAA4AFAAQAAwACAAAAAQADgAAABAAAAAYAAAA6AAAAAMAAAABAAAABAAAACD///8BAAAAEAAAAAwAFAAQ"
    "AAwACAAEAAwAAAAQAAAAUAAAAFQAAABYAAAAAQAAABQAAAAAAA4AFAAAABAADAALAAQADgAAABAAAAAAAAALDAAAABAA"
    "AAB4////AQAAAAEAAAACAAAAAAAAAAAAAAABAAAAAQAAAAEAAAAAAAAAAgAAADQAAAAEAAAA4P///wgAAAAMAAAAAQAA"
    "AHkAAAACAAAAAQAAAAQAAAAMAAwACAAAAAAABAAMAAAACAAAAAwAAAABAAAAeAAAAAIAAAABAAAABAAAAAEAAAAIAAAA"
    "BAAEAAQAAAA="
)
# How far the entry's unit may be from the model's own, as a share of it.
SAME_UNIT = 1e-4


def import_litert() -> Any:
    """The module of interpreters. Raises RuntimeMissing if it is not installed."""
    try:
        return importlib.import_module("ai_edge_litert.interpreter")
    except ImportError as error:
        raise RuntimeMissing(
            "LiteRT, which opens TFLite models, is not installed",
            hint="pip install 'safelight[tflite]'",
        ) from error


def warm() -> None:
    """Import it, and open one model on one thread: it looks at the processor then, in files that a
    worker cannot read.
    """
    _smallest()


def rehearsal() -> Callable[[], object]:
    """See runtimes. Raises RuntimeMissing."""
    answer: Callable[[], object] = _smallest().invoke
    answer()
    return answer


def _smallest() -> Any:
    opened = import_litert().Interpreter(model_content=SMALLEST, num_threads=1)
    opened.allocate_tensors()
    return opened


def required(data: bytes | memoryview, *, threads: int, delegates: Delegates) -> Any:
    """An interpreter of LiteRT. Raises RuntimeMissing for a model that cannot be opened,
    MemoryExceeded.
    """
    litert = import_litert()
    kinds = litert.OpResolverType
    plain = kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    with _told():
        return litert.Interpreter(
            model_content=bytes(data),
            num_threads=threads,
            experimental_op_resolver_type=plain if delegates == "none" else kinds.BUILTIN,
        )


def settle(net: Any) -> None:
    """Have it take room for its tensors. Raises as required does."""
    with _told():
        net.allocate_tensors()


@contextmanager
def _told() -> Iterator[None]:
    """What LiteRT says of a model that it cannot open, in words of ours."""
    try:
        yield
    except Exception as error:  # LiteRT has no base class of its errors
        if is_out_of_memory(error):
            raise MemoryExceeded from error
        if "custom op" in str(error).lower():
            raise RuntimeMissing(
                "the model needs operators that LiteRT does not have",
                hint="export the model again with the usual operators alone",
            ) from error
        raise RuntimeMissing(
            "LiteRT cannot open the model",
            hint="a newer LiteRT may: pip install -U 'safelight[tflite]'",
        ) from error


class TfliteSession:
    """A TFLite model in LiteRT, on the processor."""

    def __init__(self, entry: Entry, data: bytes | memoryview, *, threads: int) -> None:
        """Raises RuntimeMissing for a model that cannot be opened, ModelFaulty for one that takes
        or gives other tensors than its entry says, MemoryExceeded.
        """
        self._entry = entry
        self._net = required(data, threads=threads, delegates=entry.delegates)
        self._given = _fitting(entry, self._net.get_input_details())
        settle(self._net)
        self._constants = constants(entry.input)
        self._answers = self._net.get_output_details()
        self._of(*names_of(entry.output))

    @property
    def model(self) -> Entry:
        return self._entry

    def run(self, tensor: Numbers) -> Numbers:
        return self._asked(tensor, [self._entry.output.name])[0]

    def answers(self, tensor: Numbers) -> list[Numbers]:
        return self._asked(tensor, names_of(self._entry.output))

    def _asked(self, tensor: Numbers, names: list[str]) -> list[Numbers]:
        facts = self._entry.input
        given = {**self._constants, facts.name: typed(facts, tensor)}
        try:
            self._put(given)
            self._net.invoke()
            return [fractions(self._net.get_tensor(one["index"]), one) for one in self._of(*names)]
        except (ModelFaulty, MemoryError):
            raise
        except Exception as error:  # LiteRT has no base class of its errors
            if is_out_of_memory(error):
                raise MemoryExceeded from error
            raise ModelFaulty("the model failed on this picture") from error

    def _put(self, given: dict[str, Numbers]) -> None:
        is_resized = False
        for name, values in given.items():
            known = self._given[name]
            if tuple(known["shape"]) != values.shape:
                self._net.resize_tensor_input(known["index"], values.shape, strict=True)
                known["shape"] = values.shape
                is_resized = True
        if is_resized:
            self._net.allocate_tensors()
        for name, values in given.items():
            self._net.set_tensor(self._given[name]["index"], values)

    def _of(self, *names: str) -> list[dict[str, Any]]:
        """What the model says of these answers. Raises ModelFaulty where it has no such."""
        there = [one["name"] for one in self._answers]
        wanted = [tensor_name(name, there) for name in names]
        if not set(wanted) <= set(there):
            raise ModelFaulty("the model gives other tensors than its catalogue entry says")
        return [self._answers[there.index(name)] for name in wanted]


def _fitting(entry: Entry, given: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the model says of its inputs, by the names of the entry. Raises ModelFaulty where that
    is not what the entry says.
    """
    import numpy as np

    facts = entry.input
    there = [one["name"] for one in given]
    wanted: tuple[ModelInput | Constant, ...] = (facts, *facts.constants)
    found = {one.name: tensor_name(one.name, there) for one in wanted}
    if sorted(found.values()) != sorted(there):
        raise ModelFaulty("the model takes other tensors than its catalogue entry says")
    known = {name: given[there.index(real)] for name, real in found.items()}
    for one in wanted:
        if known[one.name]["dtype"] != np.dtype(one.number):
            raise ModelFaulty("the model takes other numbers than its catalogue entry says")
        shape = one.shape if isinstance(one, Constant) else shape_of(one)
        if shape and not _may_be(known[one.name]["shape_signature"].tolist(), shape):
            raise ModelFaulty("the model takes another shape than its catalogue entry says")
    unit, zero = known[facts.name]["quantization"]
    is_same = abs(facts.unit - unit) <= SAME_UNIT * unit and facts.zero == zero
    if facts.unit and unit and not is_same:
        raise ModelFaulty("the model quantises in another way than its catalogue entry says")
    return known


def _may_be(declared: list[int], shape: tuple[int, ...]) -> bool:
    """Whether a tensor of this shape can go in; a side below 0 takes any."""
    return len(declared) == len(shape) and all(
        side in (-1, wanted) for side, wanted in zip(declared, shape, strict=True)
    )


def fractions(answer: Numbers, known: dict[str, Any]) -> Numbers:
    """An answer as the fractions that its whole numbers stand for, where they do."""
    import numpy as np

    unit, zero = known["quantization"]
    if not unit or answer.dtype.kind == "f":
        return answer
    found: Numbers = (answer.astype(np.float32) - zero) * np.float32(unit)
    return found
