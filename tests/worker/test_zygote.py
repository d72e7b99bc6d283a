"""The zygote: warm with what a job needs, nothing more, and alone with its one thread."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import SafelightError, WorkerDied
from safelight.formats import FORMATS, WRITABLE, Format
from safelight.models.store import Store
from safelight.recipe import Recipe
from safelight.worker.caged import CagedHost
from safelight.worker.job import Job, ModelFile, Plan
from safelight.worker.zygote import FILES_PER_WORKER, ZYGOTE_FILES
from tests.worker.hosts import descendants, host, plan, source, threads_of

IS_ROOT = os.geteuid() == 0
STEPS: tuple[Mapping[str, Any], ...] = (
    {"op": "resize", "fit": "32x32"},
    {"op": "crop", "width": 16, "height": 16},
    {"op": "scrub"},
    {"op": "inspect"},
)


def test_a_plan_without_pixels_loads_no_image_library_and_no_runtime() -> None:
    assert _libraries(plan()) == set()


def test_a_plan_with_pixels_and_models_loads_both() -> None:
    wanted = plan(pixels=True, runtime=True, memory_bytes=2_000_000_000)
    assert _libraries(wanted) == {"libvips", "onnxruntime", "numpy"}


def _libraries(given: Plan) -> set[str]:
    """What the workers hold, by their own account and, where we are root, as the kernel says."""
    with host(given, body="loaded") as caged, source() as sheet:
        with caged.run(Job(sheet.fd, sheet.size_bytes, b"", wants_image=False)) as answer:
            told = {found.name for found in answer.findings}
        caged.report()
        maps = [_closed_to_users(f"/proc/{pid}/maps") for pid in _family(caged)]
    if IS_ROOT:
        seen = {
            name for name in ("libvips", "onnxruntime", "numpy") if any(name in one for one in maps)
        }
        assert seen == told
    return told


def _family(caged: CagedHost) -> list[int]:
    """The zygote and its workers, all of them undumpable; not the process that waits for it."""
    return sorted(descendants(caged.pid))


def _closed_to_users(path: str) -> str:
    """The text; an ordinary user cannot look into an undumpable process, not even an own one."""
    if IS_ROOT:
        return Path(path).read_text()
    with pytest.raises(PermissionError):
        Path(path).read_text()
    return ""


def test_a_pipeline_run_in_the_zygote_is_noticed() -> None:
    threaded = host(plan(pixels=True), body="threaded")
    with threaded, pytest.raises(WorkerDied, match="threads where it must have one"):
        threaded.report()


def test_a_zygote_that_cannot_start_says_why_each_time() -> None:
    with host(body="missing") as caged:
        for _ in range(2):
            with pytest.raises(WorkerDied, match="no_such_module"):
                caged.report()


def test_the_zygote_has_one_thread_and_no_descriptor_of_ours() -> None:
    with host() as caged:
        caged.report()
        family = descendants(caged.pid)
        assert [threads_of(pid) for pid in family] == [1] * len(family)
        for pid in family:
            if not IS_ROOT:  # closed to the user who runs it; then nobody else looks there either
                with pytest.raises(PermissionError):
                    os.listdir(f"/proc/{pid}/fd")
                continue
            links = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
            kinds = {link.partition(":")[0] for link in links}
            assert kinds <= {"/dev/null", "socket", "pipe", "anon_inode"}
        assert len(family) >= 2


@pytest.fixture(scope="module")
def real() -> Iterator[CagedHost]:
    given = plan(pixels=True, runtime=True, memory_bytes=2_000_000_000)
    with host(replace(given, late=frozenset(FORMATS)), body="witnessing") as opened:
        yield opened


def _imports(caged: CagedHost, data: bytes, recipe: Recipe) -> tuple[list[str], bytes]:
    with source(data) as sheet:
        job = Job(sheet.fd, len(data), recipe.canonical, wants_image=recipe.gives_image)
        with caged.run(job) as answer:
            names = [found.value for found in answer.findings if found.name == "import"]
            return names, bytes(answer.output or b"")


@pytest.mark.parametrize("format", WRITABLE)
def test_every_format_decodes_and_encodes_in_the_cage_without_an_import(
    real: CagedHost, format: Format, root: Path
) -> None:
    original = (root / "examples" / "pictures" / "lake.jpg").read_bytes()
    steps = [{"op": "resize", "fit": "64x64"}, {"op": "convert", "to": format}]
    imports, small = _imports(real, original, Recipe.from_steps(steps))
    assert imports == []
    for step in (*STEPS, {"op": "convert", "to": "jpeg"}, {"op": "convert", "to": "png"}):
        assert _imports(real, small, Recipe.from_steps([step]))[0] == []


def test_a_model_runs_in_the_cage_without_an_import(real: CagedHost, root: Path) -> None:
    picture = (root / "examples" / "pictures" / "mug.jpg").read_bytes()
    recipe = Recipe.from_steps([{"op": "resize", "fit": "48x48"}, {"op": "upscale", "scale": 2}])
    (need,) = recipe.needs
    loaded = Store().load(need)
    triple = (need.task, need.name, need.scale)
    model = ModelFile(triple, loaded.entry.to_json(), loaded.fd, loaded.size_bytes)
    with source(picture) as sheet:
        work = Job(sheet.fd, len(picture), recipe.canonical, (model,))
        with real.run(work) as answer:
            assert max(answer.width, answer.height) == 96
            assert [found for found in answer.findings if found.name == "import"] == []
    os.close(loaded.fd)


def test_an_import_in_the_cage_is_noticed() -> None:
    """The control: a plan that was not warmed for pixels, given a job that needs them."""
    witness = host(body="witnessing")
    with witness, pytest.raises(SafelightError, match="unforeseen ImportError"):
        _imports(witness, _png(), Recipe.from_steps([{"op": "convert", "to": "webp"}]))


def _png() -> bytes:
    """One grey pixel."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def test_a_host_with_many_open_files_has_workers_all_the_same() -> None:
    """The number of the zygote's channel was that which it had in the host."""
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(200)]
    try:
        assert max(held) > ZYGOTE_FILES + FILES_PER_WORKER, "the control: above all limits"
        with host(plan()) as caged:
            assert caged.report().level >= 2
    finally:
        for one in held:
            os.close(one)
