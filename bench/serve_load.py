"""A server under load, on the loopback of this machine: wrong answers, lost work, memory, waiting.

    python -m bench.serve_load [--quick] [--check] [--markdown]

Two hundred clients for five minutes (quick: forty for half a minute) ask for mixed work on mixed
sizes; some read slowly, some begin requests that they never end, and ten workers a minute are
killed. Every result is compared with that of the command line. Then: how much the server does at
most, beside the same work through the library; how long a 12 MP resize takes at 60 % of that,
coming evenly and by chance; and a picture of one megapixel to 4K. The clients work on the same
processors as the server.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles

from bench.command import photograph
from bench.loading import Caller, Refused
from bench.serve_clients import API, QUICK, Client, Seen, Size, Work, caller, expected, works
from bench.serving import serving
from bench.tables import Goal, Spread, Table, show
from bench.watch import family, set_size
from safelight.engine.engine import Engine
from safelight.ops.resize import Resize
from safelight.proof.serving.served import Served
from safelight.recipe import Recipe
from safelight.settings import Settings

KILLS_PER_MINUTE = 10
SAMPLE_S, SETTLE_S = 1.0, 4.0
KINDS = {"Content-Type": "image/jpeg", "Accept": "image/*", "Prefer": "wait=600"}
MOST_GROWTH = 1.1
SHARE_OF_MOST = 0.6
MOST_SLOWER = 3.0
LEAST_OF_LIBRARY = 0.9
WORKER = "safelight.worker.zygote"


def tables(quick: bool) -> list[Table]:
    """Under load; the most that it does, and what waiting that leaves; to 4K."""
    size, jobs = QUICK if quick else Size(), os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="load-") as name:
        folder = Path(name)
        made = [expected(one, _new(folder / one.name.replace(" ", "-"))) for one in works()]
        with serving(folder / "served", "--jobs", str(jobs)) as served:
            seen = asyncio.run(_load(served, made, size))
        resize = next(one for one in made if one.name == "resize 12 MP")
        library = _library(resize, folder / "library", jobs, size)
        with serving(folder / "fresh", "--jobs", str(jobs)) as served:
            steady = asyncio.run(_steady(served, resize, size))
    return [_load_table(seen, size), _steady_table(steady, library, size)]


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _load(served: Served, made: list[Work], size: Size) -> Seen:
    """All clients at once, the killer, and who watches the memory; first until all is warm."""
    seen = Seen()
    for seconds in (size.warm_s, size.load_s):
        end = time.monotonic() + seconds
        clients = [
            Client(caller(served), made, seen, random.Random(number))
            for number in range(size.clients)
        ]
        await asyncio.gather(
            *(one.run(end) for one in clients), _kill(served, seen, end), _sample(served, seen, end)
        )
        seen.idle_bytes.append(await _settled(served))
    return seen


async def _settled(served: Served) -> int:
    """What it holds when nothing is asked any more."""
    await asyncio.sleep(SETTLE_S)
    return await asyncio.to_thread(_held_bytes, served.pid)


async def _kill(served: Served, seen: Seen, end: float) -> None:
    draw = random.Random(7)
    while time.monotonic() < end:
        await asyncio.sleep(draw.uniform(0.5, 1.5) * 60 / KILLS_PER_MINUTE)
        workers = await asyncio.to_thread(_workers, served.pid)
        if workers:
            try:
                os.kill(draw.choice(workers), signal.SIGKILL)
                seen.killed += 1
            except ProcessLookupError:
                continue


def _workers(pid: int) -> list[int]:
    """Of a zygote's kind, and without a child: a zygote has one that waits for work."""
    found = []
    for one in family(pid):
        try:
            kind = Path(f"/proc/{one}/cmdline").read_text()
        except OSError:
            continue
        if WORKER in kind and family(one) == [one]:
            found.append(one)
    return found


async def _sample(served: Served, seen: Seen, end: float) -> None:
    while time.monotonic() < end:
        seen.held_bytes.append(await asyncio.to_thread(_held_bytes, served.pid))
        await asyncio.sleep(SAMPLE_S)


def _held_bytes(pid: int) -> int:
    return sum(map(set_size, family(pid)))


def _load_table(seen: Seen, size: Size) -> Table:
    done = sum(seen.right.values())
    before, after = seen.idle_bytes
    goals = (
        Goal("wrong results", len(seen.wrong), 0, digits=0),
        Goal("acknowledged work that was lost", len(seen.lost), 0, digits=0),
        Goal("requests that ended otherwise", sum(seen.broken.values()), 0, digits=0),
        Goal("memory of the idle server after the load beside before", after / before, MOST_GROWTH),
    )
    rows = tuple((name, str(count)) for name, count in sorted(seen.right.items()))
    hung = seen.hung_up_after_s
    notes = (
        f"{size.clients} clients for {size.load_s:.0f} s: {done} results, each with the digest of"
        " the command line's",
        f"{seen.killed} workers killed; {seen.waited} times told to come back later",
        f"{len(hung)} requests never ended by their client, cut after {max(hung, default=0):.0f} s"
        " at most",
        f"memory, proportional, idle {before / 1e6:.0f} MB before and {after / 1e6:.0f} MB after;"
        f" under load, median {median(seen.held_bytes or [0]) / 1e6:.0f} MB, at most"
        f" {max(seen.held_bytes or [0]) / 1e6:.0f} MB",
        *(f"{count} x {what}" for what, count in seen.broken.most_common(10)),
        *seen.wrong[:10],
        *seen.lost[:10],
    )
    return Table("A server under load", ("work", "right results"), rows, notes, goals)


@dataclass(frozen=True)
class Steady:
    """Seconds of single 12 MP resizes on an idle server, the most of them a second, and seconds of
    each at a part of that: coming evenly, and at times of chance.
    """

    idle_s: list[float]
    most_per_s: float
    even_s: list[float]
    chance_s: list[float]
    to_4k_s: list[float]


async def _timed(ask: Caller, work: Work) -> float:
    """Raises Refused where another result came."""
    began = time.perf_counter()
    answer = await ask.ask("POST", f"{API}/{work.path}", work.picture, KINDS)
    if answer.status != 200 or answer.sha256 != work.sha256:
        raise Refused(f"{work.name}: {answer.status}")
    return time.perf_counter() - began


async def _steady(served: Served, work: Work, size: Size) -> Steady:
    one = caller(served)
    await _timed(one, work)
    idle = [await _timed(one, work) for _ in range(size.rounds)]
    most = await _most_per_s(served, work, size)
    per_s = most * SHARE_OF_MOST
    even = await _open_loop(served, work, lambda: 1 / per_s, size.steady_s)
    draw = random.Random(11)
    chance = await _open_loop(served, work, lambda: draw.expovariate(per_s), size.steady_s)
    return Steady(idle, most, even, chance, await _to_4k(one, size))


async def _most_per_s(served: Served, work: Work, size: Size) -> float:
    """As many as come back, with a few always under way."""
    end, done = time.perf_counter() + size.saturation_s, 0

    async def ask() -> None:
        nonlocal done
        own = caller(served)
        while time.perf_counter() < end:
            await _timed(own, work)
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(size.at_once)))
    return done / (time.perf_counter() - began)


async def _open_loop(
    served: Served, work: Work, pause_s: Callable[[], float], seconds: float
) -> list[float]:
    """Requests that come after these pauses, whether earlier ones are answered or not."""
    found, under_way = list[float](), set[asyncio.Task[None]]()
    free = [caller(served)]

    async def ask() -> None:
        own = free.pop() if free else caller(served)
        found.append(await _timed(own, work))
        free.append(own)

    next_at = time.perf_counter()
    end = next_at + seconds
    while next_at < end:
        next_at += pause_s()
        await asyncio.sleep(next_at - time.perf_counter())
        under_way.add(asyncio.create_task(ask()))
    await asyncio.gather(*under_way)
    return found


async def _to_4k(ask: Caller, size: Size) -> list[float]:
    """1152 x 864 to a width of 3840, with the model that is usual."""
    picture, found = photograph(1152, 864, 90, seed=9), []
    for _ in range(max(3, size.rounds // 3)):
        began = time.perf_counter()
        answer = await ask.ask("POST", f"{API}/upscale?to=3840x", picture, KINDS)
        if answer.status != 200:
            raise Refused(f"to 4K: {answer.status}")
        found.append(time.perf_counter() - began)
    return found


def _library(work: Work, folder: Path, jobs: int, size: Size) -> float:
    """The same pictures a second through the library, as many at a time as processors."""
    settings = replace(Settings(), state_dir=folder / "state", jobs=jobs)
    recipe = Recipe((Resize(width=2000),))
    end, done = 0.0, 0
    with Engine(settings, jobs=jobs) as engine, ThreadPoolExecutor(jobs) as pool:
        engine.run(work.picture, recipe)

        def ask(_number: int) -> int:
            count = 0
            while time.perf_counter() < end:
                engine.run(work.picture, recipe)
                count += 1
            return count

        began = time.perf_counter()
        end = began + size.saturation_s
        done = sum(pool.map(ask, range(jobs)))
        return done / (time.perf_counter() - began)


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100, method="inclusive")[98]


def _steady_table(found: Steady, library_per_s: float, size: Size) -> Table:
    idle = Spread.of(found.idle_s)
    last = _p99(found.even_s)
    goals = (
        Goal("p99 of a 12 MP resize at an even 60 % of the most, beside its time when idle",
             last / idle.middle, MOST_SLOWER),
        Goal("pictures a second beside the library without a server",
             found.most_per_s / library_per_s, LEAST_OF_LIBRARY, is_floor=True),
    )  # fmt: skip
    rows = (
        ("12 MP resize, idle, ms", Spread.of([1000 * one for one in found.idle_s]).shown(0)),
        ("most a second", f"{found.most_per_s:.2f}"),
        ("the library, a second", f"{library_per_s:.2f}"),
        (f"at 60 %, coming evenly, ms ({len(found.even_s)})",
         Spread.of([1000 * one for one in found.even_s]).shown(0)),
        ("... p99, ms", f"{1000 * last:.0f}"),
        (f"at 60 %, coming by chance, ms ({len(found.chance_s)})",
         Spread.of([1000 * one for one in found.chance_s]).shown(0)),
        ("... p99, ms", f"{1000 * _p99(found.chance_s):.0f}"),
        ("1 MP to a width of 3840, s", Spread.of(found.to_4k_s).shown(2)),
    )  # fmt: skip
    notes = (f"{size.at_once} clients at once for the most; {os.cpu_count()} processors for all",)
    return Table("The most, and what waiting it leaves", ("", "measured"), rows, notes, goals)


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
