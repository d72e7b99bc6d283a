"""Many pictures: one bad item never stops the others, and nothing is done twice."""

from __future__ import annotations

import io
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from safelight.batch.events import Event, Item, Start, Summary
from safelight.batch.naming import Placement
from safelight.batch.plan import Selection, make_plan
from safelight.batch.run import Batch, Manner
from safelight.batch.tally import exit_code
from safelight.engine.engine import Engine
from safelight.errors import Unavailable
from safelight.ops.resize import Resize
from safelight.ops.scrub import Scrub
from safelight.recipe import Recipe

SMALL = Recipe((Resize(fit="8x8"),), "small")
SCRUB = Recipe((Scrub(),))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(jobs=2) as held:
        yield held


def jpeg(number: int = 0, size: tuple[int, int] = (24, 16)) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "a maker of cameras"
    Image.new("RGB", size, (number * 20 % 256, 80, 160)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def pictures(folder: Path, count: int = 4) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        (folder / f"{number}.jpg").write_bytes(jpeg(number))
    return folder


def run(
    engine: Engine, source: Path, target: Path, recipe: Recipe = SMALL, **manner: object
) -> tuple[Summary, list[Item]]:
    events: list[Event] = []
    items = make_plan(Selection((str(source),)), Placement(f"{target}/"), recipe)
    batch = Batch(engine, recipe, items, manner=Manner(jobs=2, **manner), listener=events.append)  # type: ignore[arg-type]
    summary = batch.run()
    assert isinstance(events[0], Start)
    assert events[-1] is summary
    found = sorted((one for one in events if isinstance(one, Item)), key=lambda one: one.index)
    return summary, found


def test_every_picture_becomes_an_output_with_a_receipt(engine: Engine, tmp_path: Path) -> None:
    summary, items = run(engine, pictures(tmp_path / "in"), tmp_path / "out")
    assert (summary.done, summary.exit_code) == (4, 0)
    for item in items:
        assert item.output is not None
        with Image.open(item.output) as picture:
            assert max(picture.size) == 8
        receipt = tmp_path / "out/.safelight" / f"{Path(item.output).name}.receipt.json"
        assert item.result is not None
        assert receipt.read_bytes() == item.result.receipt
    assert summary.removed["device"] == 4


def test_a_bad_picture_ends_its_item_and_no_other(engine: Engine, tmp_path: Path) -> None:
    source = pictures(tmp_path / "in")
    (source / "1.jpg").write_bytes(jpeg(1)[:-200])
    (source / "2.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    summary, items = run(engine, source, tmp_path / "out")
    assert [item.status for item in items] == ["done", "refused", "refused", "done"]
    assert summary.exit_code == 3
    assert all(item.hint and item.error and item.code for item in items[1:3])
    assert sorted(path.name for path in (tmp_path / "out").glob("*.jpg")) == ["0.jpg", "3.jpg"]


def test_the_same_command_again_does_nothing_twice(engine: Engine, tmp_path: Path) -> None:
    source = pictures(tmp_path / "in")
    run(engine, source, tmp_path / "out")
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.jpg")}
    (source / "4.jpg").write_bytes(jpeg(4))
    summary, items = run(engine, source, tmp_path / "out")
    assert [item.code for item in items] == ["verified"] * 4 + [""]
    assert (summary.skipped, summary.done, summary.exit_code) == (4, 1, 0)
    assert all(path.stat().st_mtime_ns == when for path, when in written.items())


def test_an_output_of_another_recipe_input_or_hand_is_not_taken_for_ours(
    engine: Engine, tmp_path: Path
) -> None:
    source = pictures(tmp_path / "in", 3)
    run(engine, source, tmp_path / "out", SCRUB)
    before = (tmp_path / "out/0.jpg").read_bytes()
    summary, items = run(engine, source, tmp_path / "out", SMALL)
    assert [item.code for item in items] == ["output-exists"] * 3
    assert summary.exit_code == 1
    assert (tmp_path / "out/0.jpg").read_bytes() == before
    (source / "0.jpg").write_bytes(jpeg(9))
    (tmp_path / "out/1.jpg").write_bytes(before)
    (tmp_path / "out/.safelight/2.jpg.receipt.json").unlink()
    summary, items = run(engine, source, tmp_path / "out", SCRUB)
    assert [item.code for item in items] == ["output-exists"] * 3


def test_the_other_ways_with_an_existing_output(engine: Engine, tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", 1)
    (tmp_path / "out").mkdir()
    target = tmp_path / "out/0.jpg"
    target.write_bytes(b"mine")
    _, items = run(engine, source, tmp_path / "out", existing="skip")
    assert (items[0].status, items[0].code) == ("skipped", "exists")
    _, items = run(engine, source, tmp_path / "out", existing="fail")
    assert items[0].code == "output-exists"
    _, items = run(engine, source, tmp_path / "out", existing="rename")
    assert items[0].output == str(tmp_path / "out/0-1.jpg")
    assert target.read_bytes() == b"mine"
    _, items = run(engine, source, tmp_path / "out", existing="overwrite")
    assert items[0].status == "done"
    assert target.read_bytes() != b"mine"


def test_in_place_keeps_the_original_aside_and_is_not_done_twice(
    engine: Engine, tmp_path: Path
) -> None:
    source = pictures(tmp_path / "in", 2)
    original = (source / "0.jpg").read_bytes()
    (source / "1.jpg").write_bytes(original[:-60])
    placement = Placement(in_place=True)
    manner = Manner(in_place=True, backup_dir=tmp_path / "kept")
    for expected in (["done", "refused"], ["skipped", "refused"]):
        items = make_plan(Selection((str(source),)), placement, SCRUB)
        events: list[Event] = []
        Batch(engine, SCRUB, items, manner=manner, listener=events.append).run()
        assert [one.status for one in events if isinstance(one, Item)] == expected
    assert (source / "0.jpg").read_bytes() != original
    assert b"maker of cameras" not in (source / "0.jpg").read_bytes()
    assert (tmp_path / "kept/0.jpg").read_bytes() == original
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["0.jpg"]


def test_finish_soon_ends_what_runs_and_starts_nothing_more(engine: Engine, tmp_path: Path) -> None:
    items = make_plan(
        Selection((str(pictures(tmp_path / "in", 6)),)), Placement(f"{tmp_path}/out/"), SMALL
    )
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        if isinstance(event, Item):
            batch.finish_soon()

    batch = Batch(engine, SMALL, items, manner=Manner(jobs=1), listener=listen)
    summary = batch.run()
    assert summary.cancelled
    assert summary.exit_code == 130
    assert summary.done == 1
    assert len(list((tmp_path / "out").glob("*.jpg"))) == 1
    again, _ = run(engine, tmp_path / "in", tmp_path / "out")
    assert (again.done, again.skipped, again.exit_code) == (5, 1, 0)


def test_stop_now_leaves_no_output_of_what_was_under_way(tmp_path: Path) -> None:
    from safelight.ops.upscale import Upscale

    source = tmp_path / "in"
    source.mkdir()
    (source / "big.jpg").write_bytes(jpeg(1, (3000, 3000)))
    recipe = Recipe((Upscale(scale=4),))
    items = make_plan(Selection((str(source),)), Placement(f"{tmp_path}/out/"), recipe)
    with Engine(jobs=1) as own:
        batch = Batch(own, recipe, items, manner=Manner(), listener=lambda _event: None)
        stopper = threading.Timer(1.5, batch.stop_now)
        stopper.start()
        summary = batch.run()
        stopper.join()
    assert summary.exit_code == 130
    assert not list(tmp_path.rglob("out/**/*.jpg"))


def test_fail_fast_stops_at_the_first_failure(engine: Engine, tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", 12)
    (source / "0.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    summary, _ = run(engine, source, tmp_path / "out", fail_fast=True)
    assert summary.refused == 1
    assert summary.done < 11
    assert summary.exit_code in (3, 8)


def test_exit_codes_follow_the_published_table() -> None:
    def item(status: str, code: int = 0, reason: str = "") -> Item:
        return Item(1, "x", status, code=reason, exit_code=code)  # type: ignore[arg-type]

    assert exit_code([]) == 0
    assert exit_code([item("done"), item("skipped")]) == 0
    assert exit_code([item("done"), item("failed", 1)]) == 3
    assert exit_code([item("failed", 8), item("refused", 8)]) == 8
    assert exit_code([item("failed", 2), item("refused", 8)]) == 1
    assert exit_code([item("refused", 8), item("skipped", reason="no-picture")]) == 8
    assert exit_code([item("refused", 8), item("skipped", reason="verified")]) == 3


def test_what_a_killed_run_left_is_swept(engine: Engine, tmp_path: Path) -> None:
    left = tmp_path / "out/.safelight/tmp/0123456789abcdef"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a picture")
    run(engine, pictures(tmp_path / "in", 1), tmp_path / "out")
    assert not left.exists()
    shutil.rmtree(tmp_path / "out")


def test_a_result_that_a_killed_run_did_not_record_is_recorded_by_the_next(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = pictures(tmp_path / "in", 1)
    with monkeypatch.context() as killed:
        killed.setattr(engine.book, "record", lambda _receipt: None)
        run(engine, source, tmp_path / "out")
    before = engine.book.journal.head().entries
    for _ in range(2):
        summary, _ = run(engine, source, tmp_path / "out")
        assert (summary.skipped, summary.exit_code) == (1, 0)
        assert engine.book.journal.head().entries == before + 1


def test_the_original_is_kept_when_only_the_journal_failed(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = pictures(tmp_path / "in", 1)
    original = (source / "0.jpg").read_bytes()

    def locked(_receipt: object) -> None:
        raise Unavailable

    monkeypatch.setattr(engine.book, "record", locked)
    items = make_plan(Selection((str(source),)), Placement(in_place=True), SCRUB)
    manner = Manner(in_place=True, backup_dir=tmp_path / "kept")
    summary = Batch(engine, SCRUB, items, manner=manner, listener=lambda _event: None).run()
    assert summary.failed == 1
    assert (source / "0.jpg").read_bytes() != original
    assert (tmp_path / "kept/0.jpg").read_bytes() == original


def test_a_receipt_that_is_a_pipe_is_no_receipt(engine: Engine, tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", 1)
    run(engine, source, tmp_path / "out")
    receipt = tmp_path / "out/.safelight/0.jpg.receipt.json"
    receipt.unlink()
    os.mkfifo(receipt)
    _, items = run(engine, source, tmp_path / "out")
    assert items[0].code == "output-exists"
