"""Our server beside others on the same pictures: rembg's for cutout, one of bare libvips for sizes.

    python -m bench.serve_peers [--quick] [--check] [--markdown]

Each is asked one picture at a time, then by eight clients at once. rembg runs in an environment of
its own, and the variable BENCH_REMBG says where its program is (`pip install "rembg[cpu,cli]"`);
its net is one of u2netp's shape with random weights, which costs what the real one does. Ours is
caged, writes a receipt for each picture and overwrites what it held; neither other does.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.command import photograph
from bench.graphs import u2netp
from bench.loading import Caller, Refused
from bench.serve_clients import caller
from bench.serving import serving
from bench.tables import Goal, Spread, Table, missing, show
from bench.watch import family, set_size
from safelight.proof.serving.talk import multipart

REMBG = "BENCH_REMBG"
AT_ONCE, ROUNDS, LOAD_S = 8, 15, 30
QUICK_ROUNDS, QUICK_LOAD_S = 4, 6
START_S = 300
PLAIN = "plain libvips"


@dataclass(frozen=True)
class Asked:
    """One request as a server wants it."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """Seconds of one at a time, pictures a second of many at once, bytes that its processes hold
    afterwards.
    """

    name: str
    alone_s: list[float]
    per_s: float
    held_bytes: int


def tables(quick: bool) -> list[Table]:
    """Sizes, then cutout."""
    with tempfile.TemporaryDirectory(prefix="peers-") as name:
        return [_sizes(Path(name), quick=quick), _cutouts(Path(name), quick=quick)]


def _sizes(folder: Path, *, quick: bool) -> Table:
    picture = photograph(4000, 3000, 88, seed=3)
    kinds = {"Content-Type": "image/jpeg", "Accept": "image/*", "Prefer": "wait=600"}
    jobs = str(os.cpu_count() or 1)
    with serving(folder / "own", "--jobs", jobs) as served:
        asked = Asked("/api/v1/resize?width=2000", picture, kinds)
        own = _measure("Safelight", caller(served), asked, served.pid, quick=quick)
    with _started([sys.executable, "-m", "bench.serve_plain"], {}) as (port, pid):
        asked = Asked("/resize?width=2000", picture, kinds)
        other = _measure(PLAIN, Caller("127.0.0.1", port, ""), asked, pid, quick=quick)
    return _table("12 MP JPEG to 2000 px, over HTTP", [own, other], ())


def _cutouts(folder: Path, *, quick: bool) -> Table:
    title = "Cutout of a 3 MP JPEG, over HTTP"
    if REMBG not in os.environ:
        return missing(title, f"no program rembg in {REMBG}")
    picture = photograph(2000, 1500, 88, seed=2)
    kinds = {"Content-Type": "image/jpeg", "Accept": "image/*", "Prefer": "wait=600"}
    with serving(folder / "cut", "--jobs", str(os.cpu_count() or 1)) as served:
        asked = Asked("/api/v1/cutout", picture, kinds)
        own = _measure("Safelight", caller(served), asked, served.pid, quick=quick)
    nets = folder / "nets"
    nets.mkdir()
    (nets / "u2netp.onnx").write_bytes(u2netp()[0])
    variables = {
        "U2NET_HOME": str(nets), "MODEL_CHECKSUM_DISABLED": "1", "ORT_DISABLE_TELEMETRY": "1",
    }  # fmt: skip
    program = [os.environ[REMBG], "s", "--no-ui", "-h", "127.0.0.1", "-l", "error", "-p"]
    with _started(program, variables) as (port, pid):
        file = ("file", "photo.jpg", "image/jpeg", picture)
        body, kind = multipart([("model", "", "text/plain", b"u2netp"), file])
        asked = Asked("/api/remove", body, {"Content-Type": kind})
        other = _measure("rembg", Caller("127.0.0.1", port, ""), asked, pid, quick=quick)
    notes = ("rembg's net has random weights: its masks mean nothing, its work is the same",)
    return _table(title, [own, other], notes)


@contextmanager
def _started(command: Sequence[str], variables: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """The port and the process of a server that takes the port as its last word."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    environment = {**os.environ, **variables}
    with subprocess.Popen([*command, str(port)], env=environment) as process:
        try:
            end = time.monotonic() + START_S
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"{command[-1]} did not start")
                time.sleep(0.2)
            yield port, process.pid
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _measure(name: str, one: Caller, asked: Asked, pid: int, *, quick: bool) -> Measured:
    async def measure() -> tuple[list[float], float]:
        await _timed(one, asked)
        alone = [await _timed(one, asked) for _ in range(QUICK_ROUNDS if quick else ROUNDS)]
        return alone, await _many(one, asked, QUICK_LOAD_S if quick else LOAD_S)

    alone, per_s = asyncio.run(measure())
    return Measured(name, alone, per_s, sum(map(set_size, family(pid))))


async def _timed(one: Caller, asked: Asked) -> float:
    began = time.perf_counter()
    answer = await one.ask("POST", asked.path, asked.body, asked.headers)
    if answer.status != 200:
        raise Refused(f"{asked.path}: {answer.status}")
    return time.perf_counter() - began


async def _many(one: Caller, asked: Asked, seconds: float) -> float:
    end, done = time.perf_counter() + seconds, 0

    async def ask() -> None:
        nonlocal done
        own = one.like()
        while time.perf_counter() < end:
            await _timed(own, asked)
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    return done / (time.perf_counter() - began)


def _table(title: str, found: list[Measured], notes: tuple[str, ...]) -> Table:
    own, other = found
    rows = tuple(
        (
            one.name,
            Spread.of([1000 * second for second in one.alone_s]).shown(0),
            f"{one.per_s:.2f}",
            f"{one.held_bytes / 1e6:.0f}",
        )
        for one in found
    )
    head = ("server", "one at a time, ms", f"a second, {AT_ONCE} at once", "held, MB")
    share = own.per_s / other.per_s
    if other.name == PLAIN:  # a cage, a receipt and overwriting cost something: told, no goal
        notes = (*notes, f"{share:.2f} of the pictures a second of {PLAIN}")
        return Table(title, head, rows, notes)
    goal = Goal(f"pictures a second beside {other.name}", share, 1.0, is_floor=True)
    return Table(title, head, rows, notes, (goal,))


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
