"""What the cage and our work before and after a model cost beside a bare call of the runtime.

    python -m bench.overhead           print the table
    python -m bench.overhead --check   also exit 1 where a goal is missed

The models are nets of plain convolutions with random weights, made here. In every round each is
called bare, then put to work on a small photograph by the engine: caged, one thread, one picture
after the other. The picture is opened and decoded in both, since a bare call needs it too: by
Pillow there, by our own decoder here. Then many pictures on all cores: there nothing is free.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from bench.plain_net import SIDE, Net, net
from bench.tables import Goal, Spread, Table, show
from safelight.engine.engine import Engine
from safelight.limits import Limits
from safelight.models.runtimes import open_session
from safelight.operation import ModelNeed
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.worker.child import Model, perform

PICTURE = Path(__file__).resolve().parents[1] / "examples/pictures/lake.jpg"
WIDE = (640, 480)
ROUNDS, QUICK, WARMING = 40, 10, 3
# In a folder: rounds, and pictures for each core.
FOLDERS, EACH = 5, 8
CORES = len(os.sched_getaffinity(0))
MOST_PER_CENT = 10.0
LEAST_MS = 20.0
NETS = {
    "a net of 10 MB": (256, 4),
    "a net of 24 MB": (256, 10),
    "a net of 62 MB": (256, 26),
    "a net of 156 MB": (256, 66),
}
NOTES = (
    "medians with quarters; uncaged: the work of a worker, from the bytes to the words, in this",
    "process; more: the whole job beside decoding and a bare call, by medians, and by the fastest",
    "rounds, which a machine with other work still shows; workers inherit the net",
)
FOLDER_NOTES = (
    "medians with quarters; bare: decoding and the call alone, in a process for each core; in the",
    "cage every picture also pays for a worker of its own, which no core has time to make ready",
)


def photograph() -> bytes:
    """A small JPEG."""
    file = io.BytesIO()
    with Image.open(PICTURE) as picture:
        picture.convert("RGB").resize(WIDE).save(file, "JPEG", quality=90)
    return file.getvalue()


def decoded(picture: bytes) -> None:
    """Open and decode it, as whoever calls a runtime himself would."""
    np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def _ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1_000


@contextmanager
def engine(folder: Path) -> Iterator[Engine]:
    """One thread for each picture."""
    wishes = replace(Settings(), data_dir=folder, state_dir=folder / "state")
    with Engine(wishes, jobs=CORES) as running:
        yield running


def recipe_of(made: Net) -> Recipe:
    return Recipe.from_steps([{"op": "classify", "model": made.entry.name}])


def bare(made: Net) -> Callable[[], object]:
    """The call alone, of an open session and on a tensor that is there."""
    session = open_session(made.entry, memoryview(made.data), threads=1)
    tensor = np.random.default_rng(1).random((1, 3, SIDE, SIDE), np.float32)
    return partial(session.run, tensor)


def uncaged(made: Net, picture: bytes) -> Callable[[], object]:
    """The very work of a worker, done here, with the session open."""
    session = open_session(made.entry, memoryview(made.data), threads=1)
    words = made.entry.to_json()
    model = Model(ModelNeed("classify", made.entry.name), words, memoryview(made.data))
    todo = recipe_of(made).canonical

    def work() -> None:
        perform(
            memoryview(picture),
            todo,
            [model],
            Limits(),
            progress=lambda _share: None,
            wants_image=False,
            held=lambda asked: session if asked == words else None,
        )

    return work


def one_by_one(folder: Path, made: Net, rounds: int) -> tuple[list[float], ...]:
    """Milliseconds of each round: the bare call, the decoding, our work without a cage, the job."""
    picture, recipe = photograph(), recipe_of(made)
    figures: tuple[list[float], ...] = ([], [], [], [])
    with engine(folder) as running:
        works = (
            bare(made),
            partial(decoded, picture),
            uncaged(made, picture),
            partial(running.run, picture, recipe),
        )
        for turn in range(rounds + WARMING):
            one = [_ms(work) for work in works]
            if turn >= WARMING:
                for values, value in zip(figures, one, strict=True):
                    values.append(value)
    return figures


def as_a_folder(folder: Path, made: Net, rounds: int) -> tuple[list[float], list[float]]:
    """Pictures a second of each round: decoding and bare calls in a process for each core, then
    jobs on as many cores.
    """
    picture, recipe = photograph(), recipe_of(made)
    pictures = [picture] * (EACH * CORES)
    alone, caged = [], []
    spawned = get_context("spawn").Pool(CORES, _open, (made,))
    with spawned as processes, engine(folder) as running, ThreadPoolExecutor(CORES) as threads:
        for turn in range(rounds + 1):
            alone_ms = _ms(lambda: processes.map(_call, pictures, chunksize=1))
            caged_ms = _ms(
                lambda: list(threads.map(lambda one: running.run(one, recipe), pictures))
            )
            if turn:
                alone.append(1_000 * len(pictures) / alone_ms)
                caged.append(1_000 * len(pictures) / caged_ms)
    return alone, caged


_calls: list[Callable[[], object]] = []


def _open(made: Net) -> None:
    _calls.append(bare(made))


def _call(picture: bytes) -> None:
    decoded(picture)
    _calls[0]()


def tables(quick: bool) -> list[Table]:
    """A job by itself, and many on all cores: one row for each net."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "models").mkdir()
        nets = {words: net(folder / "models", *sizes) for words, sizes in NETS.items()}
        return [_alone(folder, nets, quick=quick), _many(folder, nets, quick=quick)]


def _alone(folder: Path, nets: dict[str, Net], *, quick: bool) -> Table:
    rows, goals = [], []
    for words, made in nets.items():
        figures = one_by_one(folder, made, QUICK if quick else ROUNDS)
        shown = [Spread.of(values).shown() for values in figures]
        middle, fastest = _more(figures, median), _more(figures, min)
        rows.append((words, *shown, f"{middle:+.0f} %", f"{fastest:+.0f} %"))
        if min(figures[0]) >= LEAST_MS:
            what = f"{words}: more than bare, fastest rounds"
            goals.append(Goal(what, fastest, MOST_PER_CENT, "%", digits=0))
    title = f"One picture of {WIDE[0]} x {WIDE[1]} and a model in the cage, ms"
    head = ("", "bare call", "decoding", "uncaged", "the whole job", "more", "fastest")
    return Table(title, head, tuple(rows), NOTES, tuple(goals))


def _many(folder: Path, nets: dict[str, Net], *, quick: bool) -> Table:
    rows = []
    for words, made in list(nets.items())[: -1 if quick else None]:
        figures = as_a_folder(folder, made, 2 if quick else FOLDERS)
        shown = [Spread.of(values).shown() for values in figures]
        alone, caged = map(median, figures)
        rows.append((words, *shown, f"{100 * caged / alone:.0f} %"))
    title = f"A folder of such pictures on {CORES} cores, pictures a second"
    return Table(title, ("", "bare", "in the cage", "share"), tuple(rows), FOLDER_NOTES)


def _more(figures: Sequence[Sequence[float]], of: Callable[[Sequence[float]], float]) -> float:
    """How many per cent a job takes longer than decoding and calling alone."""
    called, opening, _uncaged, whole = map(of, figures)
    return 100 * (whole / (called + opening) - 1)


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
