"""The subject: a process that works on pictures as it is told and lives on, so that somebody else
can look for what stayed.

It is told by lines of JSON on standard input and answers each with one on standard output. It never
learns what is looked for: canaries reach it in pictures and their names alone, and those it finds
in the folder that it is told.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from safelight.engine.engine import Engine
from safelight.errors import SafelightError
from safelight.proof.remanence import leaks
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.vault.files import encrypt_file
from safelight.vault.keys import overwrite


def main(_words: list[str]) -> None:
    """Serve standard input until it ends."""
    serve(sys.stdin, sys.stdout)


def serve(orders: Iterable[str], answers: TextIO) -> None:
    """One answer a line: {"code": ...}, which is done or the code of an error."""
    with Subject() as subject:
        for line in orders:
            answers.write(json.dumps({"code": subject.obey(json.loads(line))}) + "\n")
            answers.flush()


USUAL = "usual"
CANCELLED_AFTER_S = 0.3


class Subject:
    """Engines by name and what they are told to do; leaks that were asked for stay to the end."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._engines: dict[str, Engine] = {}

    def __enter__(self) -> Subject:
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    def obey(self, order: dict[str, Any]) -> str:
        """Do what is told; the code of how it ended."""
        try:
            if "settings" in order:
                engine = self._open.enter_context(Engine(_settings(order["settings"])))
                self._engines[order.get("engine", USUAL)] = engine
            elif "leak" in order:
                leaks.load()[order["leak"]].do(_only(Path(order["inbox"])), self._open)
            elif "small file" in order:
                _write_a_byte(Path(order["small file"]))
            else:
                self._work(order)
        except SafelightError as error:
            return error.code
        return "done"

    def _work(self, order: dict[str, Any]) -> None:
        recipe = Recipe.from_steps(order["steps"])
        way = WAYS[order["way"]]
        engine = self._engines[order.get("engine", USUAL)]
        way(engine, recipe, _only(Path(order["inbox"])), Path(order["output"]))


def _only(folder: Path) -> Path:
    """The one file in it, besides what is hidden."""
    (found,) = (path for path in folder.iterdir() if not path.name.startswith("."))
    return found


def _write_a_byte(folder: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        file.write(b"1")
        file.flush()
        os.fsync(file.fileno())


def _settings(values: dict[str, Any]) -> Settings:
    folders = {name: Path(values[name]) for name in ("state_dir", "data_dir")}
    return replace(Settings(), **(values | folders))


def _file(engine: Engine, recipe: Recipe, source: Path, output: Path) -> None:
    engine.run(source, recipe, output=output)


def _in_place(engine: Engine, recipe: Recipe, source: Path, _output: Path) -> None:
    engine.run(source, recipe, output=source, in_place=True)


def _bytes(engine: Engine, recipe: Recipe, source: Path, output: Path) -> None:
    engine.run(source.read_bytes(), recipe, output=output)


def _stream(engine: Engine, recipe: Recipe, source: Path, output: Path) -> None:
    with source.open("rb", buffering=0) as stream:
        engine.run(stream, recipe, output=output)


def _into(engine: Engine, recipe: Recipe, source: Path, _output: Path) -> None:
    """As a command does that writes to a pipe."""
    with open(os.devnull, "wb", buffering=0) as sink:
        engine.run(source, recipe, into=sink)


def _held(engine: Engine, recipe: Recipe, source: Path, _output: Path) -> None:
    """A stream in, and a result that is held until somebody takes it."""
    with engine.hold() as held:
        with source.open("rb", buffering=0) as stream:
            engine.run(stream, recipe, into=held)
        with open(os.devnull, "wb", buffering=0) as sink:
            held.write_to(sink)


def _data(engine: Engine, recipe: Recipe, source: Path, _output: Path) -> None:
    """Bytes in and bytes out: copies of who asked for them."""
    engine.run(source.read_bytes(), recipe)


def _sealed(engine: Engine, recipe: Recipe, source: Path, output: Path) -> None:
    """Into an encrypted file, from it into another, and in its place; and the file as it is."""
    first = output.with_name(f"{output.name}.enc")
    engine.run(source, recipe, output=first)
    engine.run(first, recipe, output=output.with_name(f"again-{first.name}"))
    engine.run(first, recipe, output=first, in_place=True, existing="overwrite")
    key = engine.book.data_key()
    encrypt_file(source, output.with_name(f"as-it-is-{first.name}"), key)
    overwrite(key)


def _cancelled(engine: Engine, recipe: Recipe, source: Path, output: Path) -> None:
    """Somebody asks for the end while a worker has the picture."""
    timer = threading.Timer(CANCELLED_AFTER_S, engine.cancel)
    timer.start()
    try:
        engine.run(source, recipe, output=output)
    finally:
        timer.cancel()


WAYS: dict[str, Callable[[Engine, Recipe, Path, Path], None]] = {
    "file": _file,
    "in-place": _in_place,
    "bytes": _bytes,
    "stream": _stream,
    "into": _into,
    "held": _held,
    "data": _data,
    "sealed": _sealed,
    "cancelled": _cancelled,
}
