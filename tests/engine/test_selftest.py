"""The self-test: what wins, what is kept, what makes it be measured anew. No clock is believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safelight.engine import selftest
from safelight.engine.selftest import Choice, Machine, Timing, Trial, keep, kept, measure, trials
from safelight.engine.stock import Stock
from safelight.engine.tuning import Tuning
from safelight.errors import Cancelled, LevelTooLow, SafelightError
from safelight.models.store import Store
from safelight.settings import Settings
from tests.models.making import add_model

MACHINE = Machine(processor="A fast one", cores=4, runtime="1.31.1", models=("a" * 64, "b" * 64))


def timing(precision: str, threads: int, ms: float) -> Timing:
    return Timing(precision=precision, threads=threads, ms_per_megapixel=ms)


def choice(*timings: Timing) -> Choice:
    at = "2026-11-21T12:00:00Z"
    return Choice(machine=MACHINE, measured=at, usual="int8", timings=timings)


BOTH = choice(timing("int8", 4, 41.0), timing("fp32", 4, 66.0), timing("int8", 2, 50.0))


@pytest.mark.parametrize(
    ("timings", "wanted"),
    [
        ([("int8", 4, 41.0), ("fp32", 4, 66.0), ("int8", 2, 50.0)], ("int8", 4)),
        ([("int8", 4, 50.0), ("fp32", 4, 66.0), ("int8", 2, 41.0)], ("int8", 2)),
        ([("int8", 4, 66.0), ("fp32", 4, 41.0), ("fp32", 1, 40.0)], ("fp32", 1)),
        ([("int8", 4, 45.0), ("fp32", 4, 41.0)], ("int8", 4)),
        ([("fp32", 4, 41.0)], ("fp32", 4)),
    ],
    ids=["threads help", "threads hurt", "fp32 clearly", "fp32 hardly", "one only"],
)
def test_the_fastest_wins_but_noise_does_not(
    timings: list[tuple[str, int, float]], wanted: tuple[str, int]
) -> None:
    best = choice(*(timing(*one) for one in timings)).best
    assert (best.precision, best.threads) == wanted


def test_it_is_told_in_a_sentence() -> None:
    assert BOTH.sentence() == "int8, 4 threads: 41 ms per megapixel (fp32 66 ms)"
    alone = choice(timing("fp32", 1, 66.0))
    assert alone.sentence() == "fp32, 1 thread: 66 ms per megapixel"


def test_every_count_of_threads_down_to_one_is_tried() -> None:
    assert trials(1, ["int8"]) == [Trial("int8", 1)]
    assert [trial.threads for trial in trials(6, ["int8"])] == [6, 3, 1]
    assert [trial.precision for trial in trials(2, ["int8", "fp32"])] == ["int8", "fp32"] * 2


def ticking(step_s: float) -> Callable[[], float]:
    seconds = iter(range(1_000))
    return lambda: next(seconds) * step_s


def test_the_best_of_all_rounds_counts_and_the_first_run_does_not() -> None:
    answers = iter([1.0, *[90.0, 80.0], *[70.0, 85.0], *[75.0, 75.0], *[99.0] * 100])
    found = measure(trials(1, ["int8", "fp32"]), lambda _: next(answers), clock=ticking(0.1))
    assert [one.ms_per_megapixel for one in found] == [70.0, 75.0]


def test_when_time_is_short_both_precisions_are_tried_with_all_cores() -> None:
    found = measure(trials(4, ["int8", "fp32"]), lambda _: 50.0, clock=ticking(10.0))
    assert [(one.precision, one.threads) for one in found] == [("int8", 4), ("fp32", 4)]


def test_what_was_kept_is_found_again(tmp_path: Path) -> None:
    keep(tmp_path / "state", BOTH)
    assert kept(tmp_path / "state", MACHINE) == BOTH
    assert (tmp_path / "state" / selftest.FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "changed",
    [{"processor": "Another"}, {"cores": 2}, {"runtime": "1.32.0"}, {"models": ("a" * 64,)}],
    ids=lambda changed: next(iter(changed)),
)
def test_another_machine_is_measured_anew(tmp_path: Path, changed: dict[str, object]) -> None:
    keep(tmp_path, BOTH)
    assert kept(tmp_path, MACHINE.model_copy(update=changed)) is None


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b"\xff" * 100, b"[" * 70_000])
def test_a_damaged_file_is_measured_anew(tmp_path: Path, data: bytes) -> None:
    keep(tmp_path, BOTH)
    (tmp_path / selftest.FILE).write_bytes(data)
    assert kept(tmp_path, MACHINE) is None


def test_a_file_that_says_the_impossible_is_measured_anew(tmp_path: Path) -> None:
    keep(tmp_path, BOTH)
    file = tmp_path / selftest.FILE
    file.write_text(file.read_text().replace("41.0", "-41.0"))
    assert kept(tmp_path, MACHINE) is None


def test_a_file_of_more_threads_than_cores_is_measured_anew(tmp_path: Path) -> None:
    keep(tmp_path, BOTH)
    file = tmp_path / selftest.FILE
    file.write_text(file.read_text().replace('"threads": 2', '"threads": 3'))
    assert kept(tmp_path, MACHINE) is not None  # the control: three of four
    file.write_text(file.read_text().replace('"threads": 3', '"threads": 256'))
    assert kept(tmp_path, MACHINE) is None


def test_a_link_or_a_file_that_others_may_write_is_not_believed(tmp_path: Path) -> None:
    keep(tmp_path, BOTH)
    (tmp_path / selftest.FILE).chmod(0o666)
    assert kept(tmp_path, MACHINE) is None
    (tmp_path / selftest.FILE).rename(tmp_path / "other")
    (tmp_path / selftest.FILE).symlink_to("other")
    assert kept(tmp_path, MACHINE) is None


def test_the_processor_is_named(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: A fast one\nflags\t: x\n")
    assert selftest.processor_name(tmp_path / "cpuinfo") == "A fast one"
    assert selftest.processor_name(tmp_path / "nothing")


class Counted:
    """A tuning whose measurement is made up and counted."""

    def __init__(self, state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        self.fault: SafelightError | None = None
        self.settings = replace(Settings(), state_dir=state_dir)
        monkeypatch.setattr(Tuning, "_measured", self._measured)
        monkeypatch.setattr(selftest, "usable_cores", lambda: MACHINE.cores)

    def _measured(self, machine: Machine, *_: object) -> Choice:
        self.times += 1
        if self.fault is not None:
            raise self.fault
        return BOTH.model_copy(update={"machine": machine})

    def fresh(self, store: Store | None = None) -> Tuning:
        store = store or Store()
        return Tuning(self.settings, store, Stock(store))


def test_it_is_measured_once_and_then_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(tmp_path / "state", monkeypatch)
    first = counted.fresh()
    assert (first.precision, first.threads, first.precision) == ("int8", 4, "int8")
    assert (counted.fresh().threads, counted.times) == (4, 1)
    monkeypatch.setattr(selftest, "processor_name", lambda: "Another")
    assert (counted.fresh().threads, counted.times) == (4, 2)
    assert counted.fresh().choice(anew=True) is not None
    assert counted.times == 3


def test_a_folder_that_cannot_be_written_keeps_no_work_from_being_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    counted = Counted(tmp_path / "state", monkeypatch)
    assert (counted.fresh().precision, counted.fresh().precision) == ("int8", "int8")
    assert counted.times == 2


def test_what_cannot_be_measured_leaves_the_choice_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(tmp_path / "state", monkeypatch)
    counted.fault = LevelTooLow()
    found = counted.fresh()
    assert (found.precision, found.threads, counted.times) == ("", 0, 1)
    assert not (tmp_path / "state" / selftest.FILE).exists()


def test_a_cancelled_self_test_ends_the_run_that_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(tmp_path / "state", monkeypatch)
    counted.fault = Cancelled()
    found = counted.fresh()
    found.cancel()
    with pytest.raises(Cancelled):
        found.choice()
    counted.fault = None
    assert found.precision == "int8"


ODD_ENTRIES: dict[str, dict[str, Any]] = {
    "a twin that is not here": {"aliases": '["plain"]\nexact = "gone"'},
    "a twin of other tensors": {"aliases": '["plain"]\nexact = "upscale-x2-fp32"'},
    "a smaller pair": {"aliases": '["plain"]\nexact = "upscale-x1"', "scale": 1},
}


@pytest.mark.parametrize("name", ODD_ENTRIES)
def test_what_lies_in_the_users_folder_does_not_touch_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    add_model(tmp_path, name="mine", **ODD_ENTRIES[name])
    add_model(tmp_path, name="upscale-x1", scale=1, aliases="[]")
    counted = Counted(tmp_path / "state", monkeypatch)
    usual, own = counted.fresh(), counted.fresh(Store(tmp_path))
    assert own.choice() == usual.choice() is not None
    assert counted.times == 1


def test_an_entry_that_cannot_be_read_leaves_the_choice_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run names the file; the self-test itself does not fail."""
    (tmp_path / "torn.toml").write_bytes(b"name = ")
    assert Counted(tmp_path / "state", monkeypatch).fresh(Store(tmp_path)).choice() is None


def test_without_a_pair_of_models_nothing_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(tmp_path / "state", monkeypatch)
    monkeypatch.setattr(Store, "built_in", lambda _self: ())
    assert counted.fresh().choice() is None
    assert counted.times == 0
