"""A batch that is asked to end, tells how far its pictures are, and keeps nothing of them."""

from __future__ import annotations

import gc
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image

from safelight.batch.events import Event, Item, Share, Summary
from safelight.batch.naming import Placement
from safelight.batch.plan import Selection, make_plan
from safelight.batch.run import Batch, Manner
from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.errors import Cancelled
from safelight.ops.scrub import Scrub
from safelight.ops.upscale import Upscale
from safelight.recipe import Recipe

SCRUB = Recipe((Scrub(),))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(jobs=1) as held:
        yield held


def pictures(folder: Path, count: int, size: tuple[int, int] = (24, 16)) -> Path:
    folder.mkdir()
    for number in range(count):
        out = io.BytesIO()
        Image.effect_noise(size, 60).convert("RGB").save(out, "JPEG")
        (folder / f"{number}.jpg").write_bytes(out.getvalue())
    return folder


def batch_of(engine: Any, folder: Path, listener: Any, recipe: Recipe = SCRUB) -> Batch:
    items = make_plan(Selection((str(folder),)), Placement(f"{folder}-out/"), recipe)
    return Batch(cast(Engine, engine), recipe, items, manner=Manner(), listener=listener)


def test_a_wish_to_stop_after_the_last_picture_changes_nothing(
    engine: Engine, tmp_path: Path
) -> None:
    def listen(event: Event) -> None:
        if isinstance(event, Item) and event.index == 2:
            batch.finish_soon()

    batch = batch_of(engine, pictures(tmp_path / "in", 2), listen)
    summary = batch.run()
    assert (summary.done, summary.left, summary.exit_code) == (2, 0, 0)
    assert not summary.cancelled


def test_it_knows_whether_pictures_are_left_to_begin_with(engine: Engine, tmp_path: Path) -> None:
    more: list[bool] = []

    def listen(event: Event) -> None:
        if isinstance(event, Item):
            more.append(batch.has_more)

    batch = batch_of(engine, pictures(tmp_path / "in", 3), listen)
    batch.run()
    assert more == [True, True, False]


class Dawdler:
    """An engine whose picture is with no worker yet when the first cancel comes."""

    def __init__(self) -> None:
        self.begun, self.cancels = threading.Event(), threading.Semaphore(0)

    def prepare(self, *_: object) -> None:
        """Nothing to make ready."""

    def sweep(self, _folder: Path) -> None:
        """Nothing was left."""

    def cancel(self) -> None:
        self.cancels.release()

    def run(self, *_: object, **__: object) -> None:
        self.begun.set()
        for _number in range(2):
            assert self.cancels.acquire(timeout=60)
        raise Cancelled


def test_stop_now_reaches_a_picture_that_had_no_worker_yet(tmp_path: Path) -> None:
    dawdler = Dawdler()
    batch = batch_of(dawdler, pictures(tmp_path / "in", 1), lambda _event: None)
    ended: list[Summary] = []
    running = threading.Thread(target=lambda: ended.append(batch.run()))
    running.start()
    assert dawdler.begun.wait(60)
    batch.stop_now()
    running.join()
    assert (ended[0].left, ended[0].cancelled, ended[0].exit_code) == (1, True, 130)


def test_a_large_picture_tells_how_far_it_is(engine: Engine, tmp_path: Path) -> None:
    events: list[Event] = []
    folder = pictures(tmp_path / "in", 1, (800, 600))
    batch_of(engine, folder, events.append, Recipe((Upscale(scale=4),))).run()
    shares = [event for event in events if isinstance(event, Share)]
    assert any(0 < event.share < 1 for event in shares)
    assert {event.index for event in shares} == {1}
    assert isinstance(events[-2], Item)


def results_held() -> int:
    gc.collect()
    return sum(isinstance(one, Result) for one in gc.get_objects())


def test_nothing_is_kept_of_a_picture_that_is_done(engine: Engine, tmp_path: Path) -> None:
    """The control keeps every event, and is seen."""
    before = results_held()
    batch = batch_of(engine, pictures(tmp_path / "in", 3), lambda _event: None)
    assert batch.run().done == 3
    assert results_held() == before
    events: list[Event] = []
    batch_of(engine, pictures(tmp_path / "more", 3), events.append).run()
    assert results_held() == before + 3
