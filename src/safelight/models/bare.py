"""Bare: a model opened without an entry, to be asked what it is. This runs in the cage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from safelight.errors import MemoryExceeded, ModelFaulty, PolicyRefused
from safelight.models import onnx_session, tflite_session
from safelight.models.contract import Number
from safelight.models.entry import Delegates
from safelight.models.nature import MAX_RANK, MAX_TENSORS, NAME, NUMBERS, UNKNOWN, Slot
from safelight.models.providers import CPU
from safelight.models.session import is_out_of_memory

if TYPE_CHECKING:
    from safelight.models.session import Numbers


class Bare(Protocol):
    """A model whose tensors go by their places. ask raises ModelFaulty, MemoryExceeded."""

    takes: tuple[Slot, ...]
    gives: tuple[str, ...]

    def ask(self, tensors: Sequence[Numbers]) -> list[Numbers]: ...


class BareOnnx:
    """An ONNX model; see Bare."""

    def __init__(self, graph: memoryview, *, threads: int) -> None:
        """Raises as required does, and PolicyRefused for tensors of unknown numbers."""
        self._session = onnx_session.required(graph, threads=threads, device=CPU)
        with _in_text():
            kinds = {word: number for number, word in onnx_session.KINDS.items()}
            given, answers = self._session.get_inputs(), self._session.get_outputs()
            _few(given, answers)
            self._names = [one.name for one in given]
            self.takes = tuple(
                Slot(_name(one.name, place), _number(kinds.get(one.type)), _sides(one.shape))
                for place, one in enumerate(given)
            )
            self.gives = tuple(_name(one.name, place) for place, one in enumerate(answers))

    def ask(self, tensors: Sequence[Numbers]) -> list[Numbers]:
        try:
            given = dict(zip(self._names, tensors, strict=True))
            answers = self._session.run(None, given)
        except Exception as error:  # onnxruntime has no base class of its errors
            if is_out_of_memory(error):
                raise MemoryExceeded from error
            raise ModelFaulty("the model answers a picture of no size that was tried") from error
        return _usable(answers)


class BareTflite:
    """A TFLite model; see Bare."""

    def __init__(self, graph: memoryview, *, threads: int, delegates: Delegates) -> None:
        """Raises as required does, and PolicyRefused for tensors of unknown numbers."""
        self._net = tflite_session.required(graph, threads=threads, delegates=delegates)
        tflite_session.settle(self._net)
        with _in_text():
            given, self._answers = self._net.get_input_details(), self._net.get_output_details()
            _few(given, self._answers)
            self._places = [one["index"] for one in given]
            self._sides = [tuple(one["shape"]) for one in given]
            self.takes = tuple(_slot(one, place) for place, one in enumerate(given))
            self.gives = tuple(_name(one["name"], place) for place, one in enumerate(self._answers))

    def ask(self, tensors: Sequence[Numbers]) -> list[Numbers]:
        try:
            answers = self._asked(tensors)
        except Exception as error:  # LiteRT has no base class of its errors
            if is_out_of_memory(error):
                raise MemoryExceeded from error
            raise ModelFaulty("the model answers a picture of no size that was tried") from error
        return _usable(answers)

    def _asked(self, tensors: Sequence[Numbers]) -> list[Numbers]:
        sides = [tensor.shape for tensor in tensors]
        if sides != self._sides:
            for place, shape in zip(self._places, sides, strict=True):
                self._net.resize_tensor_input(place, shape, strict=True)
            self._net.allocate_tensors()
            self._sides = sides
        for place, tensor in zip(self._places, tensors, strict=True):
            self._net.set_tensor(place, tensor)
        self._net.invoke()
        return [
            tflite_session.fractions(self._net.get_tensor(one["index"]), one)
            for one in self._net.get_output_details()
        ]


@contextmanager
def _in_text() -> Iterator[None]:
    """Raises PolicyRefused where a runtime cannot say a name, for it is no text."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise PolicyRefused("the model has names of tensors that are no text") from error


def _usable(answers: Sequence[Any]) -> list[Numbers]:
    """The answers, each a tensor. Raises PolicyRefused for lists, tables and what has more sides
    than can be told.
    """
    import numpy as np

    if not all(isinstance(one, np.ndarray) and one.ndim <= MAX_RANK for one in answers):
        raise PolicyRefused("the model gives what is no tensor, or one of too many sides")
    return list(answers)


def _slot(known: dict[str, Any], place: int) -> Slot:
    unit, zero = known["quantization"]
    return Slot(
        _name(known["name"], place),
        _number(known["dtype"].__name__),
        _sides(known["shape_signature"].tolist()),
        float(unit),
        int(zero),
    )


def _few(given: Sequence[object], answers: Sequence[object]) -> None:
    if not (1 <= len(given) <= MAX_TENSORS and 1 <= len(answers) <= MAX_TENSORS):
        raise PolicyRefused("the model takes or gives more tensors than can be used, or none")


def _name(name: str, place: int) -> str:
    return name if NAME.fullmatch(name) and not name.startswith("#") else f"#{place}"


def _number(word: str | None) -> Number:
    for number in NUMBERS:
        if number == word:
            return number
    raise PolicyRefused("the model takes numbers of a kind that is not known")


def _sides(shape: Sequence[object]) -> tuple[int, ...]:
    if len(shape) > MAX_RANK:
        raise PolicyRefused("the model takes a tensor of more sides than can be used")
    return tuple(side if isinstance(side, int) and side > 0 else UNKNOWN for side in shape)
