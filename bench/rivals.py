"""A realesr-general-x4v3-shaped net, ready to be timed: in ncnn, and in the runtime that we use.

    python -m bench.rivals     make the environment that ncnn runs in (build/rivals)

ncnn is no dependency of ours: it lives in an environment of its own, made from
bench/requirements.txt, and runs in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Self

import numpy as np

from bench.graphs import opened, srvgg

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "build" / "rivals"
LOCK = ROOT / "bench" / "requirements.txt"
SCALE = 4
# ncnn is fastest on tiles that stay in the cache, onnxruntime on larger ones: each gets its own.
NCNN_SIDES = (48, 64, 128)
RUNTIME_SIDE = 128


class NcnnNet:
    """The net in ncnn, one thread; entered, it runs in a process that waits for tiles."""

    def __enter__(self) -> Self:
        command = [str(HOME / "bin" / "python"), str(ROOT / "bench" / "ncnn_side.py")]
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        self.version = self._heard()
        for side in NCNN_SIDES:
            self._ms(side)
        return self

    def __exit__(self, *exc: object) -> None:
        self._child.communicate()

    def ms(self) -> float:
        """Processor ms per output megapixel at the tile that it likes best."""
        return min(self._ms(side) for side in NCNN_SIDES)

    def _ms(self, side: int) -> float:
        if self._child.stdin is None:
            raise SystemExit("ncnn was started without a pipe")
        self._child.stdin.write(f"{side}\n")
        self._child.stdin.flush()
        return float(self._heard()) * 1e9 / (side * SCALE) ** 2

    def _heard(self) -> str:
        line = self._child.stdout.readline() if self._child.stdout else ""
        if not line:
            raise SystemExit("ncnn ended before it answered")
        return line.strip()


class RuntimeNet:
    """The same net in onnxruntime, one thread."""

    def __init__(self) -> None:
        model, _ = srvgg()
        self._session = opened(model)
        self._tile = np.random.default_rng(1).random((1, 3, RUNTIME_SIDE, RUNTIME_SIDE), np.float32)
        self.ms()

    def ms(self) -> float:
        """Processor ms per output megapixel."""
        start = time.process_time()
        self._session.run(None, {"x": self._tile})
        return (time.process_time() - start) * 1e9 / (RUNTIME_SIDE * SCALE) ** 2


def has_ncnn() -> bool:
    """Whether the environment of ncnn is there and works."""
    python = HOME / "bin" / "python"
    if not python.exists():
        return False
    ran = subprocess.run([python, "-c", "import ncnn"], capture_output=True, check=False)
    return ran.returncode == 0


def make_home() -> None:
    """The environment, from the lock; nothing is done when it is there."""
    if has_ncnn():
        return
    venv.create(HOME, with_pip=True, clear=True)
    pip = [str(HOME / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "install", "--require-hashes", "--no-deps", "-r", str(LOCK)], check=True)


if __name__ == "__main__":
    make_home()
    sys.exit(0 if has_ncnn() else 1)
