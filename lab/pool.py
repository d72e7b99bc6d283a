"""A pool: pictures drawn once, on all processors, kept with their digest, read by every run.

Picture number `index` of a pool depends on the pool's seed and `index` alone. Nothing but what a
drawing function returned ever enters a pool's file; the digest in its note is compared whenever it
is read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab import guard

CACHE = Path(__file__).resolve().parent / ".cache"
Draw = Callable[[tuple[int, int]], NDArray[np.uint8]]


@dataclass(frozen=True)
class Pool:
    """`count` pictures of one kind: draw((seed, index)) gives an array of one fixed shape."""

    name: str
    draw: Draw
    count: int
    seed: int

    @property
    def path(self) -> Path:
        """Where the pictures are kept."""
        return CACHE / f"pool-{self.name}-{self.seed}-{self.count}.npy"

    @property
    def note(self) -> Path:
        """Where their digest is kept."""
        return self.path.with_suffix(".json")

    def keep(self, *, processes: int | None = None) -> None:
        """Draw the pictures if they are not kept yet, in processes that can read nothing but code.

        Raises SystemExit if the drawing failed.
        """
        if self.note.exists():
            return
        CACHE.mkdir(parents=True, exist_ok=True)
        arguments = (processes or os.cpu_count() or 1,)
        guard.installed()  # before the fork: each of the pools is drawn by a child of its own
        child = get_context("fork").Process(target=self._draw_all, args=arguments)
        child.start()
        child.join()
        if child.exitcode != 0:
            raise SystemExit(f"the pool {self.name} could not be drawn")

    def ready(self) -> NDArray[np.uint8]:
        """The pictures [count, ...]; mapped, read only.

        Raises SystemExit if the file is not what was drawn.
        """
        pictures: NDArray[np.uint8] = np.load(self.path, mmap_mode="r")
        if digest(pictures) != json.loads(self.note.read_text())["sha256"]:
            raise SystemExit(f"{self.path.name} is not what was drawn; remove it")
        return pictures

    def _draw_all(self, processes: int) -> None:
        unfinished = self.path.with_suffix(".part.npy")
        unfinished.write_bytes(b"")  # a file has to be there to be named to the lock
        guard.lock([unfinished], processes=processes)
        jobs = [(self.seed, index) for index in range(self.count)]
        shape = (self.count, *self.draw(jobs[0]).shape)
        whole = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.uint8, shape=shape)
        with get_context("fork").Pool(processes) as workers:
            for index, picture in enumerate(workers.imap(self.draw, jobs, chunksize=4)):
                whole[index] = picture
                if index % 200 == 199:
                    print(f"{self.name}: {index + 1} of {self.count} drawn", flush=True)
        whole.flush()
        facts: dict[str, Any] = {"seed": self.seed, "count": self.count, "sha256": digest(whole)}
        unfinished.replace(self.path)
        self.note.write_text(json.dumps(facts) + "\n")


def digest(pictures: NDArray[np.uint8]) -> str:
    """SHA-256 of the pixels, in hexadecimal."""
    sha256 = hashlib.sha256()
    for start in range(0, len(pictures), 16):
        sha256.update(np.ascontiguousarray(pictures[start : start + 16]).tobytes())
    return sha256.hexdigest()
