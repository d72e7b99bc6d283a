"""The Studio in a browser: first load, time to a scrubbed file, 12 megapixels, a batch of 50.

    python -m bench.studio [--quick] [--check] [--markdown]

The distribution's Chromium, a server of our own on this machine, a fresh profile. The tab is set
beside the same codecs used bare (wasm-vips in a page of nothing else) and beside the command line,
in turns in one run; the middle of the rounds counts. The batch has a control that keeps a part of
every picture: it must be seen.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Frame, Page

from bench.bare_codecs import bare
from bench.browsing import browsing, context_of, known_to
from bench.command import LARGE, photograph
from bench.framed_engine import ENGINE, TIMED, asked
from bench.serving import serving
from bench.tables import Goal, Table, missing, show
from bench.visiting import FRAME, READY_MS, open_tool, tool_frame
from bench.watch import Sample, family, level_bytes, set_size, settled, slope_bytes
from safelight.proof.serving.served import Served
from safelight.studio import files

ROOT = Path(__file__).resolve().parents[1]
WASM_VIPS = ROOT / "web" / "node_modules" / "wasm-vips" / "lib"
SOURCES = {"PYTHONPATH": str(ROOT / "src")}
ROUNDS, QUICK_ROUNDS = 5, 2
MOST_OPENING_S = 3.0
SMALL = (1600, 1200, 88)
FILES, WARM_UP, MOST_GROWTH, LEAK_BYTES = 50, 8, 1.10, 4_000_000
WISHES: dict[str, list[dict[str, Any]]] = {
    "jpeg": [{"op": "convert", "to": "jpeg", "quality": 80}],
    "webp": [{"op": "convert", "to": "webp", "quality": 80}],
    "webp 2048": [{"op": "resize", "fit": "2048x2048"},
                  {"op": "convert", "to": "webp", "quality": 80}],
    "avif 2048": [{"op": "resize", "fit": "2048x2048"},
                  {"op": "convert", "to": "avif", "quality": 60}],
}  # fmt: skip
DONE = re.compile(r"(\d+) of \d+ files? done|(\d+) files? (?:is|are) done")


@dataclass(frozen=True, slots=True)
class Ground:
    """What is measured, by what, and where files lie meanwhile."""

    browser: Browser
    served: Served
    known: Any
    folder: Path

    def visit(self) -> AbstractContextManager[BrowserContext]:
        return context_of(self.browser, self.served, self.known, locale="en-GB")


def tables(quick: bool) -> list[Table]:
    """What is loaded; opening to scrubbed; 12 megapixels; 50 files."""
    if files.is_unbuilt() or not WASM_VIPS.is_dir():
        return [missing("The Studio", "it is not built: scripts/studio.py")]
    rounds = QUICK_ROUNDS if quick else ROUNDS
    with (
        tempfile.TemporaryDirectory(prefix="b-") as name,
        serving(Path(name) / "s", environment=SOURCES) as served,
        browsing() as browser,
    ):
        ground = Ground(browser, served, known_to(browser, served), Path(name))
        return [loaded(), opening(ground, rounds), twelve(ground, rounds), batch(ground)]


def loaded() -> Table:
    """What comes over the wire before a picture can be dropped, and in all; the limits are those
    of the build.
    """
    limits = limits_kb()
    every = files.load().manifest.files.values()
    first_kb = sum(one.size for one in every if one.first) / 1e3
    total_kb = sum(one.size for one in every) / 1e3
    rows = (("until a picture can be dropped", f"{first_kb:.0f}"), ("all of it", f"{total_kb:.0f}"))
    goals = (
        Goal("first load", first_kb, limits["first_script_bytes"], "kB", digits=0),
        Goal("all of it", total_kb, limits["whole_bytes"], "kB", digits=0),
    )
    return Table("What is loaded, compressed", ("", "kB"), rows, goals=goals)


def limits_kb() -> dict[str, float]:
    """What pyproject.toml lets the Studio weigh."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    budget = told["tool"]["safelight"]["studio"]
    return {name: most / 1e3 for name, most in budget.items() if name.endswith("_bytes")}


@contextmanager
def page_of(ground: Ground) -> Iterator[Page]:
    with ground.visit() as context:
        yield context.new_page()


def opening(ground: Ground, rounds: int) -> Table:
    """From the address to the file among the downloads, nothing cached and then all cached."""
    photo = ground.folder / "photo.jpg"
    photo.write_bytes(photograph(*SMALL, seed=1))
    first: list[float] = []
    again: list[float] = []
    for _ in range(rounds):
        with ground.visit() as context:
            first.append(scrubbed_s(context, photo))
            again.append(scrubbed_s(context, photo))
    shown = (("first visit", first), ("second visit", again))
    rows = tuple((what, f"{statistics.median(some):.2f}") for what, some in shown)
    goal = Goal("first visit", statistics.median(first), MOST_OPENING_S, "s")
    return Table("From opening the page to a scrubbed file", ("", "s"), rows, goals=(goal,))


def scrubbed_s(context: BrowserContext, photo: Path) -> float:
    page = context.new_page()
    started = time.perf_counter()
    page.goto("/#/start")
    holder = page.wait_for_selector(FRAME, state="attached", timeout=READY_MS)
    frame = holder.content_frame() if holder else None
    if frame is None:
        raise SystemExit("no tool frame")
    frame.locator("input[data-start]").set_input_files(photo)
    with page.expect_download():
        frame.get_by_role("button", name="Make it safe to share").click()
    taken_s = time.perf_counter() - started
    page.close()
    return taken_s


def twelve(ground: Ground, rounds: int) -> Table:
    """The tab, the same codecs bare, and the command line take turns."""
    data = photograph(*LARGE, seed=2)
    photo = ground.folder / "large.jpg"
    photo.write_bytes(data)
    rows, goals = [], []
    with page_of(ground) as page, bare(ground.browser, WASM_VIPS) as bare_timed:
        page.goto("/#/start")
        frame = tool_frame(page)
        frame.evaluate(ENGINE)
        for task in WISHES:
            sides: dict[str, list[tuple[float, int]]] = {"tab": [], "bare": [], "command": []}
            for _ in range(rounds + 1):  # the first of each is not counted: it starts what it needs
                sides["tab"].append(tab_ms(frame, data, task))
                sides["bare"].append(bare_timed(data, task))
                sides["command"].append(command_ms(photo, ground.folder, task))
            middle = {side: statistics.median(ms for ms, _ in some[1:]) / 1e3
                      for side, some in sides.items()}  # fmt: skip
            sizes = [f"{some[-1][1] / 1e3:.0f}" for some in sides.values()]
            ratio = middle["tab"] / middle["bare"]
            rows.append((task, *(f"{one:.2f}" for one in middle.values()), f"{ratio:.2f}", *sizes))
            goals.append(Goal(f"{task}: tab against bare codecs", ratio, 1.25, "x"))
    head = ("12 MP", "tab, s", "bare, s", "command, s", "tab / bare",
            "tab, kB", "bare, kB", "command, kB")  # fmt: skip
    notes = ("Tab and bare are warm; the command is a whole process each time.",)
    return Table("A photograph of 12 megapixels", head, tuple(rows), notes, tuple(goals))


def tab_ms(frame: Frame, data: bytes, task: str) -> tuple[float, int]:
    taken_ms, size, failure = frame.evaluate(TIMED, asked(data, WISHES[task]))
    if failure:
        raise SystemExit(f"{task}: {failure}")
    return float(taken_ms), int(size)


def command_ms(photo: Path, folder: Path, task: str) -> tuple[float, int]:
    recipe = folder / "recipe.json"
    recipe.write_text(json.dumps({"steps": WISHES[task]}))
    suffix = {"jpeg": "jpg"}.get(WISHES[task][-1]["to"], WISHES[task][-1]["to"])
    target = folder / f"out.{suffix}"
    command = [sys.executable, "-m", "safelight.cli", "run", str(recipe), str(photo)]
    environment = {**os.environ, **SOURCES, "SAFELIGHT_STATE_DIR": str(folder / "state")}
    words = ["-o", str(target), "--existing", "overwrite", "-q"]
    started = time.perf_counter()
    subprocess.run([*command, *words], check=True, env=environment)
    return (time.perf_counter() - started) * 1e3, target.stat().st_size


def batch(ground: Ground) -> Table:
    """What the tab's process holds over 50 files; and of one that keeps a part of each."""
    paths = []
    for number in range(FILES):
        paths.append(ground.folder / f"{number:02}.jpg")
        paths[-1].write_bytes(photograph(*SMALL, seed=number % 4))
    found = {}
    for what, leak in (("resize to 800 and WebP", 0), ("control that leaks", LEAK_BYTES)):
        with page_of(ground) as page:
            page.goto("/#/start")
            tool_frame(page)
            found[what] = figures(batch_samples(page, paths, leak))
    rows = tuple((what, *(f"{one / 1e6:.0f}" for one in some[:2]), f"{some[2] / 1e6:+.2f}")
                 for what, some in found.items())  # fmt: skip
    ours, control = found.values()
    return Table(
        f"Memory over {FILES} photographs of 2 megapixels in the tab",
        ("", "MB, first part", "MB, last part", "MB per picture"),
        rows,
        goals=(
            Goal("last part, times the first", ours[1] / ours[0], MOST_GROWTH, "x"),
            Goal("control", control[2] / 1e6, LEAK_BYTES / 2e6, "MB per picture", is_floor=True),
        ),
    )


def batch_samples(page: Page, paths: list[Path], leak: int) -> list[Sample]:
    """leak: bytes kept of each picture, by the frame itself."""
    open_tool(page, "many")
    frame = tool_frame(page)
    frame.get_by_label("Longest side at most").fill("800")
    frame.get_by_label("Save as").select_option("webp")
    frame.locator("input[type=file]").first.set_input_files(paths)
    frame.get_by_role("button", name=f"Start with {FILES} files").click()
    samples, done = [], 0
    while done < FILES:
        now = progress(frame)
        if leak and now > done:
            frame.evaluate(
                "(size) => (window.kept ??= []).push(new Uint8Array(size).fill(1))",
                leak * (now - done),
            )
        done = now
        samples.append(Sample(done, held_bytes()))
        page.wait_for_timeout(100)
    return samples


def progress(frame: Frame) -> int:
    told = DONE.search(frame.locator("body").inner_text())
    return int(told[1] or told[2]) if told else 0


def held_bytes() -> int:
    """Of the processes of this run that render pages."""
    return sum(set_size(one) for one in family(os.getpid()) if is_renderer(one))


def is_renderer(process: int) -> bool:
    try:
        return b"--type=renderer" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


def figures(samples: list[Sample]) -> tuple[float, float, float]:
    """Bytes held over an early and a late part, and left by each picture."""
    steady, part = settled(samples, WARM_UP, FILES), (FILES - WARM_UP) // 4
    early = level_bytes(steady, WARM_UP, WARM_UP + part)
    return early, level_bytes(steady, FILES - part, FILES), slope_bytes(steady)


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
