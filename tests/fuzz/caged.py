"""Changed files through the real cage: whatever a decoder does there, the service goes on."""

from __future__ import annotations

import gc
import os
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from bench.watch import family, set_size, sheets
from safelight.codecs import routing
from safelight.engine.engine import Engine
from safelight.errors import InputRefused, SafelightError
from safelight.formats import TABLE, Format
from safelight.ops.convert import Convert
from safelight.ops.resize import Resize
from safelight.ops.scrub import Scrub
from safelight.recipe import Recipe
from safelight.settings import load
from safelight.worker.caged import CagedHost
from safelight.worker.job import Host, Job
from safelight.worker.memory import Sheet
from tests.fuzz.mutation import Mutator
from tests.fuzz.seeds import seeds

JOBS = 2
# A file of a few kilobytes that claims more is refused by its header alone; that is not of interest
# here, and decoding up to it takes the time of many others.
FLAGS = {"max_pixels": 4_000_000, "timeout": 30}
DECODED = Recipe((Resize(fit="32x32"), Convert(to="png", effort=0)))
REWRITTEN = Recipe((Scrub(),))
AT_ONCE = 64
FOUND, MOST_FOUND = "found:", 20


@dataclass
class Tally:
    """How the files ended, by code; the ones that ended as none may; zygotes that are not those of
    the start; bytes that lasting processes hold more than at the start.
    """

    ends: Counter[str] = field(default_factory=Counter)
    found: list[tuple[str, Format, bytes]] = field(default_factory=list)
    zygotes_lost: int = 0
    grown_bytes: int = 0


def through_the_cage(files: Iterator[tuple[Format, bytes]]) -> Tally:
    """All of them, one fresh worker each. What is held is compared with what was held when every
    format had been worked on.
    """
    tally = Tally()
    settings = load(FLAGS, os.environ, Path.cwd())
    with closing(Engine(settings, jobs=JOBS)) as engine, ThreadPoolExecutor(JOBS) as pool:
        hosts: dict[Host, int] = {}

        def ended(file: tuple[Format, bytes]) -> str:
            return end_of(engine, *file, hosts)

        for recipe in (DECODED, REWRITTEN):
            for file in warming():
                worked(engine, recipe, file, hosts)
        first = lasting_bytes()
        while batch := list(islice(files, AT_ONCE)):
            for (format, data), end in zip(batch, pool.map(ended, batch), strict=True):
                tally.ends[end] += 1
                if end.startswith(FOUND) and tally.ends[end] <= MOST_FOUND:
                    tally.found.append((end, format, data))
        last = lasting_bytes()
        tally.grown_bytes = sum(max(0, last[one] - first[one]) for one in first.keys() & last)
        tally.zygotes_lost = sum(zygote(host) != pid for host, pid in hosts.items())
    return tally


def warming() -> list[tuple[Format, bytes]]:
    """A file of every format, so that each host is there."""
    return [(format, files[0]) for format, files in seeds().items()]


def lasting_bytes() -> dict[int, int]:
    """What this process and those below it hold, with their files in memory. A worker is there for
    one job, so whatever is there before and after is what lasts.
    """
    gc.collect()
    return {
        process: set_size(process) + sum(size for _, size in sheets(process))
        for process in family(os.getpid())
    }


def zygote(host: Host) -> int:
    """The process id of the zygote that the next job of this host comes from."""
    if not isinstance(host, CagedHost):
        raise TypeError("only a caged host has a zygote")
    return host.pid


def end_of(engine: Engine, format: Format, data: bytes, hosts: dict[Host, int]) -> str:
    """done, or the code of the refusal; found: with the code of any other error."""
    return worked(engine, recipe_of(format, data), (format, data), hosts)


def worked(
    engine: Engine, recipe: Recipe, file: tuple[Format, bytes], hosts: dict[Host, int]
) -> str:
    """The same with this recipe; the zygote of a host that is new is noted."""
    format, data = file
    refused = recipe.refusal(format)
    if refused is not None:
        return refused.code
    host = engine.host(recipe, format)
    if host not in hosts:
        hosts[host] = zygote(host)
    with closing(Sheet.holding(data)) as sheet:
        try:
            with host.run(Job(sheet.fd, sheet.size_bytes, recipe.canonical)):
                return "done"
        except InputRefused as error:
            return error.code
        except SafelightError as error:
            return f"{FOUND} {error.code}"


def recipe_of(format: Format, data: bytes) -> Recipe:
    """Decoding for what has pixels, mostly; rewriting for the rest."""
    pixels = TABLE[format].reads and len(data) % 4
    return DECODED if pixels or not TABLE[format].scrubs else REWRITTEN


def changed_files(seed: int, count: int, shared: Path | None) -> Iterator[tuple[Format, bytes]]:
    """Files that their first bytes still name; the format of each."""
    dice = random.Random(seed)
    started = seeds(shared)
    mutators = {format: Mutator(files, dice) for format, files in started.items()}
    formats = tuple(started)
    made = 0
    while made < count:
        format = formats[made % len(formats)]
        data = mutators[format].changed(dice.choice(started[format]))
        if routing.route(data[: routing.ROUTE_BYTES]) == format:
            made += 1
            yield format, data
