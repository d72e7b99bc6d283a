"""The engine of the tab asked without a browser, and the one of this computer asked the same."""

from __future__ import annotations

import json
import struct
import subprocess
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safelight.codecs.decode import open_image
from safelight.codecs.encode import encode
from safelight.limits import MEGA, Limits
from safelight.operation import Context, ModelNeed, Session
from safelight.recipe import Recipe
from scripts import studio

# As web/python/safelight_tab/limits.py has them.
LIMITS = Limits(
    input_bytes=128 * MEGA,
    input_pixels=100 * MEGA,
    output_pixels=100 * MEGA,
    output_bytes=256 * MEGA,
    frames=1_000,
)
Steps = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Question:
    """What is asked of the tab: a kind, a file, the steps of a recipe."""

    kind: str
    data: bytes = b""
    steps: Steps = ()
    extra: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """told: the facts, or what became; failure: code, title and hint, or None."""

    told: Any
    data: bytes
    failure: Mapping[str, Any] | None
    seconds: float


def asked(folder: Path, questions: Sequence[Question]) -> list[Answer]:
    """All of them in order, by one worker."""
    lines = [_line(folder, number, one) for number, one in enumerate(questions)]
    command = ["node", "web/build/node_engine.mjs"]
    done = subprocess.run(
        command,
        cwd=studio.ROOT,
        env=studio.ready(),
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions), done.stderr[-2_000:]
    return [_answer(folder, number, said) for number, said in enumerate(answers)]


def native(data: bytes, steps: Steps, limits: Limits = LIMITS) -> bytes:
    """The bytes that the same recipe gives without a tab. Raises what the operations raise."""
    image = open_image(memoryview(data), limits)
    for step in Recipe.from_steps(steps).steps:
        image = step.apply(image, Context(limits, _no_session))
    return b"".join(encode(image, memoryview(data), limits).pieces)


def png_of(width: int, height: int, author: str = "") -> bytes:
    """A PNG of black pixels, of one bit each."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checked = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checked

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + -(-width // 8)) * height), 1)
    parts = [(b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")]
    if author:
        parts.insert(1, (b"tEXt", b"Author\0" + author.encode()))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def _no_session(_need: ModelNeed) -> Session:
    raise AssertionError("no model runs in a tab")


def _line(folder: Path, number: int, question: Question) -> str:
    given = folder / f"{number}.in"
    given.write_bytes(question.data)
    extra = {}
    for name, data in question.extra.items():
        extra[name] = str(folder / f"{number}.{name}")
        Path(extra[name]).write_bytes(data)
    return json.dumps(
        {
            "kind": question.kind,
            "file": str(given),
            "recipe": {"steps": question.steps},
            "extra": extra,
            "out": str(folder / f"{number}.out"),
        }
    )


def _answer(folder: Path, number: int, said: Mapping[str, Any]) -> Answer:
    out = folder / f"{number}.out"
    data = out.read_bytes() if out.exists() else b""
    return Answer(said.get("answer"), data, said.get("failure"), said["seconds"])
