"""Watched: a subject from outside. What it may write lies in folders of its own, and every place
where something could stay is looked through by who started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from safelight.errors import SafelightError
from safelight.proof.remanence.canary import Mark
from safelight.proof.remanence.family import family, swapped_bytes, written_bytes
from safelight.proof.remanence.search import Found, search
from safelight.worker import launch

SHARED_MEMORY = Path("/dev/shm")
MODULE = "safelight.proof.remanence.subject"
ANSWER_TIMEOUT_S = 120
LEAVE_TIMEOUT_S = 10
PARTS = ("state", "data", "out", "tmp", "home", "logs")


@dataclass(frozen=True, slots=True)
class Ground:
    """Folders in which a subject may write, all on one file system, and nobody else does."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> Ground:
        """Raises OSError."""
        for part in PARTS:
            (folder / part).mkdir(parents=True, exist_ok=True)
        os.chmod(folder / "state", 0o700)
        return cls(folder)

    def part(self, name: str) -> Path:
        """One of PARTS."""
        return self.folder / name

    @property
    def log(self) -> Path:
        """What the subject wrote to its error stream."""
        return self.part("logs") / "stderr"

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Of a process that finds no other place to write to."""
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        return {
            **kept,
            "HOME": str(self.part("home")),
            "TMPDIR": str(self.part("tmp")),
            "SAFELIGHT_STATE_DIR": str(self.part("state")),
            "ORT_DISABLE_TELEMETRY": "1",
            "LC_ALL": "C.UTF-8",
            **(more or {}),
        }

    def settings(self, **more: Any) -> dict[str, Any]:
        """Those of an engine that writes here alone, as a subject is told them."""
        folders = {f"{name}_dir": str(self.part(name)) for name in ("state", "data")}
        return {**folders, "device": "cpu", "jobs": 1, **more}

    def empty(self) -> None:
        """Remove outputs and inputs that were laid out; what the subject itself left stays."""
        shutil.rmtree(self.part("out"), ignore_errors=True)
        self.part("out").mkdir()


class Watched(ABC):
    """A process of ours and what it started, which write to this ground alone."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    @property
    @abstractmethod
    def pid(self) -> int:
        """The first of them."""

    @property
    def processes(self) -> list[int]:
        """It and all that it started: zygotes, those that wait for them, and workers."""
        return family(self.pid)

    def written_bytes(self) -> int:
        """Written to storage by all of them; most may write nothing at all."""
        return sum(map(written_bytes, self.processes))

    def swapped_bytes(self) -> int:
        return sum(map(swapped_bytes, self.processes))

    def search(self, mark: Mark, more: Sequence[Path] = ()) -> Found:
        """Every place at once, now."""
        folders = [self.ground.folder, *_shared_memory(), *more]
        return search(mark, self.processes, folders)

    def clean(self, mark: Mark, timeout_s: float) -> Found:
        """As search; what is found is looked for again until it is gone, or until the time is
        over.
        """
        began = time.monotonic()
        while True:
            waited_s = time.monotonic() - began
            found = self.search(mark)
            if not found.total or waited_s > timeout_s:
                found.waited_s = waited_s
                return found
            time.sleep(0.1)


class Subject(Watched):
    """A running subject: a context manager, or close it."""

    def __init__(
        self,
        ground: Ground,
        *,
        environment: Mapping[str, str] | None = None,
        through: Sequence[str] = (),
    ) -> None:
        """through is a command that starts it, as a tracer does."""
        super().__init__(ground)
        self._log = ground.log.open("ab")
        self._process = subprocess.Popen(
            [*through, *_command()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=ground.environment(environment),
            cwd=ground.part("tmp"),
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, order: Mapping[str, Any]) -> str:
        """Have it done; the code of how it ended. Raises SafelightError if the subject is gone."""
        self.ask(order)
        return self.answer()

    def ask(self, order: Mapping[str, Any]) -> None:
        """Have it begun."""
        stdin = self._process.stdin
        if stdin is None:
            raise SafelightError("the subject cannot be told anything")
        with contextlib.suppress(BrokenPipeError):
            stdin.write(json.dumps(order) + "\n")
            stdin.flush()

    def answer(self) -> str:
        """How what was begun has ended. Raises as tell."""
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise SafelightError("the process that is searched has died")
        return str(json.loads(line)["code"])

    def run(
        self,
        way: str,
        steps: Sequence[Mapping[str, Any]],
        inbox: Path,
        output: Path,
        *,
        engine: str = "usual",
    ) -> str:
        """One job on the only file in the inbox; see subject.WAYS."""
        places = {"inbox": str(inbox), "output": str(output)}
        return self.tell({"way": way, "steps": list(steps), "engine": engine, **places})

    def close(self) -> None:
        """End it and wait until it is gone."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        try:
            self._process.wait(LEAVE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


def _command() -> list[str]:
    """As launch tells it, but that the interpreter hears of PYTHONMALLOC; it gets no other variable
    of its own.
    """
    return ["-sP" if word == "-I" else word for word in launch.command(MODULE)]


def _shared_memory() -> Iterator[Path]:
    if SHARED_MEMORY.is_dir():
        yield SHARED_MEMORY
