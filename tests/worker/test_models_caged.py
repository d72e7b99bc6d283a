"""Models in the cage: real ones answer as outside it, and hostile ones end in one clear error."""

from __future__ import annotations

import csv
import os
import pickle
import random
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import (
    MemoryExceeded,
    ModelFaulty,
    PolicyRefused,
    RuntimeMissing,
    SafelightError,
    TimeExceeded,
    WorkerDied,
)
from safelight.limits import Limits
from safelight.models.entry import Entry
from safelight.models.runtimes import open_session
from safelight.models.store import Store
from safelight.worker.caged import CagedHost
from safelight.worker.job import Job, ModelFile, Plan
from safelight.worker.memory import Sheet
from tests.models import making, making_tflite
from tests.models.making import entry_toml
from tests.worker.hosts import BODIES, failure, host, source

# The gigabytes of the tests below are mapped, and never touched.
MEMORY_BYTES = 2_500_000_000
TIMEOUT_S = 2


@pytest.fixture(scope="module")
def caged() -> Iterator[CagedHost]:
    limits = Limits(timeout_s=TIMEOUT_S, memory_bytes=MEMORY_BYTES)
    plan = Plan(False, frozenset({"onnx", "tflite"}), limits)
    with host(plan, body="opening") as one:
        yield one


def entry_of(data: bytes, **facts: Any) -> Entry:
    return Entry.from_toml(entry_toml(data, **{"runtime": "onnx", "scale": 1} | facts))


def model_file(entry: Entry, sheet: Sheet) -> ModelFile:
    return ModelFile((entry.task, entry.name, 1), entry.to_json(), sheet.fd, sheet.size_bytes)


def told(given: CagedHost, entry: Entry, sheet: Sheet) -> list[tuple[str, str]]:
    """What the body says that the model answers."""
    with source() as picture:
        job = Job(picture.fd, picture.size_bytes, b"x", (model_file(entry, sheet),), False)
        with given.run(job) as answer:
            return [(one.name, one.value) for one in answer.findings[1:]]


def error(given: CagedHost, entry: Entry, sheet: Sheet) -> SafelightError:
    with source() as picture:
        models = (model_file(entry, sheet),)
        return failure(given, Job(picture.fd, picture.size_bytes, b"x", models, False))


def pinned(shared_data: Path) -> list[tuple[Entry, Path]]:
    """Entries of the catalogue whose one file is among the shared ones."""
    with (shared_data / "MANIFEST.csv").open() as table:
        places = {row["sha256"]: shared_data / row["path"] for row in csv.DictReader(table)}
    entries = (entry for entry in Store().catalogue() if not entry.parts)
    return [(entry, places[entry.sha256]) for entry in entries if entry.sha256 in places]


def test_real_models_answer_in_the_cage_as_outside_it(
    caged: CagedHost, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(BODIES)
    outside = import_module("opening").told
    seen = set()
    for entry, path in pinned(shared_data):
        data = path.read_bytes()
        expected = outside(open_session(entry, memoryview(data), threads=1))
        sheet = Sheet.holding(data)
        assert told(caged, entry, sheet) == [(one.name, one.value) for one in expected]
        sheet.close()
        seen.add(entry.form)
    assert seen >= {"onnx", "tflite", "torch"}


ONNX, LITE = making.to_bytes(making.picture_model()), making_tflite.to_bytes(making_tflite.sums())
LITE_FACTS = making_tflite.FACTS
UNQUANTISED = making_tflite.to_bytes(making_tflite.sums("uint8"))
BYTES = LITE_FACTS["input"].replace("side = 4", 'side = 4\nnumber = "uint8"') + 'number = "uint8"'
HOSTILE: dict[str, tuple[bytes, dict[str, Any], type[SafelightError], str]] = {
    "onnx, cut": (ONNX[:-9], {}, PolicyRefused, "the model file is damaged"),
    "onnx, a pickle": (pickle.dumps({"w": 1.0}), {}, PolicyRefused, "the model"),
    "onnx, nothing but zeros": (bytes(4_096), {}, PolicyRefused, "a field that is not known"),
    "onnx, nothing of a model": (b"", {}, RuntimeMissing, "onnxruntime cannot open the model"),
    "onnx, data elsewhere": (
        making.to_bytes(making.model_with_external_initializer("/etc/passwd")),
        {},
        PolicyRefused,
        "the model keeps data in another file",
    ),
    "onnx, another shape": (
        making.to_bytes(making.plain_inputs()),
        {"channels": 3, "kind": '"rgb"'},
        ModelFaulty,
        "the model takes other tensors than its catalogue entry says",
    ),
    "onnx, a shape that no picture has": (
        making.to_bytes(making.plain_model()),
        {},
        ModelFaulty,
        "the model failed on this picture",
    ),
    "onnx, an enormous answer": (
        making.to_bytes(making.greedy()),
        {},
        MemoryExceeded,
        MemoryExceeded.sentence,
    ),
    "onnx, without end": (
        making.to_bytes(making.endless()),
        {},
        TimeExceeded,
        "the work took ",  # by the clock or by the processor: whichever limit is met first
    ),
    "tflite, a pickle": (pickle.dumps({"w": 1.0}), LITE_FACTS, PolicyRefused, "no TFLite model"),
    "tflite, cut": (LITE[:-99], LITE_FACTS, RuntimeMissing, "LiteRT cannot open the model"),
    "tflite, nothing but zeros": (bytes(4_096), LITE_FACTS, PolicyRefused, "no TFLite model"),
    "tflite, data elsewhere": (
        making_tflite.to_bytes(making_tflite.elsewhere()),
        LITE_FACTS,
        PolicyRefused,
        "the model keeps data in another file",
    ),
    "tflite, an operator of nobody": (
        making_tflite.to_bytes(making_tflite.custom()),
        LITE_FACTS,
        RuntimeMissing,
        "the model needs operators that LiteRT does not have",
    ),
    "tflite, another shape": (
        making_tflite.to_bytes(making_tflite.sums(shape=(1, 5, 4, 3))),
        LITE_FACTS,
        ModelFaulty,
        "the model takes another shape than its catalogue entry says",
    ),
    "tflite, what ends its runtime": (
        UNQUANTISED,
        LITE_FACTS | {"input": BYTES},
        WorkerDied,
        "the caged worker was ended by SIG",
    ),
}
GOOD: dict[str, tuple[bytes, dict[str, Any]]] = {"onnx": (ONNX, {}), "tflite": (LITE, LITE_FACTS)}


def require_good(caged: CagedHost) -> None:
    """The control: the same host still does its work."""
    for data, facts in GOOD.values():
        sheet = Sheet.holding(data)
        assert len(told(caged, entry_of(data, **facts), sheet)) == 1
        sheet.close()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_model_ends_in_one_clear_error(caged: CagedHost, name: str) -> None:
    data, facts, kind, words = HOSTILE[name]
    before = caged.pid
    sheet = Sheet.holding(data)
    found = error(caged, entry_of(data or b"x", **facts), sheet)
    sheet.close()
    assert type(found) is kind
    assert words in found.message
    assert caged.pid == before
    require_good(caged)


def test_operators_from_elsewhere_are_one_clear_error(caged: CagedHost, shared_data: Path) -> None:
    data = (shared_data / "models/onnx/superresolution_x3_with_pre_post_op18.onnx").read_bytes()
    found = error(caged, entry_of(data), Sheet.holding(data))
    assert type(found) is RuntimeMissing
    assert found.message == "the model needs operators that onnxruntime does not have"
    assert found.hint


def test_a_runtime_that_is_not_installed_is_told_by_the_job() -> None:
    plan = Plan(False, frozenset({"onnx", "tflite"}), Limits(memory_bytes=MEMORY_BYTES))
    with host(plan, body="absent") as one:
        found = error(one, entry_of(LITE, **LITE_FACTS), Sheet.holding(LITE))
        assert type(found) is RuntimeMissing
        assert found.hint == "pip install 'safelight[tflite]'"
        assert told(one, entry_of(ONNX), Sheet.holding(ONNX))


@pytest.mark.parametrize("runtime", ["onnx", "tflite"])
def test_gigabytes_of_zeros_are_refused_unread(caged: CagedHost, runtime: str) -> None:
    sheet = Sheet(1_900_000_000)
    facts = LITE_FACTS if runtime == "tflite" else {}
    assert type(error(caged, entry_of(b"x" * 9, **facts), sheet)) is PolicyRefused
    sheet.close()


def test_gigabytes_of_weights_pass_the_memory_of_a_job(caged: CagedHost) -> None:
    size_bytes = 1_500_000_000
    head, tail = making.enormous_head(size_bytes)
    sheet = Sheet(len(head) + size_bytes + len(tail))
    os.pwrite(sheet.fd, head, 0)
    os.pwrite(sheet.fd, tail, len(head) + size_bytes)
    entry = entry_of(b"x").model_copy(update={"size_bytes": sheet.size_bytes})
    assert type(error(caged, entry, sheet)) is MemoryExceeded
    sheet.close()
    require_good(caged)


@pytest.mark.parametrize("name", GOOD)
def test_flipped_bytes_are_contained(caged: CagedHost, name: str) -> None:
    """Whatever they do, it is an answer or one error of ours, and the next job is not touched."""
    data, facts = GOOD[name]
    draw = random.Random(7)
    before = caged.pid
    with ExitStack() as sheets:
        for _ in range(25):
            changed = bytearray(data)
            for _ in range(draw.choice((1, 3))):
                changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
            sheet = Sheet.holding(bytes(changed))
            sheets.callback(sheet.close)
            with suppress(SafelightError):
                assert told(caged, entry_of(data, **facts), sheet)
    assert caged.pid == before
    require_good(caged)
