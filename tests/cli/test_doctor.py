"""The doctor sees what is wrong: each check has a fault that it must find, and names the fix."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from safelight.cli import doctor
from safelight.cli.doctor import Check, conclude
from safelight.engine import pace
from safelight.engine.engine import Engine
from safelight.engine.pace import Pace
from safelight.errors import RuntimeMissing
from safelight.models.providers import Device
from safelight.settings import Settings
from safelight.vault.keepers import ByPassphrase
from safelight.vault.keys import load_or_make
from safelight.vault.vault import Vault
from tests.models.making import add_model


def test_an_old_python_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 0))
    assert doctor._python().state == "fix"


def test_a_package_that_is_not_there_is_seen() -> None:
    found = doctor._packages("runtime", ("no-such-package",), RuntimeMissing.usual_hint)
    assert (found.state, found.exit_code) == ("fix", 7)
    assert found.fix == "pip install 'safelight[cpu]'"


@pytest.mark.parametrize(("free", "state"), [(1_000, "fix"), (100_000_000, "note"), (10**12, "ok")])
def test_a_full_disk_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)
    found = doctor._disk(tmp_path / "not" / "made" / "yet")
    assert found.state == state


def test_the_users_home_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "~/state" in doctor._disk(tmp_path / "state").found
    assert str(tmp_path) not in doctor._disk(tmp_path / "state").found


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ("Filename Type Size\n", "ok"),
        ("Filename Type Size\n/dev/zram0 partition 1\n", "ok"),
        ("Filename Type Size\n/dev/sda2 partition 1\n", "note"),
    ],
)
def test_swap_on_a_disk_is_seen(tmp_path: Path, lines: str, state: str) -> None:
    (tmp_path / "swaps").write_text(lines)
    assert doctor._swap(tmp_path / "swaps").state == state
    assert doctor._swap(tmp_path / "nothing").state == "note"


def test_keys_that_others_can_read_are_seen(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert doctor._keys(folder).found == "made on first use"
    assert not folder.exists()
    load_or_make(folder)
    assert doctor._keys(folder).state == "note"
    for path in folder.iterdir():
        path.chmod(0o644)
    assert doctor._keys(folder).state == "fix"


def test_keys_that_only_permissions_protect_are_told_until_they_are_wrapped(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "keys"
    load_or_make(folder)
    found = doctor._keys(folder)
    assert "only their permissions protect" in found.found
    assert found.fix == "safelight vault init"
    Vault(folder).init(ByPassphrase("fourteen cats on a roof"))
    found = doctor._keys(folder)
    assert (found.state, found.fix) == ("ok", "")
    assert found.found.endswith("wrapped, opened by the passphrase, locked")


def test_a_twin_that_is_missing_is_seen(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    add_model(tmp_path / "models", name="mine")
    with Engine(dataclasses.replace(Settings(), data_dir=tmp_path), jobs=1) as engine:
        assert doctor._tried(doctor._models, engine, "models").state == "ok"
    add_model(tmp_path / "models", name="mine", aliases='[]\nexact = "gone"')
    with Engine(dataclasses.replace(Settings(), data_dir=tmp_path), jobs=1) as engine:
        found = doctor._tried(doctor._models, engine, "models")
    assert (found.state, found.exit_code) == ("fix", 7)
    assert found.found == "gone, the exact twin of mine, is not here"


def test_the_last_line_says_what_to_do() -> None:
    good = Check("python", "ok", "3.11")
    bad = Check("models", "fix", "broken", "", 5)
    speed = Check("speed", "ok", "upscale x2: 1.0 s per megapixel")
    assert conclude([good]) == "ready"
    assert conclude([good, speed]) == "ready on CPU (upscale x2: 1.0 s per megapixel)"
    assert conclude([good, bad, speed]) == "to fix: models"


def test_a_device_that_is_named_and_not_here_is_to_be_fixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def timed(_settings: Settings, device: Device, _folder: Path) -> Pace:
        if device.is_shared:
            raise RuntimeMissing
        return Pace(device, 2.0, 3)

    monkeypatch.setattr(pace, "measure", timed)
    for name, states in (("auto", "ok"), ("cuda:7", "fix ok"), ("cpu:shared", "ok fix")):
        settings = dataclasses.replace(Settings(), device=name)
        found = list(doctor._devices(settings, tmp_path))
        assert [check.state for check in found] == states.split()
        for check in found:
            assert check.state == "ok" or (check.exit_code, bool(check.fix)) == (7, True)


def test_the_last_line_names_the_fastest_device() -> None:
    card = Check("device", "ok", "cuda:0 (CUDAExecutionProvider): 900 megapixels a second")
    slow = Check("device", "ok", "cpu (CPUExecutionProvider): 9 megapixels a second")
    speed = Check("speed", "ok", "fast")
    assert conclude([card, slow, speed]) == "ready on cuda:0 (fast)"
    assert conclude([slow, speed]) == "ready on CPU (fast)"
