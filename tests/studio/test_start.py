"""The start: a sample, several files in a row, and the strip that they lie in."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import FileChooser, Frame, Page, expect

import safelight
from bench.browsing import Watch
from bench.visiting import until
from safelight.engine.result import Result
from safelight.image import Risk
from tests.codecs.making import png
from tests.studio.browsing import drop, open_tool, saved

pytestmark = pytest.mark.comes_again

PRIVATE = {Risk.PLACE, Risk.IDENTITY, Risk.DEVICE, Risk.TIME}


def groups(data: bytes, path: Path) -> set[Risk]:
    """What the engine of the command line finds in these bytes."""
    path.write_bytes(data)
    found = safelight.run(path, safelight.Recipe.parse('[[steps]]\nop = "inspect"'))
    assert isinstance(found, Result)
    return {finding.group for finding in found.findings}


def test_the_sample_tells_everything_and_then_nothing(
    page: Page, frame: Frame, tmp_path: Path, watch: Watch
) -> None:
    """It is drawn in the frame; what it says of place, person and camera is invented."""
    asked = len(watch.asked)
    frame.get_by_role("button", name="Try a sample").click()
    told = frame.locator(".sentence")
    expect(told).to_contain_text("52.5163, 13.3777 (about 2 km from Berlin, Germany)")
    expect(told).to_contain_text("on 3 May 2024 with Sample Pocket 3.")
    expect(frame.get_by_text("carries a serial number")).to_be_visible()
    safe = frame.get_by_role("button", name="Make it safe to share")
    ((name, data),) = saved(page, safe.click)
    assert name == "sample.scrubbed.jpg"
    assert not groups(data, tmp_path / name) & PRIVATE
    removed = frame.locator(".changes > div").first
    for group in ("Place 4", "People and descriptions 1", "Device 3", "Dates 1"):
        expect(removed.get_by_text(group)).to_be_visible()
    expect(frame.get_by_text("not one pixel was touched")).to_be_visible()
    assert list(watch.after(asked)) == []


def test_several_files_are_gone_through_by_keys_and_saved_as_one(
    page: Page, frame: Frame, photo: Path, watch: Watch
) -> None:
    asked = len(watch.asked)
    asked_for: list[FileChooser] = []
    page.on("filechooser", lambda one: asked_for.append(one))
    drop(frame, [photo, ("holiday.jpg", photo.read_bytes()), ("plain.png", png())])
    strip = frame.get_by_role("listbox", name="Opened pictures")
    first = strip.get_by_role("option", name="Image 1 of 3, holiday.jpg")
    third = strip.get_by_role("option", name="Image 3 of 3, plain.png")
    expect(frame.get_by_role("button", name="Make all 3 safe to share")).to_be_visible()
    assert strip.locator("[tabindex='0']").count() == 1
    first.focus()
    first.press("End")
    expect(third).to_be_focused()
    expect(third).to_have_attribute("aria-selected", "true")
    expect(frame.locator(".sentence")).to_contain_text("Nothing in its metadata")
    third.press("ArrowLeft")
    expect(strip.get_by_role("option", name="Image 2 of 3")).to_be_focused()
    for key, number in (("n", 3), ("n", 1), ("p", 3), ("p", 2)):  # around, and back
        page.keyboard.press(key)
        chosen = strip.get_by_role("option", name=f"Image {number} of 3")
        expect(chosen).to_have_attribute("aria-selected", "true")
    page.keyboard.press("o")
    until(page, lambda: asked_for)
    all_safe = frame.get_by_role("button", name="Make all 3 safe to share")
    ((name, data),) = saved(page, all_safe.click)
    assert name == "safelight.zip"
    names = ["holiday.scrubbed.jpg", "holiday.scrubbed-2.jpg", "plain.scrubbed.png"]
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == names
    strip.get_by_role("option", name="Image 2 of 3").press("Delete")
    expect(strip.get_by_role("option", name="Image 2 of 2, plain.png")).to_be_focused()
    assert list(watch.after(asked)) == []


# Addresses of pictures that are held; a thumbnail is smaller than any of them.
COUNT = """() => {
  const [made, freed] = [URL.createObjectURL, URL.revokeObjectURL];
  const held = window.held = new Set();
  URL.createObjectURL = (of) => {
    const url = made.call(URL, of);
    if (of.size > 10_000 && of.type !== 'text/javascript') held.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => { held.delete(url); freed.call(URL, url); };
}"""
HELD = "() => window.held.size"
LEAK = """() => {
  const before = window.held.size;
  for (const n of [1, 2, 3]) URL.createObjectURL(new Blob([new Uint8Array(20_000)]));
  return window.held.size - before;
}"""


def closed_and_forgotten(page: Page, frame: Frame) -> None:
    """Of six pictures, the last one chosen and shown in the tool."""
    options = frame.get_by_role("listbox", name="Opened pictures").get_by_role("option")
    page.keyboard.press("Delete")
    frame.get_by_role("button", name="Forget it").click()
    expect(frame.get_by_text("5.jpg is forgotten")).to_be_attached()
    expect(options.and_(frame.get_by_label("Image 5 of 5, 4.jpg"))).to_be_focused()
    page.keyboard.press("Control+z")
    expect(options).to_have_count(5)
    for _ in range(5):
        page.keyboard.press("Delete")
    expect(frame.get_by_role("button", name="Put it back")).to_be_focused()
    page.keyboard.press("Enter")
    expect(options).to_have_count(1)
    page.keyboard.press("Control+z")  # those before it were let go of
    expect(options).to_have_count(1)
    page.keyboard.press("Delete")
    page.keyboard.press("Shift+Delete")
    expect(frame.get_by_role("button", name="Put it back")).to_have_count(0)
    expect(frame.locator("main button").first).to_be_focused()


def test_one_of_many_has_a_large_view_and_what_was_closed_comes_back(
    page: Page, frame: Frame, photo: Path
) -> None:
    frame.evaluate(COUNT)
    drop(frame, [(f"{number}.jpg", photo.read_bytes()) for number in range(6)])
    strip = frame.get_by_role("listbox", name="Opened pictures")
    expect(strip.locator("img")).to_have_count(6)
    expect(strip.locator("img").last).to_have_js_property("naturalWidth", 112)
    strip.get_by_role("option").first.focus()
    for number in range(1, 6):
        page.keyboard.press("ArrowRight")
        expect(frame.locator(f".view[alt='{number}.jpg']")).to_be_visible()
        assert 1 <= frame.evaluate(HELD) <= 2
    open_tool(page, "edit")
    frame.get_by_role("button", name="Turn right").click()
    expect(frame.locator(".verdict[aria-busy=false]")).to_contain_text("480 × 640")
    frame.get_by_role("button", name="Remove 5.jpg from the list").click()
    expect(frame.get_by_text("5.jpg was removed from the list.", exact=True)).to_be_visible()
    page.keyboard.press("Control+z")
    expect(strip.get_by_role("option", name="Image 6 of 6, 5.jpg")).to_be_focused()
    expect(frame.locator(".verdict[aria-busy=false]")).to_contain_text("480 × 640")
    closed_and_forgotten(page, frame)
    for _ in range(2):  # the first of those that came last is chosen, out of sight at first
        drop(frame, [(f"{number}.jpg", b"") for number in range(20)])
    expect(strip.get_by_role("option", selected=True)).to_have_accessible_name(re.compile("of 40"))
    expect(strip.get_by_role("option", selected=True)).to_be_in_viewport()
    assert frame.evaluate(LEAK) == 3  # a control: what is held is counted
