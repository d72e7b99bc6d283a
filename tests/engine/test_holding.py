"""What waits in an engine: in memory up to a budget, encrypted beyond it, gone when let go."""

from __future__ import annotations

import io
import os
import random
import threading
from pathlib import Path

import pytest

from safelight.audit.receipt import Receipt
from safelight.engine.engine import Engine
from safelight.engine.holding import PIECE_BYTES, Budget, Held, buffer, pour, unbounded
from safelight.engine.result import Result
from safelight.proof.remanence.canary import Mark, picture
from safelight.recipe import Recipe
from safelight.settings import load
from safelight.worker.memory import is_sealed
from tests.proof.disks import can_mount, disk

CANARY = b"canary-0123456789-" * 200_000
RECIPE = Recipe.from_steps([{"op": "resize", "width": 64}, {"op": "scrub"}])


def pieces(data: bytes, seed: int = 1) -> list[memoryview]:
    """The data in pieces of chance."""
    draw, start, found = random.Random(seed), 0, []
    while start < len(data):
        length = draw.randint(1, 900_000)
        found.append(memoryview(data)[start : start + length])
        start += length
    return found


@pytest.mark.parametrize("most", [0, 1, 100_000, PIECE_BYTES, len(CANARY), 1 << 40])
def test_what_is_written_comes_back_whole_wherever_the_budget_ends(
    tmp_path: Path, most: int
) -> None:
    budget = Budget(most, tmp_path / "spill")
    with Held(budget) as held:
        for piece in pieces(CANARY):
            held.write(piece)
        assert held.size_bytes == len(CANARY)
        assert held.is_spilled is (most < len(CANARY))
        for _ in range(2):
            sink = io.BytesIO()
            held.write_to(sink)
            assert sink.getvalue() == CANARY
        with held.sealed() as fd:
            assert is_sealed(fd)
            assert os.pread(fd, len(CANARY) + 1, 0) == CANARY
    assert budget.take(most), "not all of it was given back"
    assert not budget.take(1)


def test_what_was_in_memory_is_zeros_when_it_is_let_go(tmp_path: Path) -> None:
    for seals in (True, False):
        held = Held(unbounded())
        held.write(memoryview(CANARY))
        if seals:
            with held.sealed() as fd:
                other = os.dup(fd)
        else:
            other = os.dup(held._fd)
        assert os.pread(other, 6, 0) == b"canary"
        held.close()
        held.close()
        assert os.pread(other, len(CANARY), 0) == bytes(len(CANARY))
        os.close(other)


def test_what_is_spilled_no_longer_lies_in_memory_and_nothing_has_a_name(tmp_path: Path) -> None:
    budget = Budget(200_000, tmp_path / "spill")
    with Held(budget) as held:
        held.write(memoryview(CANARY)[:150_000])
        other = os.dup(held._fd)
        held.write(memoryview(CANARY)[150_000:400_000])
        assert held.is_spilled
        assert not any(os.pread(other, 150_000, 0))
        assert os.listdir(tmp_path / "spill") == []
        assert (tmp_path / "spill").stat().st_mode & 0o77 == 0
    os.close(other)


def test_all_that_one_engine_holds_shares_a_budget(tmp_path: Path) -> None:
    budget = Budget(1_000_000, tmp_path)
    with Held(budget) as first, Held(budget) as second, Held(budget) as third:
        first.write(memoryview(bytes(600_000)))
        second.write(memoryview(bytes(600_000)))
        assert (first.is_spilled, second.is_spilled) == (False, True)
        first.close()
        third.write(memoryview(bytes(600_000)))
        assert not third.is_spilled


def test_a_spilled_input_waits_for_its_turn(tmp_path: Path) -> None:
    budget = Budget(0, tmp_path, turns=1)
    entered = threading.Event()
    with Held(budget) as first, Held(budget) as second:
        for held in (first, second):
            held.write(memoryview(b"data"))

        def wait() -> None:
            with second.sealed():
                entered.set()

        with first.sealed():
            thread = threading.Thread(target=wait)
            thread.start()
            assert not entered.wait(0.1)
        assert entered.wait(10)
        thread.join()


def test_the_buffer_holds_zeros_when_it_was_used() -> None:
    with buffer() as piece:
        piece[:6] = b"canary"
        kept = piece[:0].obj
        assert bytes(memoryview(kept)[:6]) == b"canary"
    assert kept.closed  # type: ignore[attr-defined]  # the object below the view is an mmap


class Slow(io.BytesIO):
    """Takes at most 7 bytes at a time."""

    def write(self, data: object, /) -> int:
        return super().write(memoryview(data)[:7])  # type: ignore[arg-type]  # any buffer


class Full:
    """Takes nothing now."""

    def write(self, data: memoryview, /) -> int | None:
        return None


def test_everything_is_poured_out_and_past_the_buffer_of_a_stream(tmp_path: Path) -> None:
    slow = Slow()
    pour(memoryview(CANARY[:100]), slow)
    assert slow.getvalue() == CANARY[:100]
    with (tmp_path / "file").open("wb", buffering=1 << 20) as stream:
        stream.write(b"before ")
        pour(memoryview(CANARY), stream)
        assert (tmp_path / "file").read_bytes() == b"before " + CANARY
    with pytest.raises(BlockingIOError):
        pour(memoryview(b"x"), Full())


@pytest.mark.parametrize("budget", ["0", "512MB"])
def test_a_stream_and_a_held_result_are_the_same_whatever_the_budget(
    tmp_path: Path, budget: str
) -> None:
    settings = load({"memory_budget": budget, "state_dir": tmp_path / "state"}, {}, tmp_path)
    data = picture(Mark(), 1)
    with Engine(settings, jobs=1) as engine:
        plain = engine.run(data, RECIPE)
        with engine.hold() as held:
            told = engine.run(io.BytesIO(data), RECIPE, into=held)
            assert held.is_spilled is (budget == "0")
            sink = io.BytesIO()
            held.write_to(sink)
        assert isinstance(plain, Result)
        assert isinstance(told, Result)
        assert told.data is None
        assert told.output_bytes == held.size_bytes
        assert sink.getvalue() == plain.data
        storage = Receipt.parse(told.receipt).predicate.storage
        assert storage.spilled_bytes == (len(data) if budget == "0" else None)
        assert storage.temporary_files == (budget == "0")


def test_on_the_raw_disk_a_spilled_file_shows_nothing_and_a_plain_one_everything(
    tmp_path: Path,
) -> None:
    """Where nobody may mount a disk, what the descriptor of the spilled file holds is looked at."""
    mark = Mark()
    data = picture(mark, 1) * 20
    if not can_mount():
        with Held(Budget(0, tmp_path / "spill")) as held:
            held.write(memoryview(data))
            (fd,) = (
                number
                for number in map(int, os.listdir("/proc/self/fd"))
                if "/spill/" in _link(number)
            )
            assert not mark.count(os.pread(fd, 1 << 30, 0))
        assert mark.count(data)
        return
    with disk(tmp_path) as made:
        with Held(Budget(0, made.mounted / "spill")) as held:
            held.write(memoryview(data))
            os.sync()
        assert made.copies(mark) == 0
        path = made.mounted / "plain"
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        assert made.copies(mark) > 0


def _link(number: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return ""
