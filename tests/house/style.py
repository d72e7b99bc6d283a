"""Says which files break the small print: sizes, names, banned words, foreign paths."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

MAX_FILE_LINES = 400
# By their purpose one file each: who checks a receipt elsewhere reads it from top to bottom.
STAND_ALONE = {"verify_receipt.py": 550}
MAX_FUNCTION_LINES = 40
MAX_POSITIONAL = 4
BANNED_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "core", "manager"})

# Spelled in pieces, so that this file does not trip over itself.
UNFINISHED = re.compile(
    r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK|Not" + r"ImplementedError)\b"
)
FOREIGN_PATH = re.compile(r"(?<![\w.])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me|Us" + r"ers)/[\w.~-]")
DOWNLOAD_ADDRESS = re.compile(r"https?://[^\s\"'<>]+/(?:simple|packages|debian)/")
BARE_IGNORE = re.compile(r"# type: ig" + r"nore(?!\[[\w-]+(?:, [\w-]+)*\])")
BARE_NOQA = re.compile(r"# no" + r"qa(?!: [A-Z]+[0-9]+(?:, [A-Z]+[0-9]+)* - \S)")
SKIPPED = re.compile(
    r"pytest\.(?:mark\.)?(?:sk" + r"ip|sk" + r"ipif|xf" + r"ail|importorsk" + r"ip)\b"
)


def code_violations(path: Path) -> list[str]:
    """Sizes and names of one Python file, each as `line: sentence`."""
    text = path.read_text()
    tree = ast.parse(text, str(path))
    most = STAND_ALONE.get(path.name, MAX_FILE_LINES)
    return [*_sizes(text, tree, most), *_names(path, tree), *_signatures(tree)]


def text_violations(text: str) -> Iterator[str]:
    """Words and paths that no tracked text may hold, each as `line: sentence`."""
    for number, line in enumerate(text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield f"{number}: a mark of unfinished work"
        if FOREIGN_PATH.search(line):
            yield f"{number}: an absolute path of somebody's machine"
        if DOWNLOAD_ADDRESS.search(line):
            yield f"{number}: an address of a package registry"
        if BARE_IGNORE.search(line):
            yield f"{number}: a type error is ignored without its code"
        if BARE_NOQA.search(line):
            yield f"{number}: a lint is silenced without its code and ' - reason'"
        if SKIPPED.search(line):
            yield f"{number}: a test that does not run"


def _sizes(text: str, tree: ast.Module, most_lines: int) -> Iterator[str]:
    lines = text.count("\n")
    if lines > most_lines:
        yield f"1: the file has {lines} lines, at most {most_lines}"
    for function in _functions(tree):
        length = (function.end_lineno or 0) - function.lineno + 1 - _docstring_lines(function)
        if length > MAX_FUNCTION_LINES:
            yield (
                f"{function.lineno}: {function.name} has {length} lines, "
                f"at most {MAX_FUNCTION_LINES}"
            )


def _names(path: Path, tree: ast.Module) -> Iterator[str]:
    if set(path.stem.split("_")) & BANNED_NAMES:
        yield f"1: {path.stem} says nothing about what is in it"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            words = {word.lower() for word in re.findall(r"[A-Z][a-z]+", node.name)}
            if words & BANNED_NAMES:
                yield f"{node.lineno}: {node.name} says nothing about what it is"


def _signatures(tree: ast.Module) -> Iterator[str]:
    for function in _functions(tree):
        names = [argument.arg for argument in function.args.posonlyargs + function.args.args]
        count = len([name for name in names if name not in ("self", "cls")])
        is_test = function.name.startswith("test_") or _is_decorated(function)
        if count > MAX_POSITIONAL and not is_test:
            yield (
                f"{function.lineno}: {function.name} takes {count} positional arguments, "
                f"at most {MAX_POSITIONAL}"
            )


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _is_decorated(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Fixtures and click commands are called by name, never by position."""
    return any(isinstance(one, ast.Call | ast.Attribute) for one in function.decorator_list)


def _docstring_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    if ast.get_docstring(function) is None:
        return 0
    first = function.body[0]
    return (first.end_lineno or 0) - first.lineno + 1
