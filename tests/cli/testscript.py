"""Scripts that drive the command as a person would: a line, an exit code, what is said.

One step a line; # starts a comment, the rest is read as a shell reads words:

    picture NAME [gps]     make a small picture; its format follows the name, gps plants metadata
    text NAME WORDS        make a text file
    folder NAME            make a folder
    copy FROM TO           copy a file
    paired URL             as if this machine had been paired with the server at this url
    env NAME=VALUE         set a variable for the commands that follow
    run ARGUMENT...        run safelight; > FILE and < FILE as in a shell
    serve ARGUMENT...      start a server, and wait for the line that says that it is ready
    leave                  ask that server to leave, as Ctrl-C does; without it, it is ended
    exit CODE              what the last run must have left with (0 where nothing is said)
    stdout REGEX           what it must have said; also stderr; with ! before it: must not
    silent stdout|stderr   nothing at all was said there
    json KEY=VALUE...      some line of stdout is JSON with these fields; jsonerr for stderr
    exists PATH            also missing PATH
    same A B               the same bytes; also differ A B

Names may hold \\x1b, \\xff and \\u202e escapes. A traceback, an escape sequence, or a JSON line
that is not as its published schema says fails any script.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from safelight.cli.main import main
from safelight.client.connections import Connection, keep
from tests.cli.pictures import draw
from tests.cli.schema import violations

COMMAND = (sys.executable, "-m", "safelight.cli")
LIMIT_S = 120
Outcome = tuple[int, bytes, bytes]
PATTERNS = ("!", "stdout", "stderr", "json", "jsonerr")


def environment(home: Path) -> dict[str, str]:
    """What every command sees: a home of its own, no settings, no terminal."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
    return kept | {"HOME": str(home), "ORT_DISABLE_TELEMETRY": "1"}


@dataclass
class Script:
    """One script under way."""

    folder: Path
    home: Path
    is_a_process: bool = True
    code: int = 0
    is_checked: bool = True
    stdout: bytes = b""
    stderr: bytes = b""
    extra: dict[str, str] = field(default_factory=dict)
    server: subprocess.Popen[bytes] | None = None

    def play(self, text: str) -> None:
        """Do every line; an AssertionError names the line that did not hold."""
        try:
            self._play(text)
        finally:
            if self.server is not None:
                self.leave()

    def _play(self, text: str) -> None:
        for number, line in enumerate(text.splitlines(), 1):
            words = shlex.split(line, comments=True)
            if not words:
                continue
            if words[0] not in PATTERNS:
                words = [unescaped(word) for word in words]
            try:
                self.step(words)
            except AssertionError as error:
                said = f"exit {self.code}\n{shown(self.stdout)}\n{shown(self.stderr)}"
                raise AssertionError(f"line {number}: {line}\n{error}\n{said}") from error
        self.settle()

    def step(self, words: list[str]) -> None:
        is_denied = words[0] == "!"
        name, *rest = words[1:] if is_denied else words
        steps: dict[str, Callable[..., None]] = {
            "picture": lambda file, *more: draw(self.folder / file, *more),
            "text": lambda file, *more: self.write(file, " ".join(more)),
            "folder": lambda file: (self.folder / file).mkdir(parents=True),
            "copy": lambda a, b: self.write_bytes(b, (self.folder / a).read_bytes()),
            "link": lambda file, to: (self.folder / file).symlink_to(to),
            "env": lambda pair: self.extra.__setitem__(*pair.split("=", 1)),
            "paired": self.pair,
            "run": self.run,
            "serve": self.serve,
            "leave": self.leave,
            "exit": self.exit,
            "stdout": lambda pattern: self.says(self.stdout, pattern, is_denied=is_denied),
            "stderr": lambda pattern: self.says(self.stderr, pattern, is_denied=is_denied),
            "silent": self.silent,
            "json": lambda *pairs: self.holds_json(self.stdout, pairs),
            "jsonerr": lambda *pairs: self.holds_json(self.stderr, pairs),
            "exists": lambda path: self.exists(path, is_there=True),
            "missing": lambda path: self.exists(path, is_there=False),
            "same": lambda a, b: self.compare(a, b, is_same=True),
            "differ": lambda a, b: self.compare(a, b, is_same=False),
        }
        if name != "exit":
            self.settle()
        steps[name](*rest)

    def pair(self, url: str) -> None:
        state = self.home / ".local" / "state" / "safelight"
        state.mkdir(parents=True, exist_ok=True)
        keep(state, Connection(url, "a-token", scopes=("tools",)))

    def settle(self) -> None:
        """A run whose exit code nobody named must have succeeded."""
        if not self.is_checked:
            self.is_checked = True
            assert self.code == 0, "the exit code is not 0"

    def run(self, *words: str) -> None:
        arguments, target, source = redirected(list(words))
        given = (self.folder / source).read_bytes() if source else b""
        start = in_a_process if self.is_a_process else in_this_process
        variables = environment(self.home) | self.extra
        self.code, self.stdout, self.stderr = start(arguments, self.folder, variables, given)
        self.is_checked = False
        if target:
            self.write_bytes(target, self.stdout)
        assert b"Traceback" not in self.stderr, "a traceback was printed"
        if "--json" in arguments:
            self.validate()
        assert not re.search(rb"\x1b|\x9b|\xe2\x80\xae", self.stderr), "escapes"

    def serve(self, *words: str) -> None:
        usual = ("serve", "--json", "--no-browser", "--port", "0")
        self.server = subprocess.Popen(
            [*COMMAND, *usual, *words],
            cwd=self.folder,
            env=environment(self.home) | self.extra,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.server.stdout is not None
        self.stdout, self.stderr = self.server.stdout.readline(), b""
        self.validate()

    def leave(self) -> None:
        assert self.server is not None, "no server was started"
        self.server.terminate()
        self.stdout, self.stderr = self.server.communicate(timeout=LIMIT_S)
        self.code, self.is_checked, self.server = self.server.returncode, False, None

    def validate(self) -> None:
        """Every line of JSON must be as its published schema says; nothing else may be between."""
        lines = self.stdout.splitlines() + self.stderr.splitlines()
        found = [wrong for line in lines for wrong in violations(json.loads(line))]
        assert found == [], f"not as published: {found}"

    def exit(self, code: str) -> None:
        self.is_checked = True
        assert self.code == int(code), f"the exit code is not {code}"

    def says(self, said: bytes, pattern: str, *, is_denied: bool) -> None:
        found = re.search(pattern, shown(said), re.MULTILINE)
        assert (found is None) == is_denied, f"{'found' if is_denied else 'not found'}: {pattern}"

    def silent(self, stream: str) -> None:
        said = self.stdout if stream == "stdout" else self.stderr
        assert said == b"", f"{stream} is not silent"

    def holds_json(self, said: bytes, pairs: tuple[str, ...]) -> None:
        wanted = dict(pair.split("=", 1) for pair in pairs)
        documents = [json.loads(line) for line in said.splitlines() if line.strip()]
        assert any(
            all(str(document.get(key)) == value for key, value in wanted.items())
            for document in documents
        ), f"no line has {wanted}"

    def exists(self, path: str, *, is_there: bool) -> None:
        assert os.path.lexists(self.folder / path) == is_there, path

    def compare(self, one: str, other: str, *, is_same: bool) -> None:
        pair = [(self.folder / path).read_bytes() for path in (one, other)]
        assert (pair[0] == pair[1]) == is_same

    def write(self, path: str, text: str) -> None:
        self.write_bytes(path, text.encode("utf-8", "surrogateescape"))

    def write_bytes(self, path: str, data: bytes) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(data)


def in_a_process(
    words: list[str], folder: Path, variables: dict[str, str], given: bytes
) -> Outcome:
    """Run the command as a shell would."""
    done = subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=variables,
        input=given,
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def in_this_process(
    words: list[str], folder: Path, variables: dict[str, str], given: bytes
) -> Outcome:
    """The same without the cost of a new interpreter, where lines and branches can be measured."""
    buffers = {"stdin": io.BytesIO(given), "stdout": io.BytesIO(), "stderr": io.BytesIO()}
    streams = {name: io.TextIOWrapper(buffer, "utf-8") for name, buffer in buffers.items()}
    code: int | str | None = 0
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        for name in set(os.environ) - set(variables):
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        with pytest.raises(SystemExit) as left:
            main(words)
        code = left.value.code
    said = []
    for name in ("stdout", "stderr"):
        streams[name].flush()
        said.append(buffers[name].getvalue())
    return int(code or 0), said[0], said[1]


def redirected(words: list[str]) -> tuple[list[str], str, str]:
    """Arguments, the file for standard output and the file for standard input, "" for none."""
    found = {">": "", "<": ""}
    for mark in found:
        if mark in words:
            place = words.index(mark)
            found[mark] = words[place + 1]
            del words[place : place + 2]
    return words, found[">"], found["<"]


def unescaped(word: str) -> str:
    """\\x1b, \\xff (a byte that is no UTF-8), \\n and \\u202e in a word."""
    word = word.replace("\\n", "\n")
    word = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), word)
    raw = re.sub(r"\\x([89a-f][0-9a-f])", lambda found: chr(0xDC00 + int(found[1], 16)), word)
    raw = re.sub(r"\\x([0-7][0-9a-f])", lambda found: chr(int(found[1], 16)), raw)
    return raw


def shown(said: bytes) -> str:
    return said.decode("utf-8", "backslashreplace")
