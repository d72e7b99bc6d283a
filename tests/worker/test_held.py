"""Large models are opened once, in a zygote of their own, and every worker inherits them."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from safelight.engine import engine, hosts
from safelight.engine.result import Result
from safelight.engine.stock import Stock
from safelight.engine.tuning import Tuning, drawn
from safelight.errors import MemoryExceeded, RuntimeMissing, WorkerDied
from safelight.limits import INHERITED_BYTES, INHERITED_THREADS, Limits
from safelight.models.entry import Entry
from safelight.models.reading import Lettered
from safelight.models.runtimes import open_session
from safelight.models.store import Store
from safelight.operation import ModelNeed
from safelight.ops.upscale import Upscale
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.worker.caged import CagedHost
from safelight.worker.held import Held
from safelight.worker.job import Job, ModelFile, Plan
from safelight.worker.memory import Sheet
from tests.models import making, making_tflite
from tests.models.making import add_model, entry_toml
from tests.models.towers import VECTORS, data_of
from tests.models.towers import entry_of as entry_of_tower
from tests.worker.children import in_child
from tests.worker.hosts import descendants, failure, source, threads_of

ONNX = making.to_bytes(making.picture_model())
LITE = making_tflite.to_bytes(making_tflite.sums())
FACTS: dict[bytes, dict[str, Any]] = {
    ONNX: {"runtime": "onnx", "scale": 1},
    LITE: making_tflite.FACTS,
}
MEMORY_BYTES = 2_500_000_000


def entry_of(data: bytes, facts: dict[str, Any] | None = None) -> Entry:
    return Entry.from_toml(entry_toml(data, **(facts or FACTS[data])))


@contextmanager
def file_of(entry: Entry, sheet: Sheet) -> Iterator[ModelFile]:
    need = (entry.task, entry.name, 1)
    try:
        yield ModelFile(need, entry.to_json(), sheet.fd, sheet.size_bytes)
    finally:
        sheet.close()


@contextmanager
def holding(*held: ModelFile, workers: int = 1) -> Iterator[CagedHost]:
    limits = Limits(timeout_s=5, memory_bytes=MEMORY_BYTES)
    plan = Plan(False, frozenset({"onnx", "tflite"}), limits, workers)
    with CagedHost(plan, held=held, body="opening") as one:
        yield one


def job(sheet: Sheet, *models: ModelFile) -> Job:
    return Job(sheet.fd, sheet.size_bytes, b"x", models, wants_image=False)


def told(given: CagedHost, *models: ModelFile) -> list[str]:
    with source() as picture, given.run(job(picture, *models)) as answer:
        return [one.value for one in answer.findings]


@pytest.mark.parametrize("data", FACTS, ids=["onnx", "tflite"])
def test_a_held_model_is_inherited_and_answers_the_same(data: bytes) -> None:
    with file_of(entry_of(data), Sheet.holding(data)) as model:
        with holding(model) as held:
            (was_open, *inherited), again = told(held, model), told(held, model)
        with holding() as plain:
            opens_itself, *own = told(plain, model)
    assert (was_open, opens_itself) == ("yes", "no")
    assert inherited == own
    assert again == ["yes", *own]


def test_another_entry_of_the_same_file_is_not_inherited() -> None:
    entry = entry_of(ONNX)
    other = entry.model_copy(update={"output": replace_range(entry)})
    with (
        file_of(entry, Sheet.holding(ONNX)) as model,
        file_of(other, Sheet.holding(ONNX)) as stranger,
        holding(model) as held,
    ):
        assert told(held, stranger)[0] == "no"
        assert told(held, model)[0] == "yes"


def replace_range(entry: Entry) -> Any:
    return entry.output.model_copy(update={"range": (0.0, 2.0)})


def test_a_zygote_that_holds_models_is_as_closed_as_any_and_has_one_thread() -> None:
    with ExitStack() as stack:
        models = [
            stack.enter_context(file_of(entry_of(data), Sheet.holding(data))) for data in FACTS
        ]
        held = stack.enter_context(holding(*models))
        plain = stack.enter_context(holding())
        assert told(held, *models).count("yes") == 2
        assert replace(held.report(), kernel={}) == replace(plain.report(), kernel={})
        zygotes = [pid for pid in descendants(held.pid) if descendants(pid)]
        assert [threads_of(pid) for pid in zygotes] == [1]


def test_control_a_session_of_two_threads_has_two() -> None:
    def work() -> list[int]:
        counts = []
        for threads in (1, 2):
            kept = open_session(entry_of(ONNX), memoryview(ONNX), threads=threads)
            counts.append(threads_of(os.getpid()))
            assert kept.model
        return counts

    one, two = in_child(work)
    assert two == one + 1


def test_a_held_model_that_cannot_be_opened_is_told_by_the_job() -> None:
    data = making_tflite.to_bytes(making_tflite.custom())
    with (
        file_of(entry_of(data, making_tflite.FACTS), Sheet.holding(data)) as hostile,
        file_of(entry_of(ONNX), Sheet.holding(ONNX)) as good,
        holding(hostile, good) as held,
        source() as picture,
    ):
        error = failure(held, job(picture, hostile))
        assert type(error) is RuntimeMissing
        assert "operators" in error.message
        assert told(held, good)[0] == "yes"


def test_a_held_model_that_ends_its_zygote_is_one_clear_error_each_time() -> None:
    data = making_tflite.to_bytes(making_tflite.sums("uint8"))
    given = making_tflite.FACTS["input"].replace("side = 4", 'side = 4\nnumber = "uint8"')
    facts = making_tflite.FACTS | {"input": given + 'number = "uint8"'}
    with (
        file_of(entry_of(data, facts), Sheet.holding(data)) as hostile,
        holding(hostile) as held,
        source() as picture,
    ):
        errors = [failure(held, job(picture, hostile)) for _ in range(2)]
    assert [type(error) for error in errors] == [WorkerDied, WorkerDied]


def test_gigabytes_of_weights_pass_the_memory_of_a_zygote_too() -> None:
    size_bytes = 1_500_000_000
    head, tail = making.enormous_head(size_bytes)
    sheet = Sheet(len(head) + size_bytes + len(tail))
    os.pwrite(sheet.fd, head, 0)
    os.pwrite(sheet.fd, tail, len(head) + size_bytes)
    entry = entry_of(ONNX).model_copy(update={"size_bytes": sheet.size_bytes})
    with file_of(entry, sheet) as hostile, holding(hostile) as held, source() as picture:
        assert type(failure(held, job(picture, hostile))) is MemoryExceeded


def test_what_is_held_is_found_by_its_entry_alone() -> None:
    """In this process, where the zygote's part can be looked at."""
    entry = entry_of(ONNX)
    held = Held(1 << 40)
    for data in (ONNX, ONNX[:-9]):
        words, file = entry.to_json(), Sheet.holding(data)
        first = Sheet.holding(words)
        held.open((os.dup(first.fd), os.dup(file.fd)), len(words), len(data))
        file.close()
        first.close()
    session = held.session(entry.to_json())
    assert session is not None
    assert session.model == entry
    assert held.session(b"{}") is None


def test_models_are_held_where_the_program_may_have_less_memory_than_it_wants() -> None:
    def work() -> bool:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 38, 1 << 39))
        words, file = entry_of(ONNX).to_json(), Sheet.holding(ONNX)
        held = Held(1 << 40)
        held.open((os.dup(Sheet.holding(words).fd), os.dup(file.fd)), len(words), len(ONNX))
        return held.session(words) is not None

    assert in_child(work)


def test_a_held_model_that_reads_keeps_its_tokeniser() -> None:
    pieces = (VECTORS / "pieces.model").read_bytes()
    entry, data = entry_of_tower("clip-text", {"pieces": pieces}), data_of("clip-text") + pieces
    rule = entry.input.words
    assert rule is not None
    taken = entry.input.model_copy(update={"words": rule.model_copy(update={"rule": "pieces"})})
    words = entry.model_copy(update={"input": taken}).to_json()
    first, file = Sheet.holding(words), Sheet.holding(data)
    held = Held(1 << 40)
    held.open((os.dup(first.fd), os.dup(file.fd)), len(words), len(data))
    file.close()
    first.close()
    session = held.session(words)
    assert isinstance(session, Lettered)
    assert len(session.tokeniser.row("a cat", rule)) == rule.length


def test_of_two_threads_only_large_models_are_held_and_of_one_all(tmp_path: Path) -> None:
    add_model(tmp_path, bytes(INHERITED_BYTES), name="large", scale=1)
    add_model(tmp_path, bytes(INHERITED_BYTES - 1), name="small", file="small.bin", scale=1)
    stock = Stock(Store(tmp_path))
    needs = [ModelNeed("upscale", name, 1) for name in ("large", "small")]
    held = [[file.need[1] for file in stock.inherited(needs, threads)] for threads in (1, 2, 3)]
    assert held == [["large", "small"], ["large"], []]
    assert stock.peak_bytes(needs) == 2 * INHERITED_BYTES - 1
    stock.close()


class Opened(CagedHost):
    """A host that keeps count of what it was told to hold."""

    held: ClassVar[list[int]] = []

    def __init__(self, plan: Plan, *, held: Sequence[ModelFile], portable: bool) -> None:
        super().__init__(plan, held=held)
        self.held.append(len(held))
        assert not portable


def test_the_engine_has_models_held_where_workers_have_few_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    for name, size_bytes in (("large", INHERITED_BYTES), ("small", 9)):
        add_model(tmp_path / "models", bytes(size_bytes), name=name, file=f"{name}.bin")
    monkeypatch.setattr(hosts, "open_host", Opened)
    monkeypatch.setattr(Opened, "held", [])
    monkeypatch.setattr(Tuning, "choice", lambda _self: None)
    few, more = INHERITED_THREADS, INHERITED_THREADS + 1
    for cores, name, count in ((few, "large", 1), (1, "small", 1), (more, "large", 0)):
        monkeypatch.setattr(hosts, "usable_cores", lambda cores=cores: cores)
        with engine.Engine(replace(Settings(), data_dir=tmp_path), jobs=1) as running:
            result = running.run(drawn(8), Recipe((Upscale(scale=2, model=name),)))
        assert isinstance(result, Result)
        assert (result.width, result.models) == (16, (name,))
        assert Opened.held.pop() == count
