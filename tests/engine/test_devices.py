"""A picture whose models run on a device: the same result, the lower level, one error when it dies,
and a new worker for the next.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safelight.audit.models import REPEATABLE, ModelFact
from safelight.audit.receipt import Receipt
from safelight.engine import devices, pace
from safelight.engine.devices import Devices
from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.engine.tuning import Tuning
from safelight.errors import (
    PolicyRefused,
    RuntimeMissing,
    SafelightError,
    SomethingMissing,
    WorkerDied,
)
from safelight.models.facts import Runtime
from safelight.models.guard import Retry
from safelight.models.providers import CPU, SHARED, Device
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.worker import device_attacks
from safelight.worker.device_host import DIED, DeviceHost
from safelight.worker.device_wire import Start
from tests.engine.test_guarded import onnx_model, png
from tests.models.making import add_model
from tests.worker.bodies import reaching
from tests.worker.devices import entry, files

UPSCALE = Recipe.from_steps([{"op": "resize", "fit": "40x40"}, {"op": "upscale", "scale": 2}])


def _settings(device: str, level: int = 2) -> Settings:
    return replace(Settings(), device=device, require_level=level)


@pytest.fixture(scope="module", autouse=True)
def untimed() -> Iterator[None]:
    """No self-test: nothing here depends on what is fastest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tuning, "choice", lambda _, **__: None)
        yield


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(_settings(SHARED), jobs=1) as opened:
        yield opened


@pytest.fixture
def mug(root: Path) -> bytes:
    return (root / "examples" / "pictures" / "mug.jpg").read_bytes()


def _run(engine: Engine, picture: bytes, recipe: Recipe = UPSCALE) -> Result:
    result = engine.run(picture, recipe)
    assert isinstance(result, Result)
    return result


def _host(engine: Engine) -> DeviceHost:
    (host,) = engine.devices._kept.values()
    return host


def test_the_result_is_that_of_the_pictures_own_worker(engine: Engine, mug: bytes) -> None:
    asked = _run(engine, mug)
    with Engine(_settings("cpu"), jobs=1) as plain:
        own = _run(plain, mug)
    assert asked.data == own.data
    assert asked.models == own.models
    assert len(asked.cage.attempts) == len(own.cage.attempts) + len(device_attacks.load())


def test_a_receipt_says_what_ran_the_models(engine: Engine, mug: bytes) -> None:
    (model,) = Receipt.parse(_run(engine, mug).receipt).predicate.models
    assert (model.provider, model.determinism) == ("CPU", REPEATABLE)
    fact = ModelFact.of(entry(), runtime_version="1", provider="cuda:0", is_repeatable=False)
    assert (fact.provider, fact.determinism) == ("cuda:0", "not repeatable")


def test_the_next_picture_has_the_same_worker_of_the_device(engine: Engine, mug: bytes) -> None:
    _run(engine, mug)
    before = _host(engine).pid
    _run(engine, mug)
    assert _host(engine).pid == before


def test_two_cages_and_a_device_are_three(engine: Engine, mug: bytes) -> None:
    recipe = Recipe.from_steps([{"op": "sanitize"}, {"op": "upscale", "scale": 2}])
    small = _run(engine, mug, Recipe.from_steps([{"op": "resize", "fit": "24x24"}])).data
    result = _run(engine, small or b"", recipe)
    assert result.cage.cages == 2
    assert result.cage.contained == len(result.cage.attempts)


def test_a_recipe_without_models_needs_no_device(mug: bytes) -> None:
    with Engine(_settings("cuda"), jobs=1) as engine:
        assert _run(engine, mug, Recipe.from_steps([{"op": "scrub"}])).data
        with pytest.raises(RuntimeMissing, match="cuda:0 is not installed") as caught:
            engine.run(mug, UPSCALE)
    assert caught.value.exit_code == 7
    assert "safelight[cuda]" in caught.value.hint


def test_a_dead_device_is_one_error_and_the_next_picture_has_a_new_one(mug: bytes) -> None:
    with Engine(_settings(SHARED), jobs=1) as engine:
        good = _run(engine, mug).data
        host = _host(engine)

        def die(_share: float) -> None:
            os.kill(host.pid, signal.SIGKILL)

        steps = [{"op": "upscale", "scale": 2}, {"op": "upscale", "scale": 2}]
        recipe = Recipe.from_steps(steps)
        with pytest.raises(WorkerDied, match=DIED):
            engine.run(mug, recipe, progress=die)
        assert host.gone.wait(10)
        assert _run(engine, mug).data == good
        assert _host(engine).pid != host.pid


def test_a_device_that_somebody_ends_is_asked_again_where_that_is_wanted(mug: bytes) -> None:
    killed: list[int] = []
    recipe = Recipe.from_steps([{"op": "upscale", "scale": 2}] * 2)
    with Engine(_settings(SHARED), jobs=1, again=1) as engine:
        good = _run(engine, mug, recipe).data

        def die(_share: float) -> None:
            if not killed:
                killed.append(_host(engine).pid)
                os.kill(killed[0], signal.SIGKILL)

        result = engine.run(mug, recipe, progress=die)
        assert isinstance(result, Result)
        assert killed
        assert result.data == good
        assert _host(engine).pid != killed[0]


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A device and models of others: one whose answers are no numbers, its twin, one cut short."""
    data = tmp_path_factory.mktemp("data")
    (data / "models").mkdir()
    for name, model, twin in (
        ("nan", onnx_model(float("nan")), '[]\nexact = "plain"'),
        ("plain", onnx_model(1.0), "[]"),
        ("cut", onnx_model(1.0)[:-40], "[]"),
    ):
        facts: dict[str, Any] = {"name": name, "file": f"{name}.onnx", "runtime": "onnx"}
        add_model(data / "models", model, aliases=twin, **facts)
    with Engine(replace(_settings(SHARED), data_dir=data), jobs=1) as opened:
        yield opened


def test_a_faulty_answer_is_seen_by_the_picture_and_the_twin_asked(strange: Engine) -> None:
    steps = [{"op": "upscale", "scale": 2, "model": "nan"}]
    result = _run(strange, png(), Recipe.from_steps(steps))
    assert result.retries == (Retry(0, "not finite", 1),)
    assert result.models == ("nan",)


def test_a_model_that_cannot_be_opened_is_told_in_the_same_words(strange: Engine) -> None:
    recipe = Recipe.from_steps([{"op": "upscale", "scale": 2, "model": "cut"}])
    said: list[tuple[type[SafelightError], str, str]] = []
    own = replace(strange.settings, device="cpu")
    with Engine(own, jobs=1) as plain:
        for engine in (plain, strange):
            with pytest.raises(SafelightError) as caught:
                engine.run(png(), recipe)
            said.append((type(caught.value), caught.value.message, caught.value.hint))
    assert said[0] == said[1]
    assert said[0][:2] == (PolicyRefused, "the model file is damaged")


def test_the_receipt_has_the_lower_level(mug: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    given = reaching.reach(Device())

    def with_a_node(start: Start, models: Any, *, required_level: int) -> DeviceHost:
        more: dict[str, Any] = {
            "body": "reaching",
            "reach": given,
            "required_level": required_level,
        }
        return DeviceHost(start, models, **more)

    monkeypatch.setattr(devices, "DeviceHost", with_a_node)
    with Engine(_settings(SHARED), jobs=1) as engine:
        result = _run(engine, mug)
    assert result.cage.level == 2
    egress = Receipt.parse(result.receipt).predicate.egress
    assert egress.level == 2
    assert egress.attempted == egress.contained == len(result.cage.attempts)
    assert set(given.sentences()) <= set(egress.not_covered)
    assert "namespaces" not in egress.mechanisms


def test_models_that_no_device_opens() -> None:
    lite: frozenset[Runtime] = frozenset({"tflite"})
    assert Devices(_settings("auto"), 1).of(lite) == CPU
    assert Devices(_settings(SHARED), 1).of(frozenset()) == CPU
    with pytest.raises(SomethingMissing, match="LiteRT"):
        Devices(_settings(SHARED), 1).of(lite)


def test_auto_takes_no_card_where_its_level_is_too_low(monkeypatch: pytest.MonkeyPatch) -> None:
    card = Device("cuda")
    monkeypatch.setattr("safelight.models.providers.present", lambda: (card, CPU))
    assert Devices(_settings("auto"), 1).device == card
    assert Devices(_settings("auto"), 1).precision == "fp32"
    assert Devices(_settings("auto", level=3), 1).device == CPU
    assert Devices(_settings("auto", level=3), 1).precision == ""


def test_no_more_workers_are_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "MOST_KEPT", 1)
    kept = Devices(_settings(SHARED), 1)
    try:
        for number in range(2):
            (file,) = files()
            marked = replace(file, entry_json=file.entry_json + b" " * number)
            kept._worker((marked,), 0)
        assert len(kept._kept) == 1
    finally:
        kept.close()


def test_the_pace_of_a_device_is_that_of_a_whole_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "SIDE", 48)
    found = pace.measure(_settings("auto"), CPU, tmp_path)
    assert found.level == 3
    assert found.megapixels_a_second > 0
    assert found.expected_s == pytest.approx(192 / found.megapixels_a_second)
    assert found.sentence().startswith("cpu (CPUExecutionProvider): ")


def test_a_worker_without_models_is_measured_for_a_proof() -> None:
    assert Devices(_settings("cpu"), 1).report() is None
    found = Devices(_settings(SHARED), 1).report()
    assert found is not None
    assert found.contained == len(found.attempts) == len(device_attacks.load())
