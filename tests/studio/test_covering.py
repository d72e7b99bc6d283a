"""Covers land on what is seen below them: however a file lies, in every page, of the file shown."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Frame, Page, expect

from tests.studio.browsing import drop, open_tool, saved
from tests.studio.in_node import script_of
from tests.studio.lying import BLUE, GREEN, RED, SEEN, WHITE, close_to, quarters
from tests.studio.photographs import RHINO, as_file, photograph
from tests.studio.tab_engine import native
from tests.studio.test_redact import below, button, labels

pytestmark = pytest.mark.comes_again


def place(frame: Frame, at: tuple[int, int, int, int]) -> None:
    """One box by its numbers."""
    button(frame, "Add a box")
    # The size first: a box stays inside, so that a place may not fit one that is too large.
    for side, value in zip(("Width", "Height", "From the left", "From the top"), at, strict=True):
        frame.get_by_label(side, exact=True).fill(str(value))
        frame.get_by_label(side, exact=True).press("Enter")


def redacted(page: Page, frame: Frame, name: str) -> bytes:
    button(frame, "Cover and check")
    save = frame.get_by_role("button", name=f"Save {name}")
    ((found, data),) = saved(page, save.click)
    assert found == name
    return data


def opened(frame: Frame, name: str) -> None:
    frame.get_by_role("option", name=name).click()
    expect(frame.locator(f".boxes-picture[alt='{name}']")).to_be_visible()


def test_a_box_covers_what_is_seen_below_it_whichever_way_up_the_file_lies(
    page: Page, frame: Frame
) -> None:
    kinds = {"png": "PNG", "webp": "WEBP", "tif": "TIFF", "avif": "AVIF"}
    names = {f"turned.{ending}": kind for ending, kind in kinds.items()}
    open_tool(page, "redact")
    for name, format in names.items():
        drop(frame, [(name, quarters(format))])  # each alone: then one worker does all of it
        opened(frame, name)
        seen = frame.locator(".boxes-picture").evaluate(SEEN)
        assert close_to(seen, BLUE, RED, WHITE, GREEN), name
        place(frame, (24, 40, 36, 4))  # at the right above: over red
        data = redacted(page, frame, name.replace(".", ".redacted."))
        button(frame, "Back to the boxes")
        shown = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        assert shown.size == (64, 96)
        at = np.asarray(shown)[[24, 24, 72, 72], [16, 48, 16, 48]].tolist()
        assert close_to(at, BLUE, (0, 0, 0), WHITE, GREEN), name


def count(picture: Image.Image) -> int:
    return getattr(picture, "n_frames", 1)


def pages(*sizes: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    first, *rest = [Image.effect_noise(size, 90).convert("RGB") for size in sizes]
    first.save(out, "TIFF", save_all=True, append_images=rest)
    return out.getvalue()


def test_every_page_is_covered_or_it_is_said_that_it_is_left_out(page: Page, frame: Frame) -> None:
    open_tool(page, "redact")
    drop(frame, [("alike.tiff", pages((60, 40), (60, 40)))])
    opened(frame, "alike.tiff")
    expect(frame.get_by_text("The same places are covered in every one.")).to_be_visible()
    place(frame, (20, 10, 5, 5))
    button(frame, "Cover and check")
    expect(frame.locator("[data-verdict=unseen]")).to_contain_text("in 1 of 2 pages")
    save = frame.get_by_role("button", name="Save alike.redacted.tif")
    ((_, data),) = saved(page, save.click)
    result = Image.open(io.BytesIO(data))
    assert count(result) == 2
    for number in range(2):
        result.seek(number)
        assert result.convert("RGB").crop((5, 5, 25, 15)).getcolors() == [(200, (0, 0, 0))]
    drop(frame, [("mixed.tiff", pages((60, 40), (50, 70)))])
    opened(frame, "mixed.tiff")
    expect(frame.get_by_text("Only the first is covered and saved.")).to_be_visible()
    place(frame, (20, 10, 5, 5))
    data = redacted(page, frame, "mixed.redacted.tif")
    expect(frame.get_by_text("1 page or frame of your file is not in the new one.")).to_be_visible()
    assert count(Image.open(io.BytesIO(data))) == 1


# Every file that a result was ever offered of.
OFFERED = """() => {
  const offered = window.offered = new Set();
  const look = () => document.querySelectorAll('[data-verdict] button.main').forEach(
    (button) => offered.add(button.textContent.trim().split(' ')[1]));
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}"""


def test_what_is_covered_meanwhile_is_of_the_file_that_is_shown_and_is_not_lost(
    page: Page, frame: Frame
) -> None:
    """Another file is chosen while one is worked on; then the page is to be left."""
    large, small = (as_file(photograph(RHINO, *size)) for size in ((2000, 1500), (60, 40)))
    open_tool(page, "redact")
    frame.evaluate(OFFERED)
    drop(frame, [("large.png", large), ("small.png", small)])
    opened(frame, "large.png")
    place(frame, (900, 700, 500, 300))
    button(frame, "Cover and check")
    expect(frame.get_by_role("button", name="Cancel", exact=True)).to_be_visible()
    opened(frame, "small.png")
    expect(frame.get_by_role("button", name="Cancel", exact=True)).to_have_count(0)
    place(frame, (20, 10, 5, 5))
    data = redacted(page, frame, "small.redacted.png")
    covers = {"op": "redact", "box": [[5, 5, 20, 10]]}
    assert data == native(small, [covers, {"op": "scrub"}])
    assert frame.evaluate("() => [...window.offered]") == ["small.redacted.png"]
    opened(frame, "large.png")
    assert labels(frame) == ["box 1 of 1, 900 × 700 at 500, 300"]
    expect(frame.locator("[data-verdict]")).to_have_count(0)
    button(frame, "Cover and check")
    save = frame.get_by_role("button", name="Save large.redacted.png")
    save.wait_for()
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    saved(page, save.click)
    with page.expect_event("close"):
        page.close(run_before_unload=True)  # what was saved is not asked about


# The check alone, with an engine that lets it end or not; how many pictures it made are left.
ENDED = """async ([text, ends]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const held = new Set();
  const [made, freed] = [URL.createObjectURL, URL.revokeObjectURL];
  URL.createObjectURL = (of) => { const url = made.call(URL, of); held.add(url); return url; };
  URL.revokeObjectURL = (url) => { held.delete(url); freed.call(URL, url); };
  const box = {left: 16, top: 16, width: 32, height: 32};
  const size = {width: 64, height: 64};
  const covers = {boxes: [box, box], size, colour: '#000000', isMoving: true};
  const engine = {inspect: async () => { if (!ends) throw new Error('over'); return {frames: 1}; }};
  const verdict = await legibility(new Blob([bytes], {type: 'image/png'}), covers, engine).then(
    (found) => found.verdict, (error) => error.message);
  [URL.createObjectURL, URL.revokeObjectURL] = [made, freed];
  return [verdict, held.size];
}"""


def test_a_check_that_is_broken_off_leaves_no_part_of_the_picture(browser: Browser) -> None:
    page = browser.new_page()
    page.add_script_tag(content=script_of("tests/studio/legible.ts"))
    text = base64.b64encode(below("covered")).decode()
    found = [page.evaluate(ENDED, [text, ends]) for ends in (False, True)]
    page.close()
    assert found == [["over", 0], ["plain", 2]]
