"""doctor: use everything that the work needs, and say what to fix. Opens no connection."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import caging, speaking
from safelight.cli.printable import printable
from safelight.errors import ModelMissing, RuntimeMissing, SafelightError, VerificationFailed
from safelight.proof.reports.plain import size

if TYPE_CHECKING:
    from safelight.engine.engine import Engine
    from safelight.settings import Settings

OLDEST_PYTHON = (3, 11)
RUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml")
SAMPLE_SIDE = 256
LEAST_DISK_BYTES = 16_000_000
SCARCE_DISK_BYTES = 512_000_000
MARKS = {"ok": ("ok", "green"), "note": ("note", "yellow"), "fix": ("FIX", "red")}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: fine, worth knowing, or to be fixed."""

    name: str
    state: Literal["ok", "note", "fix"]
    found: str
    fix: str = ""
    exit_code: int = 0


@click.command(name="doctor", add_help_option=False)
@click.option("--measure", is_flag=True, help="Time the models anew, and keep what wins.")
@caging
@speaking
@click.pass_obj
def doctor(face: Face, *, measure: bool) -> int:
    """Check that everything needed is here, and say how to fix what is not.

    \b
    Examples:
      safelight doctor
      safelight doctor --measure
      safelight doctor --json
    """
    checks = list(examine(face.settings, anew=measure))
    verdict = conclude(checks)
    code = next((check.exit_code for check in checks if check.state == "fix"), 0)
    if face.is_json:
        document = {"type": "doctor", "schema": SCHEMA, "ready": code == 0, "verdict": verdict}
        face.document(document | {"checks": [asdict(check) for check in checks]})
        return code
    for check in checks:
        word, paint = MARKS[check.state]
        mark = face.paint(f"{word:<4}", paint)
        face.out(f"{mark} {check.name:<9} {printable(check.found)}")
        if check.fix:
            face.out(f"               {printable(check.fix)}")
    face.out(verdict)
    return code


def examine(settings: Settings, *, anew: bool = False) -> Iterator[Check]:
    """Every check in order. The cage, libvips and the runtime are tried with a drawn picture.

    anew times the models again even if what the first start found is kept.
    """
    yield _python()
    yield _packages("libvips", ("pyvips-binary", "pyvips"), "pip install safelight")
    yield _packages("runtime", RUNTIMES, RuntimeMissing.usual_hint)
    yield _limits(settings)
    yield _disk(settings.state_dir)
    yield _swap(Path("/proc/swaps"))
    yield _keys(settings.state_dir / "keys")
    with tempfile.TemporaryDirectory(prefix="safelight-doctor-") as folder:
        from safelight.engine.engine import Engine

        private = replace(settings, state_dir=Path(folder))
        with Engine(replace(private, device="cpu"), jobs=1) as engine:
            yield _tried(_models, engine, "models")
            yield _tried(_cage, engine, "cage")
            yield _tried(_pixels, engine, "pixels")
        yield from _devices(settings, Path(folder))
    with Engine(replace(settings, device="cpu"), jobs=1) as engine:
        yield _tried(partial(_speed, anew=anew), engine, "speed")


def conclude(checks: list[Check]) -> str:
    """The last line: ready, ready on CPU with its speed, or what to fix."""
    fixes = [check.name for check in checks if check.state == "fix"]
    if fixes:
        return f"to fix: {', '.join(fixes)}"
    speed = next((check.found for check in checks if check.name == "speed"), "")
    card = next((check.found for check in checks if check.name == "device"), "cpu").split()[0]
    place = "CPU" if card.startswith("cpu") else card
    return f"ready on {place} ({speed})" if speed else "ready"


def _devices(settings: Settings, folder: Path) -> Iterator[Check]:
    """What each device that is here does, the fastest kinds first; one that the settings name and
    that is not here is to be fixed.
    """
    from safelight.engine.pace import measure
    from safelight.models.providers import Device, chosen, present

    if settings.device != "auto":
        try:
            chosen(settings.device)
        except SafelightError as error:
            yield Check("device", "fix", error.message, error.hint, error.exit_code)
    shared = [Device.named(settings.device)] if settings.device == "cpu:shared" else []
    for device in (*present(), *shared):
        try:
            yield Check("device", "ok", measure(settings, device, folder).sentence())
        except SafelightError as error:
            found = f"{device.name}: {error.message}"
            yield Check("device", "fix", found, error.hint, error.exit_code)


def _tried(check: Callable[[Engine], Check], engine: Engine, name: str) -> Check:
    try:
        return check(engine)
    except SafelightError as error:
        return Check(name, "fix", error.message, error.hint, error.exit_code)


def _python() -> Check:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < OLDEST_PYTHON:
        return Check("python", "fix", found, "install Python 3.11 or newer", 7)
    return Check("python", "ok", found)


def _packages(name: str, packages: tuple[str, ...], fix: str) -> Check:
    found = []
    for package in packages:
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    if not found:
        return Check(name, "fix", "not installed", fix, 7)
    return Check(name, "ok", ", ".join(found))


def _limits(settings: Settings) -> Check:
    shown = (settings.shown(key) for key in ("max_bytes", "max_pixels", "timeout", "jobs"))
    return Check("limits", "ok", "input {}, {}; {} a picture; {} side by side".format(*shown))


def _disk(folder: Path) -> Check:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free
    found = f"{size(free)} free in {_redacted(folder)}"
    if free < LEAST_DISK_BYTES:
        return Check("disk", "fix", found, "free some space, or --state-dir another folder", 1)
    return Check("disk", "ok" if free > SCARCE_DISK_BYTES else "note", found)


def _swap(swaps: Path) -> Check:
    try:
        devices = [line.split()[0] for line in swaps.read_text().splitlines()[1:] if line.strip()]
    except OSError:
        return Check("swap", "note", "unknown on this system")
    if not devices:
        return Check("swap", "ok", "off: no picture in memory is written to a disk")
    in_memory = all(Path(device).name.startswith("zram") for device in devices)
    if in_memory:
        return Check("swap", "ok", "compressed memory only")
    found = "on: memory with pictures may be written to a disk"
    return Check("swap", "note", found, "encrypted swap, or swapoff -a while you work")


def _keys(folder: Path) -> Check:
    """Keys that are there must be sound and private; none are made for a check."""
    from safelight.vault.status import status

    try:
        kept = status(folder)
    except SafelightError as error:
        return Check("keys", "fix", error.message, error.hint, error.exit_code)
    if "receipts" not in kept.fingerprints:
        return Check("keys", "ok", "made on first use")
    found = f"fingerprint {kept.fingerprints['receipts'][:16]}"
    if kept.warning:
        return Check("keys", "note", f"{found}; {kept.warning}", kept.fix)
    return Check("keys", "ok", f"{found}; wrapped, opened by {kept.opened_by}")


def _models(engine: Engine) -> Check:
    entries = engine.store.entries()
    broken = [entry.name for entry in entries if not engine.store.verify(entry)]
    if broken:
        raise VerificationFailed(f"the file of {', '.join(broken)} is not the one that was pinned")
    for entry in entries:
        engine.store.twin(entry)
    return Check("models", "ok", f"{len(entries)} here, each with its pinned SHA-256")


def _cage(engine: Engine) -> Check:
    from safelight.recipe import Recipe

    recipe = Recipe.from_steps([{"op": "resize", "width": 1}])
    report = engine.host(recipe, "png").report()
    found = f"level {report.level}, {report.contained} of {len(report.attempts)} attacks contained"
    fix = f"not covered: {'; '.join(report.not_covered)}" if report.level < 2 else ""
    return Check("cage", "ok" if report.level >= 2 else "note", found, fix)


def _pixels(engine: Engine) -> Check:
    from safelight.engine.tuning import drawn
    from safelight.recipe import Recipe

    recipe = Recipe.from_steps([{"op": "resize", "width": SAMPLE_SIDE // 2}])
    engine.run(drawn(SAMPLE_SIDE), recipe)
    return Check("pixels", "ok", "a drawn picture was read, made smaller and written in the cage")


def _speed(engine: Engine, *, anew: bool) -> Check:
    choice = engine.tuning.choice(anew=anew)
    if choice is None:
        raise ModelMissing("no model could be timed")
    return Check("speed", "ok", f"upscale x2: {choice.sentence()}, measured {choice.measured[:10]}")


def _redacted(folder: Path) -> str:
    """The path with the user's home, which names the user, as ~."""
    try:
        return f"~/{folder.relative_to(Path.home())}"
    except ValueError:
        return str(folder)
