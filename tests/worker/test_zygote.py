"""The zygote: warm with what a job needs, nothing more, and alone with its one thread."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import SafelightError, WorkerDied
from safelight.image import FORMATS, Format
from safelight.models.store import Store
from safelight.recipe import Recipe
from safelight.worker.caged import CagedHost
from safelight.worker.job import Job, ModelFile
from tests.worker.hosts import descendants, host, plan, source

STEPS: tuple[Mapping[str, Any], ...] = (
    {"op": "resize", "fit": "32x32"},
    {"op": "crop", "width": 16, "height": 16},
    {"op": "scrub"},
    {"op": "inspect"},
)


def test_a_plan_without_pixels_loads_no_image_library_and_no_runtime() -> None:
    with host(body="safelight.worker.child") as caged:
        caged.report()
        assert _libraries(caged) == set()


def test_a_plan_with_pixels_and_models_loads_both() -> None:
    with host(plan(pixels=True, runtime=True), body="safelight.worker.child") as caged:
        caged.report()
        assert _libraries(caged) == {"libvips", "onnxruntime", "numpy"}


def _libraries(caged: CagedHost) -> set[str]:
    maps = "".join(Path(f"/proc/{pid}/maps").read_text() for pid in descendants(caged.pid))
    return {name for name in ("libvips", "onnxruntime", "numpy") if name in maps}


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
        for pid in family:
            assert len(os.listdir(f"/proc/{pid}/task")) == 1
            links = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
            kinds = {link.partition(":")[0] for link in links}
            assert kinds <= {"/dev/null", "socket", "pipe", "anon_inode"}
        assert len(family) >= 2


@pytest.fixture(scope="module")
def real() -> Iterator[CagedHost]:
    given = plan(pixels=True, runtime=True, memory_bytes=2_000_000_000)
    with host(given, body="witnessing") as opened:
        yield opened


def _imports(caged: CagedHost, data: bytes, recipe: Recipe) -> tuple[list[str], bytes]:
    with source(data) as sheet:
        job = Job(sheet.fd, len(data), recipe.canonical, wants_image=recipe.gives_image)
        with caged.run(job) as answer:
            names = [found.value for found in answer.findings if found.name == "import"]
            return names, bytes(answer.output or b"")


@pytest.mark.parametrize("format", FORMATS)
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
