"""Edit in the tab: the result is that of the engine on the command line, and can be compared."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Frame, Locator, Page, expect

import safelight
from bench.browsing import Watch
from tests.studio.browsing import drop, open_tool, saved
from tests.studio.by_keys import press_at, tab_to
from tests.studio.lying import BLUE, GREEN, RED, SEEN, WHITE, close_to, quarters

pytestmark = pytest.mark.comes_again
# What follows sooner is taken back together with what was before: web/core/history.ts.
ONE_STEP_MS = 750

# WebAssembly rounds some sums another way: no sample differs by more than this, of 255.
MOST_OFF = 2
GPS = 0x8825


@pytest.fixture
def loaded(frame: Frame, watch: Watch) -> int:
    """How many requests it took until the frame was whole."""
    return len(watch.asked)


@pytest.fixture
def edit(page: Page, frame: Frame, photo: Path, loaded: int) -> Frame:
    """The tool with a picture of 640 by 480 pixels."""
    drop(frame, [photo])
    frame.locator(".sentence").wait_for()
    open_tool(page, "edit")
    settled(frame)
    return frame


def settled(frame: Frame) -> Locator:
    """The verdict on the result of what was asked last."""
    frame.page.wait_for_timeout(300)  # so long a change waits for the next one
    verdict = frame.locator(".verdict[aria-busy=false]")
    verdict.locator("output").wait_for()
    return verdict


def recipe_of(frame: Frame) -> safelight.Recipe:
    frame.get_by_role("button", name="Copy as recipe").click()
    text = frame.get_by_label("Recipe", exact=True).input_value()
    command = frame.get_by_label("Command").input_value()
    assert command == "safelight run recipe.json holiday.jpg"
    frame.get_by_role("dialog").get_by_role("button", name="Close").click()
    assert json.loads(text)["steps"][-1] == {"op": "scrub", "profile": "share"}
    return safelight.Recipe.parse(text, is_json=True)


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def press(frame: Frame, name: str) -> None:
    frame.get_by_role("button", name=name, exact=True).click()


def test_what_is_saved_is_what_the_recipe_makes_elsewhere(
    page: Page, edit: Frame, photo: Path, tmp_path: Path, watch: Watch, loaded: int
) -> None:
    """Turned, cut, made smaller and of another format, by keys alone."""
    press_at(page, "Turn right", edit)
    press_at(page, "Crop", edit, way="Shift+Tab")
    expect(edit.get_by_role("application")).to_be_focused()
    press_at(page, "1:1", edit, way="Shift+Tab")
    tab_to(page, "Width", edit)
    page.keyboard.press("Control+a")
    page.keyboard.type("400")
    edit.get_by_role("application").focus()
    for key in ("ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    press_at(page, "Done", edit)
    for field, value in (("How", "percent"), ("Format", "png")):
        tab_to(page, field, edit)
        turn_to(edit.get_by_label(field, exact=True), value)
    verdict = settled(edit)
    expect(verdict).to_contain_text("200 × 200 · PNG")
    tab_to(page, "Save", edit, key="Shift+Tab")  # a letter is no shortcut while a list has focus
    ((name, data),) = saved(page, lambda: page.keyboard.press("s"))
    assert name == "holiday.png"
    safelight.run(photo, recipe_of(edit), output=tmp_path / name)
    there = (tmp_path / name).read_bytes()
    assert np.abs(pixels(data) - pixels(there)).max() <= MOST_OFF
    assert Image.open(io.BytesIO(data)).getexif().get_ifd(GPS) == {}
    assert list(watch.after(loaded)) == []


def turn_to(chosen: Locator, value: str) -> None:
    """One option after the other."""
    expect(chosen).to_be_focused()
    for _ in chosen.locator("option").all():
        if chosen.input_value() == value:
            break
        chosen.press("ArrowDown")
    expect(chosen).to_have_value(value)


def test_the_size_is_live_and_every_step_is_seen_and_taken_back(
    page: Page, edit: Frame, watch: Watch, loaded: int
) -> None:
    edit.get_by_label("Compress").select_option("quality")
    quality = edit.get_by_role("slider", name="Quality")
    quality.fill("20")
    small = settled(edit)
    expect(small).to_contain_text(re.compile(r"\d+ % smaller"))
    size = small.locator("output").inner_text()
    page.wait_for_timeout(ONE_STEP_MS)
    quality.fill("95")
    assert settled(edit).locator("output").inner_text() != size
    for key, value in (("z", "20"), ("y", "95"), ("z", "20")):
        quality.press(f"Control+{key}")
        expect(quality).to_have_value(value)
    settled(edit)
    expect(small.locator("output")).to_have_text(size)
    open_tool(page, "metadata")
    open_tool(page, "edit")
    settled(edit)
    quality.press("Control+Shift+Z")  # its steps stay while another tool is shown
    expect(quality).to_have_value("95")
    edit.get_by_label("Compress").select_option("target")
    edit.get_by_label("Largest size").fill("30")
    settled(edit)
    edit.get_by_label("Metadata").select_option("none")
    expect(edit.get_by_text("its place included")).to_be_visible()
    settled(edit)
    ((name, data),) = saved(page, edit.get_by_role("button", name="Save", exact=True).click)
    assert name == "holiday.edited.jpg"
    assert len(data) <= 30_000
    assert Image.open(io.BytesIO(data)).getexif().get_ifd(GPS)[1] == "N"
    compared_by_keys_and_by_pointer(edit)
    assert list(watch.after(loaded)) == []
    single_letters_obey_their_switch(edit)


def compared_by_keys_and_by_pointer(edit: Frame) -> None:
    view = edit.get_by_role("group", name="Comparison").first
    split = edit.get_by_role("slider", name="Split between original and result")
    split.focus()
    for key, percent in (
        ("ArrowRight", 51),
        ("PageUp", 61),
        ("ArrowLeft", 60),
        ("PageDown", 50),
        ("Home", 0),
        ("End", 100),
        ("2", 50),
        ("1", 100),
        ("3", 0),
    ):
        split.press(key)
        expect(split).to_have_value(str(percent))
    expect(split).to_have_attribute("aria-valuetext", "0 % Original")
    stage = view.locator(".stage")
    edit.page.keyboard.down("b")
    expect(stage).to_have_attribute("data-held", "")
    edit.page.keyboard.up("b")
    expect(stage).not_to_have_attribute("data-held", "")
    around = stage.bounding_box()
    assert around is not None
    stage.click(position={"x": around["width"] / 2, "y": 40})
    expect(split).to_have_value("50")
    for mode, name in (("difference", "Difference"), ("lens", "Lens"), ("side", "Side by side")):
        press(edit, name)
        expect(stage).to_have_attribute("data-mode", mode)
        expect(edit.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
        if mode == "lens":
            moved_by_keys(stage)
    press(edit, "200 %")
    one, other = stage.locator(".scroller").all()
    one.evaluate("(element) => { element.scrollTop = element.scrollHeight; }")
    edit.page.wait_for_timeout(100)
    ends = "(element) => element.scrollHeight - element.clientHeight - element.scrollTop"
    assert max(one.evaluate(ends), other.evaluate(ends)) < 2
    assert one.evaluate("(element) => element.scrollTop") > 0


def moved_by_keys(stage: Locator) -> None:
    """The lens, by a step of its own."""
    before = stage.locator(".ring").bounding_box()
    stage.locator(".scroller").first.press("ArrowRight")
    after = stage.locator(".ring").bounding_box()
    assert before is not None
    assert after is not None
    assert after["x"] - before["x"] == pytest.approx(12, abs=1)


def single_letters_obey_their_switch(edit: Frame) -> None:
    """Off means off, also for those that the comparison listens to; arrows go on working."""
    open_tool(edit.page, "settings")
    edit.page.get_by_role("checkbox", name="Keyboard shortcuts").uncheck()
    open_tool(edit.page, "edit")
    press(edit, "Slider")  # the settings are no tool: the comparison stands as it was left
    split = edit.get_by_role("slider", name="Split between original and result")
    split.press("End")
    split.press("ArrowLeft")
    split.press("1")
    split.press("b")
    expect(split).to_have_value("99")
    stage = edit.get_by_role("group", name="Comparison").first.locator(".stage")
    expect(stage).not_to_have_attribute("data-held", "")


def split_at(column: int) -> bytes:
    """A TIFF of 2400 by 300, black up to this column, then white: larger than any preview."""
    picture = Image.new("L", (2400, 300))
    picture.paste(255, (column, 0, 2400, 300))
    out = io.BytesIO()
    picture.save(out, "TIFF")
    return out.getvalue()


def cut(page: Page, frame: Frame, box: tuple[int, int, int, int]) -> Image.Image:
    """What is saved of the opened picture, cut to left, top, width, height."""
    settled(frame)
    press(frame, "Crop")
    frame.get_by_role("application").wait_for()
    sides = ("Width", "Height", "From the left", "From the top")
    for side, value in zip(sides, (*box[2:], *box[:2]), strict=True):
        frame.get_by_label(side, exact=True).fill(str(value))
    press(frame, "Done")
    settled(frame)
    ((_, data),) = saved(page, frame.get_by_role("button", name="Save", exact=True).click)
    return Image.open(io.BytesIO(data)).convert("RGB")


def test_what_is_cut_out_is_what_is_seen_there(page: Page, frame: Frame) -> None:
    """Of a file that lies on its side, and of one that is seen smaller than it is."""
    open_tool(page, "edit")
    drop(frame, [("turned.png", quarters("PNG"))])
    before = frame.locator("safelight-compare img.before")
    assert close_to(before.evaluate(SEEN), BLUE, RED, WHITE, GREEN)
    assert cut(page, frame, (40, 10, 20, 30)).getcolors() == [(600, RED)]
    drop(frame, [("wide.tif", split_at(2150))])
    frame.get_by_role("option", name="wide.tif").wait_for()
    assert cut(page, frame, (2200, 20, 100, 50)).getcolors() == [(5000, WHITE)]
