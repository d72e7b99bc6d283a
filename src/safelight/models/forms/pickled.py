"""Pickled: reads the few opcodes that saved weights are made of. Nothing is imported or called.

A pickle is a program. Names in it become one of the words below or the file is refused; a call can
only make what those words stand for: an ordered table, or a tensor that says which numbers of the
file it has.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from safelight.errors import PolicyRefused
from safelight.models.forms.faults import damaged

MARK = object()
MAX_SIDES = 8
TABLE, TENSOR, PARAMETER = "table", "tensor", "parameter"
# What a name in the file may be, and what it stands for.
NAMES: dict[tuple[str, str], str] = {
    ("collections", "OrderedDict"): TABLE,
    ("torch._utils", "_rebuild_tensor_v2"): TENSOR,
    ("torch._utils", "_rebuild_parameter"): PARAMETER,
}
# The kinds of number that a file may hold, in the words of numpy.
KINDS = {
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "DoubleStorage": "float64",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A name of the file that stands for something we know."""

    name: str


@dataclass(frozen=True, slots=True)
class Storage:
    """Numbers of one kind that lie in the file under a key."""

    key: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """Some numbers of a storage: where they start, the sides, and the steps along them."""

    storage: Storage
    start: int
    sides: tuple[int, ...]
    steps: tuple[int, ...]


def unpickled(data: memoryview, start: int = 0) -> tuple[Any, int]:
    """The value that stands here, and where what follows it starts.

    Tensors are given as Tensor. Raises PolicyRefused for a name or an opcode that weights do not
    need; also LookupError, TypeError, ValueError or struct.error for what is no pickle.
    """
    reader = _Reader(data, start)
    while not reader.is_done:
        code = reader.take(1)[0]
        step = _STEPS.get(code)
        if step is None:
            raise PolicyRefused(_NO_WEIGHTS, hint=_HINT)
        step(reader)
    return reader.stack.pop(), reader.place


@dataclass(slots=True)
class _Reader:
    data: memoryview
    place: int
    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)
    is_done: bool = False

    def take(self, count: int) -> memoryview:
        end = self.place + count
        if count < 0 or end > len(self.data):
            raise damaged()
        taken = self.data[self.place : end]
        self.place = end
        return taken

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self, count: int) -> str:
        return bytes(self.take(count)).decode()

    def line(self) -> str:
        start = self.place
        while self.take(1)[0] != 10:
            if self.place - start > 200:
                raise damaged()
        return bytes(self.data[start : self.place - 1]).decode()

    def since_mark(self) -> list[Any]:
        for back in range(len(self.stack) - 1, -1, -1):
            if self.stack[back] is MARK:
                taken = self.stack[back + 1 :]
                del self.stack[back:]
                return taken
        raise damaged()

    def last(self, count: int) -> list[Any]:
        if len(self.stack) < count:
            raise damaged()
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def name(self, module: str, name: str) -> None:
        if (module, name) in NAMES:
            self.stack.append(Word(NAMES[module, name]))
        elif module == "torch" and name in KINDS:
            self.stack.append(Word(KINDS[name]))
        else:
            raise PolicyRefused(_NO_WEIGHTS, hint=_HINT)


def _stopped(reader: _Reader) -> None:
    reader.is_done = True


def _storage(reader: _Reader) -> None:
    word, kind, key, _place, count, *_rest = _tuple(reader.stack.pop())
    if word != "storage" or not isinstance(kind, Word) or kind.name not in KINDS.values():
        raise damaged()
    if not isinstance(key, str) or not isinstance(count, int):
        raise damaged()
    reader.stack.append(Storage(key, kind.name, count))


def _called(reader: _Reader) -> None:
    word, given = reader.last(2)
    arguments = _tuple(given)
    match word:
        case Word(name="table") if not arguments:
            reader.stack.append({})
        case Word(name="tensor") if len(arguments) >= 4:
            storage, start, sides, steps = arguments[:4]
            if not isinstance(storage, Storage) or not isinstance(start, int):
                raise damaged()
            reader.stack.append(Tensor(storage, start, _numbers(sides), _numbers(steps)))
        case Word(name="parameter") if arguments and isinstance(arguments[0], Tensor):
            reader.stack.append(arguments[0])
        case _:
            raise PolicyRefused(_NO_WEIGHTS, hint=_HINT)


def _filled(reader: _Reader, pairs: list[Any]) -> None:
    table = reader.stack[-1]
    if not isinstance(table, dict) or len(pairs) % 2:
        raise damaged()
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        # Any other key could take for ever to compare.
        if not isinstance(key, str | int):
            raise damaged()
        table[key] = value


def _listed(reader: _Reader, values: list[Any]) -> None:
    if not isinstance(reader.stack[-1], list):
        raise damaged()
    reader.stack[-1].extend(values)


def _remembered(reader: _Reader, place: int) -> None:
    reader.memo[place] = reader.stack[-1]


def _numbers(value: Any) -> tuple[int, ...]:
    """Sides or steps of a tensor."""
    numbers = _tuple(value)
    if len(numbers) > MAX_SIDES or not all(isinstance(one, int) for one in numbers):
        raise damaged()
    return numbers


def _tuple(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, tuple):
        raise damaged()
    return value


_NO_WEIGHTS = "the model file is a program, not only weights"
_HINT = "save the weights alone, or export the model as ONNX"
Step = Callable[[_Reader], object]
_STEPS: dict[int, Step] = {
    0x80: lambda reader: reader.take(1),
    0x95: lambda reader: reader.take(8),
    ord("."): _stopped,
    ord("("): lambda reader: reader.stack.append(MARK),
    ord("}"): lambda reader: reader.stack.append({}),
    ord("]"): lambda reader: reader.stack.append([]),
    ord(")"): lambda reader: reader.stack.append(()),
    ord("N"): lambda reader: reader.stack.append(None),
    0x88: lambda reader: reader.stack.append(True),
    0x89: lambda reader: reader.stack.append(False),
    ord("K"): lambda reader: reader.stack.append(reader.number("<B")),
    ord("M"): lambda reader: reader.stack.append(reader.number("<H")),
    ord("J"): lambda reader: reader.stack.append(reader.number("<i")),
    ord("G"): lambda reader: reader.stack.append(reader.number(">d")),
    0x8A: lambda reader: reader.stack.append(
        int.from_bytes(reader.take(reader.number("<B")), "little", signed=True)
    ),
    ord("X"): lambda reader: reader.stack.append(reader.text(reader.number("<I"))),
    0x8C: lambda reader: reader.stack.append(reader.text(reader.number("<B"))),
    ord("q"): lambda reader: _remembered(reader, reader.number("<B")),
    ord("r"): lambda reader: _remembered(reader, reader.number("<I")),
    0x94: lambda reader: _remembered(reader, len(reader.memo)),
    ord("h"): lambda reader: reader.stack.append(reader.memo[reader.number("<B")]),
    ord("j"): lambda reader: reader.stack.append(reader.memo[reader.number("<I")]),
    ord("c"): lambda reader: reader.name(reader.line(), reader.line()),
    0x93: lambda reader: reader.name(*reader.last(2)),
    ord("t"): lambda reader: reader.stack.append(tuple(reader.since_mark())),
    0x85: lambda reader: reader.stack.append(tuple(reader.last(1))),
    0x86: lambda reader: reader.stack.append(tuple(reader.last(2))),
    0x87: lambda reader: reader.stack.append(tuple(reader.last(3))),
    ord("Q"): _storage,
    ord("R"): _called,
    # What an ordered table remembers of its making has no weights.
    ord("b"): lambda reader: reader.last(1),
    ord("s"): lambda reader: _filled(reader, reader.last(2)),
    ord("u"): lambda reader: _filled(reader, reader.since_mark()),
    ord("a"): lambda reader: _listed(reader, reader.last(1)),
    ord("e"): lambda reader: _listed(reader, reader.since_mark()),
}
