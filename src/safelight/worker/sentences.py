"""How a worker explains a failure without a word of its own.

What crosses the wall is the number of the error's class, the place in our code where it was
raised, and the numbers in its message. The host reads the sentence at that place in its own copy
of the code and fills the numbers in. A worker that was taken over can only pick another of our
sentences, never put words into our mouth.
"""

from __future__ import annotations

import ast
import re
import threading
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType

from safelight.errors import SafelightError, WireBroken, by_number
from safelight.formats import FORMATS

PACKAGE = Path(__file__).parents[1]
# A whole number, or a format by name. A slot of a sentence looks like the first until it is filled.
_FACT = re.compile(
    r"(?<![\d.-])\d{1,18}(?!\d|\.\d)|(?<!\w)(?:" + "|".join(FORMATS) + r")(?!\w)", re.ASCII
)
_SLOT = "7" * 18
FAULTS: tuple[type[BaseException], ...] = (
    SafelightError,
    ArithmeticError,
    AttributeError,
    BufferError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
# What a job may end in. The other classes are for the host to say.
_TOLD = "told by another worker"
ALLOWED = frozenset((1, 3, 4, 20, 21, 22, 23, 24, 25, 42, 80, 90, 100, 101, 102))


@dataclass(frozen=True, slots=True)
class Failure:
    """Class by its number, module by the checksum of its path, line, and the facts of the message
    in order.

    A fact is a number, or minus one minus the place of a format among ours. An unforeseen fault
    has number 1 and one fact, its kind.
    """

    number: int
    module: int = 0
    line: int = 0
    facts: tuple[int, ...] = ()


def failure_of(error: BaseException) -> Failure:
    """In the worker."""
    if _TOLD in vars(error):
        known: Failure = vars(error)[_TOLD]
        return known
    module, line = _place(error.__traceback__)
    if isinstance(error, SafelightError):
        return Failure(error.number, module, line, tuple(map(_fact, _FACT.findall(error.detail))))
    kinds = [kind for kind, fault in enumerate(FAULTS) if isinstance(error, fault)]
    return Failure(SafelightError.number, module, line, tuple(kinds[:1]))


def told(failure: Failure) -> SafelightError:
    """The error that another worker named, which goes on to the host as it came."""
    error = by_number(failure.number)()
    vars(error)[_TOLD] = failure
    return error


def error_of(failure: Failure) -> SafelightError:
    """In the host. Raises WireBroken for a class that no job can end in."""
    if failure.number not in ALLOWED:
        raise WireBroken("the worker named an error that no job can end in")
    kind = by_number(failure.number)
    path = _modules().get(failure.module)
    if path is None:
        return kind()
    for there, call in _made(path, failure.line):
        if isinstance(call.func, ast.Name) and call.func.id == kind.__name__ and call.args:
            return kind(_sentence(call.args[0], failure.facts, there), hint=_hint(call, there))
    if kind is not SafelightError:
        return kind()
    place = path.relative_to(PACKAGE)
    return kind(f"the worker met an unforeseen {_fault(failure)} at {place}, line {failure.line}")


def _fault(failure: Failure) -> str:
    known = [fault.__name__ for kind, fault in enumerate(FAULTS) if (kind,) == failure.facts]
    return known[0] if known else "fault"


def _place(trace: TracebackType | None) -> tuple[int, int]:
    module, line = 0, 0
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(PACKAGE):
            module, line = _checksum(path), trace.tb_lineno
        trace = trace.tb_next
    return module, line


def _checksum(path: Path) -> int:
    return zlib.crc32(path.relative_to(PACKAGE).as_posix().encode())


@cache
def _modules() -> dict[int, Path]:
    return {_checksum(path): path for path in PACKAGE.rglob("*.py")}


def _made(path: Path, line: int) -> Iterator[tuple[Path, ast.Call]]:
    """What is raised there, with the file that it stands in: a class, or what a function of ours
    that is called there gives back.
    """
    for first, last, call in _raises(path):
        if first <= line <= last:
            yield path, call
            if isinstance(call.func, ast.Name):
                there, function = _named(path, call.func.id)
                if isinstance(function, ast.FunctionDef):
                    for node in ast.walk(function):
                        if isinstance(node, ast.Return) and isinstance(node.value, ast.Call):
                            yield there, node.value


# Python 3.11 keeps one recursion counter for all threads that make syntax trees (cpython 106905).
PARSING = threading.Lock()


@cache
def _raises(path: Path) -> tuple[tuple[int, int, ast.Call], ...]:
    found = []
    for node in ast.walk(_tree(path)):
        match node:
            case ast.Raise(exc=ast.Call() as call, lineno=first, end_lineno=last):
                found.append((first, last or first, call))
    return tuple(found)


@cache
def _tree(path: Path) -> ast.Module:
    with PARSING:
        return ast.parse(path.read_bytes())


def _named(path: Path, name: str) -> tuple[Path, ast.AST | None]:
    """The function, or the value, that has this name at the top of a file of ours, or of the one
    that it is imported from.
    """
    for node in _tree(path).body:
        match node:
            case ast.FunctionDef(name=known) if known == name:
                return path, node
            case ast.Assign(targets=[ast.Name(id=known)], value=value) if known == name:
                return path, value
            case ast.ImportFrom(module=str() as module, names=names, level=0):
                there = PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
                if any((one.asname or one.name) == name for one in names) and there.is_file():
                    return _named(there, name)
    return path, None


def _sentence(words: ast.expr, facts: Sequence[int], path: Path) -> str:
    """Empty, which means the sentence of the class, where the facts do not fit the words."""
    sentence = _text(words, path)
    if len(_FACT.findall(sentence)) != len(facts):
        return ""
    given = iter(facts)
    return _FACT.sub(lambda found: _filled(found[0], next(given)), sentence)


def _text(part: ast.AST | None, path: Path) -> str:
    """The words as they stand in our code; a name there is its words, else a slot for a fact."""
    match part:
        case ast.Constant(value=str() as words):
            return words
        case ast.JoinedStr(values=values):
            return "".join(_text(value, path) for value in values)
        case ast.FormattedValue(value=ast.Name() as name, conversion=-1, format_spec=None):
            return _text(name, path) or _SLOT
        case ast.FormattedValue():
            return _SLOT
        case ast.Name(id=name):
            there, value = _named(path, name)
            return "" if isinstance(value, ast.Name) else _text(value, there)
    return ""


def _filled(word: str, fact: int) -> str:
    if word != _SLOT:
        return word
    return str(fact) if fact >= 0 else FORMATS[(-1 - fact) % len(FORMATS)]


def _fact(word: str) -> int:
    return int(word) if word.isdigit() else -1 - FORMATS.index(word)


def _hint(made: ast.Call, path: Path) -> str:
    """No fact is put into a hint: one with a slot is not told."""
    words = next((_text(word.value, path) for word in made.keywords if word.arg == "hint"), "")
    return "" if _SLOT in words else words
