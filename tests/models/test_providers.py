"""Devices: named as settings name them, looked for without a runtime, and told when not here."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safelight.errors import PolicyRefused, RuntimeMissing, SafelightError, SomethingMissing
from safelight.models import onnx_session, providers, waking
from safelight.models.onnx_session import OnnxSession, opened
from safelight.models.providers import CPU, CPU_PROVIDER, KINDS, SHARED, Device, chosen, present
from safelight.models.store import Store
from safelight.models.waking import first_net, options_of, wake, wiper
from safelight.operation import ModelNeed
from safelight.settings.rules import DEVICES, device

CARD = Device("cuda", 1)


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with the runtime for cards, and card number 1."""
    for name in ("nvidia1", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    monkeypatch.setattr(providers, "DEV", tmp_path)
    monkeypatch.setattr(providers, "_installed", lambda _package: True)
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path


def test_every_name_of_the_settings_is_a_device_and_no_other_is() -> None:
    plain = [name for name in DEVICES if name != "auto" and not name.endswith(":N")]
    assert {Device.named(name).kind for name in plain} == set(KINDS)
    for name in plain:
        assert device(name) == name
        assert Device.named(Device.named(name).name) == Device.named(name)
    assert Device.named(device("cuda:15")) == Device("cuda", 15)
    assert Device.named("cuda").name == "cuda:0"
    for wrong in ("gpu", "cuda:16", "cuda:x", "cuda:", "cpu:1", "cuda:N", "coreml:0", ""):
        with pytest.raises(ValueError, match="is no device"):
            Device.named(wrong)
        with pytest.raises(ValueError, match="must be one of"):
            device(wrong)


def test_a_session_is_told_its_provider_and_the_processor_behind() -> None:
    assert CPU.providers({}) == [CPU_PROVIDER] == CPU.names
    named = [("CUDAExecutionProvider", {"device_id": "1", "a": "b"}), CPU_PROVIDER]
    assert CARD.providers({"a": "b"}) == named
    assert Device("coreml").providers({}) == [("CoreMLExecutionProvider", {}), CPU_PROVIDER]
    assert CARD.names == ["CUDAExecutionProvider", CPU_PROVIDER]


def test_a_card_that_is_here_is_taken_by_auto(card: Path) -> None:
    assert present() == (CARD, CPU)
    assert chosen("auto") == CARD == chosen("cuda:1")
    assert chosen("auto", is_allowed=lambda one: one == CPU) == CPU
    assert CARD.nodes == tuple(str(card / n) for n in ("nvidia1", "nvidiactl", "nvidia-uvm"))
    assert CARD.is_asked
    with pytest.raises(SomethingMissing, match="no card for cuda:0") as caught:
        chosen("cuda")
    assert caught.value.exit_code == 7


def test_without_its_package_the_hint_installs_it(card: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(providers, "_installed", lambda _package: False)
    assert present() == (CPU,)
    assert chosen("auto") == CPU
    with pytest.raises(RuntimeMissing, match="cuda:1 is not installed") as caught:
        chosen("cuda:1")
    assert caught.value.hint.endswith("pip install 'safelight[cuda]'")


@pytest.mark.parametrize(
    ("system", "here", "missing"),
    [("win32", "directml", "coreml"), ("darwin", "coreml", "directml"), ("linux", "cpu", "coreml")],
)
def test_each_system_has_its_own(system: str, here: str, missing: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(providers, "_installed", lambda _package: True)
    assert here in [one.kind for one in present()]
    assert not Device(here).is_asked
    with pytest.raises(SomethingMissing, match=f"has no {missing}"):
        chosen(missing)
    if system != "linux":
        with pytest.raises(SomethingMissing, match="has no cpu:shared"):
            chosen(SHARED)


def test_the_packages_are_looked_up_by_name() -> None:
    assert providers._installed("numpy")
    assert not providers._installed("no-such-package")


def test_the_processor_shared_needs_nothing() -> None:
    shared = chosen(SHARED)
    assert shared.is_asked
    assert shared.nodes == ()
    assert dict(options_of(shared)) == {}
    wake(shared)
    wiper(shared)()


@pytest.mark.parametrize("half", [False, True], ids=["fp32", "fp16"])
def test_the_first_net_is_one_that_a_runtime_opens(half: bool) -> None:
    session = opened(first_net(half=half), threads=1, device=CPU)
    (sums,) = session.run(None, {"x": np.ones((1, 3, waking.SIDE, waking.SIDE), np.float32)})
    assert sums.shape == (1, waking.CHANNELS)
    assert sums.sum() == pytest.approx(1, abs=1e-2)


def test_a_card_wakes_by_both_nets_in_memory_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Device] = []
    wiped: list[int] = []

    class Ours:
        def options(self) -> dict[str, str]:
            return {"gpu_external_alloc": "1"}

        def wipe(self) -> None:
            wiped.append(1)

    def on_processor(data: bytes, *, threads: int, device: Device) -> Any:
        asked.append(device)
        return opened(data, threads=threads, device=CPU)

    monkeypatch.setattr(waking, "_pieces", lambda _number: Ours())
    monkeypatch.setattr(onnx_session, "opened", on_processor)
    monkeypatch.setattr(sys, "platform", "linux")
    wake(CARD)
    assert asked == [CARD, CARD]
    wiper(CARD)()
    assert wiped == [1]
    assert options_of(CARD)["gpu_external_alloc"] == "1"


def test_what_a_card_brings_in_late_is_loaded_before_its_files_are_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "nvidia" / "cudnn" / "lib"
    folder.mkdir(parents=True)
    for name in ("libcudnn.so.9", "libcudnn_ops.so.9", "README"):
        (folder / name).touch()
    tried: list[str] = []

    def library(path: str, _mode: int) -> None:
        tried.append(Path(path).name)
        raise OSError("no library")

    class Runtime:
        def preload_dlls(self) -> None:
            tried.append("the runtime's own")

    monkeypatch.setattr(onnx_session, "import_onnxruntime", Runtime)
    monkeypatch.setattr(ctypes, "CDLL", library)
    monkeypatch.setattr(sys, "path", [str(tmp_path), "not there"])
    waking.load(CPU)
    assert tried == []
    waking.load(CARD)
    assert tried == ["the runtime's own", "libcudnn.so.9", "libcudnn_ops.so.9"]


def test_a_provider_that_was_not_named_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = Store().load(ModelNeed("upscale", "upscale-x2-fp32", 2))
    data = Path(f"/proc/self/fd/{loaded.fd}").read_bytes()
    real = opened

    def fallen_back(data: bytes, *, threads: int, device: Device) -> Any:
        return real(data, threads=threads, device=CPU)

    monkeypatch.setattr(onnx_session, "opened", fallen_back)
    with pytest.raises(PolicyRefused, match="not named"):
        OnnxSession(loaded.entry, data, threads=1, device=CARD)


def test_a_provider_that_is_not_in_the_runtime_is_an_error_of_ours() -> None:
    loaded = Store().load(ModelNeed("upscale", "upscale-x2-fp32", 2))
    data = Path(f"/proc/self/fd/{loaded.fd}").read_bytes()
    with pytest.raises(SafelightError):
        OnnxSession(loaded.entry, data, threads=1, device=Device("directml"))
