"""Parts covered in the tab: by hand and by keys alone, and looked at again in the saved bytes."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Browser, Frame, Page, expect

from bench.browsing import Watch
from tests.studio.browsing import drop, open_tool, saved
from tests.studio.in_node import called, script_of
from tests.studio.photographs import RHINO, STREET, as_file, photograph
from tests.studio.tab_engine import native

pytestmark = pytest.mark.comes_again

ASK = """async (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const box = {left: 16, top: 16, width: 32, height: 32};
  const picture = new Blob([bytes], {type: 'image/png'});
  const covers = {boxes: [box], size: {width: 64, height: 64}, colour: '#000000'};
  return (await legibility(picture, covers, null)).verdict;
}"""
WITHIN = {"width": 200, "height": 100}


def box(left: int, top: int, width: int, height: int) -> dict[str, int]:
    return {"left": left, "top": top, "width": width, "height": height}


def animation() -> bytes:
    """Always the same: of some noise a GIF has no colour that is black enough."""
    street = photograph(STREET, 60, 40)
    frames = [street.rotate(turn) for turn in (0, 90, 180)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def button(frame: Frame, name: str) -> None:
    frame.get_by_role("button", name=name, exact=True).click()


def labels(frame: Frame) -> list[str | None]:
    return [one.get_attribute("aria-label") for one in frame.locator(".boxes-box").all()]


def test_rectangles_stay_inside_and_keep_their_proportion() -> None:
    right = {"x": 1, "y": 0}
    corner = {"x": 1, "y": 1}
    upper = {"x": -1, "y": -1}
    found = called(
        "rectangles",
        [
            ("moved", (box(10, 10, 50, 20), 500, -500, WITHIN)),
            ("sized", (box(10, 10, 50, 20), right, 500, 0, WITHIN)),
            ("sized", (box(10, 10, 50, 20), right, -500, 0, WITHIN)),
            ("sized", (box(10, 10, 40, 20), corner, 20, 3, WITHIN, 2)),
            ("sized", (box(10, 10, 40, 20), corner, 900, 3, WITHIN, 2)),
            ("sized", (box(50, 50, 40, 20), upper, -500, -500, WITHIN, 2)),
            ("spanned", ({"x": 60.4, "y": 50.2}, {"x": 20, "y": 90}, WITHIN)),
            ("spanned", ({"x": 199.6, "y": 99.7}, {"x": 190.2, "y": 90.9}, WITHIN)),
            ("sized", (box(20, 10, 40, 10), right, 0.2, 0, WITHIN)),
            ("fitted", (box(150, 80, 400, 400), WITHIN)),
            ("centred", (WITHIN, 1)),
        ],
    )
    assert found == [
        box(150, 0, 50, 20),
        box(10, 10, 190, 20),
        box(10, 10, 1, 20),
        box(10, 10, 60, 30),
        box(10, 10, 180, 90),
        box(0, 25, 90, 45),
        box(20, 50, 41, 40),
        box(190, 90, 10, 10),
        box(20, 10, 41, 10),
        box(0, 0, 200, 100),
        box(50, 0, 100, 100),
    ]


def test_by_keys_alone_it_gives_what_the_engine_gives(
    page: Page, frame: Frame, watch: Watch
) -> None:
    asked, picture = len(watch.asked), as_file(photograph(RHINO, 160, 120))
    open_tool(page, "redact")
    drop(frame, [("plate.png", picture)])
    add = frame.get_by_role("button", name="Add a box", exact=True)
    add.focus()
    page.keyboard.press("Enter")
    assert labels(frame) == ["box 1 of 1, 40 × 15 at 60, 53"]
    keys = ("Shift+ArrowLeft", "ArrowUp", "Alt+Shift+ArrowRight", "Alt+ArrowDown")
    for key in keys:
        page.keyboard.press(key)
    assert labels(frame) == ["box 1 of 1, 50 × 16 at 50, 52"]
    add.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    assert len(labels(frame)) == 1
    page.keyboard.press("u")
    assert len(labels(frame)) == 2
    page.keyboard.press("u")
    frame.get_by_label("From the left").fill("12")
    frame.get_by_label("From the left").press("Enter")
    assert labels(frame) == ["box 1 of 1, 50 × 16 at 12, 52"]
    button(frame, "Cover and check")
    expect(frame.locator("[data-verdict=plain]")).to_contain_text("in every pixel")
    ((name, data),) = saved(
        page, lambda: frame.get_by_role("button", name="Save plate.redacted.png").click()
    )
    assert name == "plate.redacted.png"
    covers = {"op": "redact", "box": [[12, 52, 50, 16]]}
    assert data == native(picture, [covers, {"op": "scrub"}])
    assert list(watch.after(asked)) == []


def samples(treated: str, colour: str) -> bytes:
    """A line of text, 40 pixels high: covered, as it was, or as a lossy format has it."""
    line = Image.new("RGBA", (200, 40), "white")
    ImageDraw.Draw(line).text((8, 8), "A. Person 1234", "black", font_size=24)
    if treated == "white":
        line = Image.new("RGBA", line.size, "white")
    elif treated == "thin":
        line = Image.new("RGBA", line.size, colour)
        ImageDraw.Draw(line).line((0, 20, 200, 20), (*(120,) * 3, 255))
    elif treated != "as it was":
        line = Image.new("RGBA", line.size, colour)
    if treated == "blended":
        ImageDraw.Draw(line).rectangle((0, 0, 199, 39), outline=(*(100,) * 3, 255))
    if treated == "clear":
        line.putalpha(0)
    return line.tobytes()


def test_a_cover_has_the_colour_that_was_asked_for() -> None:
    size, black, white = {"width": 200, "height": 40}, (0, 0, 0), (255, 255, 255)
    ways = [
        ("covered", "black", black, False, "plain"),
        ("covered", "black", black, True, "plain"),
        ("covered", "white", white, True, "plain"),
        ("blended", "black", black, True, "edges"),
        ("blended", "black", black, False, "differs"),
        ("white", "black", black, False, "differs"),
        ("white", "black", black, True, "differs"),
        ("as it was", "black", black, True, "differs"),
        ("as it was", "white", white, True, "differs"),
        ("thin", "black", black, True, "differs"),
        ("thin", "white", white, True, "differs"),
        ("clear", "black", black, True, "differs"),
    ]
    calls = [
        ("judged", (samples(treated, colour), size, asked, is_lossy))
        for treated, colour, asked, is_lossy, _ in ways
    ]
    assert [one["verdict"] for one in called("covers", calls)] == [way[-1] for way in ways]


@pytest.fixture
def drawn(page: Page, frame: Frame, photo: Path) -> Frame:
    """A photograph of JPEG with a large box that was drawn by a pointer."""
    open_tool(page, "redact")
    drop(frame, [photo])
    shown = frame.locator(".boxes-picture")
    shown.scroll_into_view_if_needed()
    place = shown.bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 4, place["y"] + place["height"] / 4
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + place["width"] / 2, y + place["height"] / 2, steps=3)
    page.mouse.up()
    return frame


def test_a_jpeg_is_one_colour_inside_and_can_be_saved_as_png(page: Page, drawn: Frame) -> None:
    assert labels(drawn) == ["box 1 of 1, 320 × 240 at 160, 120"]
    page.keyboard.press("ArrowRight")  # no longer along the blocks of JPEG
    button(drawn, "Cover and check")
    expect(drawn.locator("[data-verdict=edges]")).to_contain_text("blends the edge")
    button(drawn, "Back to the boxes")
    drawn.get_by_label("Save as").select_option("png")
    button(drawn, "Cover and check")
    expect(drawn.locator("[data-verdict=plain]")).to_be_visible()
    ((name, data),) = saved(
        page, lambda: drawn.get_by_role("button", name="Save holiday.redacted.png").click()
    )
    inside = Image.open(io.BytesIO(data)).crop((161, 120, 481, 360))
    assert name == "holiday.redacted.png"
    assert inside.convert("RGB").getcolors() == [(320 * 240, (0, 0, 0))]
    assert b"Person" not in data


def below(treated: str) -> bytes:
    """Noise, with its middle covered, blurred, in a mosaic, or as it was."""
    picture = Image.effect_noise((64, 64), 90).convert("RGB")
    part = picture.crop((16, 16, 48, 48))
    ways = {
        "covered": lambda: Image.new("RGB", part.size),
        "blurred": lambda: part.filter(ImageFilter.GaussianBlur(4)),
        "mosaic": lambda: part.resize((4, 4)).resize(part.size, Image.Resampling.NEAREST),
        "as it was": lambda: part,
    }
    picture.paste(ways[treated](), (16, 16))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def test_control_the_check_sees_what_is_not_covered(browser: Browser) -> None:
    page = browser.new_page()
    page.add_script_tag(content=script_of("tests/studio/legible.ts"))
    found = {
        treated: page.evaluate(ASK, base64.b64encode(below(treated)).decode())
        for treated in ("covered", "blurred", "mosaic", "as it was")
    }
    page.close()
    assert found == {**dict.fromkeys(found, "differs"), "covered": "plain"}


def test_every_frame_is_covered_and_looked_at(page: Page, frame: Frame, watch: Watch) -> None:
    asked = len(watch.asked)
    open_tool(page, "redact")
    drop(frame, [("moving.gif", animation())])
    expect(frame.get_by_text("3 pages or frames")).to_be_visible()
    button(frame, "Add a box")
    button(frame, "Cover and check")
    expect(frame.get_by_text("3 of 3 frames were looked at")).to_be_visible()
    assert list(watch.after(asked)) == []
