"""Tools of this computer: through the server, and what comes of them is what the engine gives."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

import safelight
from bench.browsing import context_of, known_to
from bench.serving import serving
from safelight.engine import selftest
from safelight.proof.serving.served import Served
from tests.studio.browsing import asked_before_leaving, open_tool, sources
from tests.studio.by_keys import choose_by_keys, press_at, tab_to
from tests.studio.photographs import (
    BALLOON,
    BATCH,
    HATS,
    PARROTS,
    RHINO,
    as_file,
    photograph,
    whole_photograph,
)

WORK_MS = 60_000
CHOOSER = "input[type=file]:not([webkitdirectory]):not([capture])"


@pytest.fixture
def by_engine(studio: Served, state_dir: Path) -> Callable[..., bytes]:
    """What the engine gives without a server and a browser. Each finds for itself whether whole or
    broken numbers are faster here, and their answers differ; so it goes by what the server found.
    How many threads a model has changes no sample.
    """

    def run(data: bytes, *steps: dict[str, Any]) -> bytes:
        found = studio.ground.part("state") / selftest.FILE
        if found.exists():
            state_dir.mkdir(mode=0o700, exist_ok=True)
            shutil.copy2(found, state_dir)
        result = safelight.run(data, safelight.Recipe.from_steps([{"op": "scrub"}, *steps]))
        assert isinstance(result, safelight.Result)
        assert result.data is not None
        return result.data

    return run


def samples(data: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA")).astype(int)


def changed_by_the_canvas(before: Any, after: Any) -> float:
    """The most that a colour is off, of 255, on black. A canvas holds colours times their alpha, so
    of what is nearly clear it forgets a little; of alpha it forgets nothing.
    """
    assert np.array_equal(before[..., 3], after[..., 3])
    return float((np.abs(before - after)[..., :3] * before[..., 3:] / 255).max())


def choose(page: Page, tool: str, *files: tuple[str, bytes]) -> None:
    open_tool(page, tool)
    given: list[FilePayload] = [
        {"name": name, "mimeType": "", "buffer": data} for name, data in files
    ]
    page.locator(f".page:has(h1) {CHOOSER}").first.set_input_files(given)


def work(page: Page, verb: str) -> None:
    page.get_by_role("button", name=verb, exact=True).click()
    expect(page.get_by_role("region", name="Result")).to_be_visible(timeout=WORK_MS)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def saved(page: Page, name: str) -> tuple[str, bytes]:
    """Name and bytes of what a button saves."""
    with page.expect_download() as coming:
        press(page, name)
    return coming.value.suggested_filename, Path(coming.value.path()).read_bytes()


def refused_as_too_large(page: Page) -> None:
    """By a server that takes little: it is said before anything is sent."""
    told = page.request.get("/api/v1/capabilities").json()
    told["limits"]["input_pixels"] = 30_000
    page.route("**/api/v1/capabilities", lambda route: route.fulfill(json=told))
    choose(page, "enlarge", ("large.png", as_file(photograph(HATS, 240, 180))))
    refused = page.get_by_role("alert").filter(has_text="more pixels than this server takes")
    expect(refused).to_contain_text("safelight serve --max-pixels")  # and nothing was sent
    press(page, "Another picture")


def saved_before_it_goes(page: Page) -> bytes:
    """The result that is here: nobody takes it away unasked, until it was saved."""
    press(page, "Another picture")
    unsaved = page.get_by_text("The result that is here has not been saved.")
    expect(unsaved).to_be_visible()
    press(page, "Keep the result")
    expect(unsaved).to_have_count(0)
    press(page, "Another picture")
    expect(unsaved).to_be_visible()
    _, result = saved(page, "Save")
    expect(unsaved).to_have_count(0)  # there is nothing left to decide
    press(page, "Another picture")  # it was saved: nobody is asked
    expect(page.get_by_role("region", name="Result")).to_have_count(0)
    return result


@pytest.mark.comes_again
def test_enlarge_restore_sanitize(page: Page, by_engine: Callable[..., bytes]) -> None:
    refused_as_too_large(page)
    small = as_file(photograph(HATS, 96, 72))
    choose(page, "enlarge", ("hats.png", small))
    expect(page.get_by_text("Becomes 192 × 144")).to_be_visible()
    work(page, "Enlarge")
    name, large = saved(page, "Save")
    assert name == "hats.x2.png"
    assert large == by_engine(small, {"op": "upscale", "scale": 2})
    region = page.get_by_role("region", name="Result")
    expect(region.locator("[data-place=computer]")).to_be_visible()
    name, receipt = saved(page, "Save receipt")
    assert name == "hats.x2.png.receipt.json"
    assert b'"payloadType"' in receipt
    page.context.set_offline(True)  # what the server did not say that it erased is not gone
    press(page, "Erase now")
    expect(region.get_by_role("alert")).to_contain_text("The server does not answer")
    page.context.set_offline(False)
    press(page, "Erase now")
    expect(region).to_have_count(0)

    worn = as_file(photograph(RHINO, 160, 120), "JPEG", quality=20)
    choose(page, "restore", ("worn.jpg", worn))
    work(page, "Restore")
    assert saved_before_it_goes(page) == by_engine(worn, {"op": "restore"})

    page.route("**/items**", lambda route: route.abort())  # what is asked for again and again
    choose(page, "sanitize", ("worn.jpg", worn))
    page.get_by_label("Save as").select_option("png")
    work(page, "Build a clean file")  # the stream of events alone tells that it has ended
    expect(page.get_by_role("heading", level=1)).to_be_focused()  # what was pressed is gone
    name, clean = saved(page, "Save")
    assert name == "worn.sanitized.png"
    assert clean == by_engine(worn, {"op": "sanitize"}, {"op": "convert", "to": "png"})


def stroke(page: Page) -> None:
    """Across the middle of the balloon, by a pointer."""
    box = page.locator("safelight-brush .stage").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 150 / 320, box["y"] + box["height"] / 2
    page.mouse.move(x - 40, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=4)
    page.mouse.up()


def stroke_by_keys(page: Page) -> None:
    """From where the pointer ended, to the left."""
    page.keyboard.down(" ")
    for _ in range(14):
        page.keyboard.press("ArrowLeft")
    page.keyboard.up(" ")


@pytest.mark.comes_again
def test_cut_out_with_a_brush(page: Page, by_engine: Callable[..., bytes]) -> None:
    picture = as_file(whole_photograph(BALLOON, 320, 240))
    choose(page, "cutout", ("balloon.png", picture))
    work(page, "Cut out")
    stage = page.locator("safelight-brush .stage")
    expect(stage).to_be_visible()
    name, plain = saved(page, "Save PNG")
    assert name == "balloon.cutout.png"
    assert plain == by_engine(picture, {"op": "cutout"})
    before = samples(plain)
    assert before[120, 150, 3] == 255, "the middle of the balloon is subject"
    assert before[20, 20, 3] == 0, "the corner is ground"

    stroke(page)
    open_tool(page, "settings")  # what was painted stays, and is asked about from anywhere
    assert asked_before_leaving(page)
    open_tool(page, "cutout")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    after = samples(saved(page, "Save PNG")[1])
    assert after[120, 150, 3] == 0, "what was painted over is gone"
    assert changed_by_the_canvas(before[:80], after[:80]) <= 1, "nothing else changed"

    stage.focus()
    page.keyboard.press("x")  # puts back from here on
    expect(page.get_by_role("button", name="Put back")).to_have_attribute("aria-pressed", "true")
    stroke_by_keys(page)
    back = samples(saved(page, "Save PNG")[1])
    assert np.array_equal(back[120, 150], samples(picture)[120, 150]), "the original is there again"
    brush_by_its_own_keys(page, stage)
    _, undone = saved(page, "Save PNG")
    assert undone == plain
    framed_on_a_colour(page)


def framed_on_a_colour(page: Page) -> None:
    """It is saved so, and stays so while another page is shown."""
    page.get_by_label("A colour").check()
    page.get_by_label("Frame").select_option("square_10")
    _, framed = saved(page, "Save WebP")
    shown = Image.open(io.BytesIO(framed)).convert("RGB")
    assert shown.width == shown.height
    corner = shown.getpixel((2, 2))
    assert isinstance(corner, tuple)
    assert min(corner) > 250
    open_tool(page, "settings")
    open_tool(page, "cutout")
    expect(page.get_by_label("A colour")).to_be_checked()
    expect(page.get_by_label("Frame")).to_have_value("square_10")
    assert not asked_before_leaving(page)  # all of it was saved


def brush_by_its_own_keys(page: Page, stage: Locator) -> None:
    """Larger, smaller, and both strokes undone."""
    sizes = []
    stage.focus()
    for key in ("]", "[", "["):
        page.keyboard.press(key)
        sizes.append(stage.get_attribute("aria-label"))
    assert len(set(sizes)) == 3
    page.keyboard.press("u")
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


@pytest.mark.comes_again
def test_a_batch_with_a_bad_file(
    page: Page, tmp_path: Path, by_engine: Callable[..., bytes]
) -> None:
    """From choosing to the archive by keys alone."""
    pictures = {
        f"photo{number}.png": as_file(photograph(name, 96, 72)) for number, name in enumerate(BATCH)
    }
    files = {**pictures, "bad.jpg": b"no picture", "empty.png": b""}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    open_tool(page, "batch")
    choose_by_keys(page, "Choose pictures", [tmp_path / name for name in files])
    press_at(page, "For the web")
    tab_to(page, "quality")
    page.keyboard.press("Control+a")
    page.keyboard.type("60")
    step = page.locator("summary").filter(has_text="convert")
    step.focus()
    step.press("Alt+ArrowUp")
    expect(page.get_by_text("1. convert")).to_be_visible()
    _, recipe = saved(page, "Save recipe")
    assert safelight.Recipe.parse(recipe.decode(), is_json=True).verbs == ("convert", "resize")

    press_at(page, "Start 5 files", way="Shift+Tab")
    progress = page.get_by_text("6 of 6 ended", exact=True).first
    expect(progress).to_be_visible(timeout=WORK_MS)
    with page.expect_download() as coming:
        press_at(page, "Save all as zip", way="Shift+Tab")
    packed = Path(coming.value.path()).read_bytes()
    steps = ({"op": "convert", "to": "webp", "quality": 60}, {"op": "resize", "fit": "2000x2000"})
    with zipfile.ZipFile(io.BytesIO(packed)) as found:
        assert found.namelist() == [f"photo{number}.webp" for number in range(4)]
        for name, data in pictures.items():
            assert found.read(name.replace("png", "webp")) == by_engine(data, *steps)
    told_in_a_table(page)
    page.get_by_role("button", name="Retry 2").click()
    expect(progress).to_be_visible(timeout=WORK_MS)
    expect(page.get_by_text("4 done, 2 failed")).to_be_visible()
    goes_on_after_a_break(page)


def told_in_a_table(page: Page) -> None:
    page.get_by_role("button", name="State", exact=True).click()
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("bad.jpg")
    expect(first).to_contain_text("no picture format")
    _, table = saved(page, "Save table (CSV)")
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    assert [row["state"] for row in rows] == ["done"] * 4 + ["failed"] * 2
    assert [row["code"] for row in rows[4:]] == ["format-unknown", "empty-file"]


def goes_on_after_a_break(page: Page) -> None:
    """Nothing answers for a while; then the rest is done."""
    page.context.set_offline(True)
    more = [
        (f"more{number}.png", as_file(photograph(HATS, 40 + number, 40))) for number in range(3)
    ]
    choose(page, "batch", *more)
    page.get_by_role("button", name="Start 3 files").click()
    alert = page.get_by_role("alert").filter(has_text="The server does not answer")
    expect(alert.first).to_be_visible()
    page.context.set_offline(False)
    alert.first.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("7 done, 2 failed")).to_be_visible(timeout=WORK_MS)
    goes_on_after_the_session_ended(page)
    assert asked_before_leaving(page)
    saved(page, "Save all as zip")
    assert not asked_before_leaving(page)


def goes_on_after_the_session_ended(page: Page) -> None:
    """Nothing is lost, it says how to be known again, and then the rest is done."""
    cookies: Any = page.context.cookies()
    page.context.clear_cookies()
    choose(
        page,
        "batch",
        *[(f"late{number}.png", as_file(photograph(HATS, 40, 40))) for number in range(2)],
    )
    page.get_by_role("button", name="Start 2 files").click()
    alert = page.get_by_role("alert").filter(has_text="The server does not know this browser")
    expect(alert).to_contain_text("Sign in again in another tab")
    expect(alert.get_by_role("link")).to_have_attribute("href", "#/welcome")
    expect(page.locator("tbody tr", has_text="late")).to_have_count(2)
    page.context.add_cookies(cookies)
    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("9 done, 2 failed")).to_be_visible(timeout=WORK_MS)


@pytest.mark.opens_sockets("a server of its own, which ends while it has a picture")
def test_a_server_that_ends_loses_nothing(browser: Browser, built: Path, root: Path) -> None:
    large = as_file(photograph(PARROTS, 900, 700))
    with (
        tempfile.TemporaryDirectory(prefix="studio-") as name,
        serving(Path(name), environment=sources(root)) as server,
        context_of(browser, server, known_to(browser, server), locale="en-GB") as context,
    ):
        page = context.new_page()
        page.goto("/#/enlarge")
        choose(page, "enlarge", ("parrots.png", large))
        page.get_by_label("4 times").check()
        press(page, "Enlarge")
        expect(page.get_by_role("button", name="Cancel")).to_be_visible()
        server.close()
        expect(page.get_by_text("The server does not answer").first).to_be_visible()
        expect(page.get_by_text("parrots.png")).to_be_visible()
        expect(page.get_by_text("Your picture is still here").first).to_be_visible()
