"""A mark laid over in the tab: seen before it is saved, and as the engine lays it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Frame, Page, expect

import safelight
from bench.browsing import Watch
from safelight.recipe import operations
from tests.studio.browsing import drop, open_tool, saved
from tests.studio.by_keys import tab_to
from tests.studio.in_node import called
from tests.studio.photographs import HATS, as_file, photograph

pytestmark = pytest.mark.comes_again

QUARTER = 120


def logo() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((40, 20)).convert("LA").save(out, "PNG")
    return out.getvalue()


def ground() -> bytes:
    return as_file(photograph(HATS, 320, 240))


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), int)


def saved_png(page: Page, frame: Frame) -> bytes:
    ((name, data),) = saved(
        page, lambda: frame.get_by_role("button", name="Save", exact=True).click()
    )
    assert name == "ground.watermarked.png"
    return data


def test_ranges_are_read_from_the_operation() -> None:
    schema = operations()["watermark"].model_json_schema()
    found = called(
        "ranges",
        [
            ("rangeOf", (schema, "scale")),
            ("rangeOf", (schema, "margin")),
            ("mostSigns", (schema, "text")),
            ("wordsOf", (schema, "gravity")),
        ],
    )
    assert found[:3] == [
        {"min": 1, "max": 100, "usual": 30},
        {"min": 0, "max": 40, "usual": 3},
        200,
    ]
    assert len(found[3]) == 9


# What is seen, and under which name, from now on.
NOTE = """(figure) => {
  const noted = window.noted = [];
  const note = () => figure.querySelectorAll('img').forEach(({alt, src}) => noted.push([alt, src]));
  note();
  const all = {subtree: true, childList: true, attributes: true};
  new MutationObserver(note).observe(figure, all);
}"""


def test_a_text_lies_where_the_keys_put_it(page: Page, frame: Frame, watch: Watch) -> None:
    asked, picture = len(watch.asked), ground()
    open_tool(page, "watermark")
    drop(frame, [("ground.png", picture)])
    for _ in ("the kind of mark", "its signs"):
        tab_to(page, "Text", frame)
    page.keyboard.type("© Anna")
    tab_to(page, "Bottom right", frame)
    for key in ("ArrowUp", "ArrowUp", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    expect(frame.get_by_role("radio", name="Top left")).to_be_checked()
    expect(frame.get_by_alt_text("ground.png with its mark, reduced")).to_be_visible()
    ((name, data),) = saved(page, lambda: page.keyboard.press("s"))
    assert name == "ground.watermarked.png"
    changed = (pixels(data) != pixels(picture)).any(2)
    assert changed[:QUARTER, :160].any()
    assert not changed[QUARTER:].any()
    assert not changed[:, 160:].any()
    frame.get_by_label("All over the picture").check()
    changed = (pixels(saved_png(page, frame)) != pixels(picture)).any(2)
    assert changed[QUARTER:, 160:].any()
    frame.locator("figure").evaluate(NOTE)
    drop(frame, [("other.png", ground())])
    expect(frame.get_by_alt_text("other.png with its mark, reduced")).to_be_visible()
    noted = frame.evaluate("() => window.noted")
    before, others = ({src for alt, src in noted if name in alt} for name in ("ground", "other"))
    assert min(len(before), len(others)) > 0
    assert not before & others
    assert list(watch.after(asked)) == []


def test_a_picture_is_laid_as_the_engine_lays_it(
    page: Page, frame: Frame, tmp_path: Path, watch: Watch
) -> None:
    asked = len(watch.asked)
    source, mark = tmp_path / "ground.png", tmp_path / "logo.png"
    source.write_bytes(ground())
    mark.write_bytes(logo())
    open_tool(page, "watermark")
    drop(frame, [source])
    frame.get_by_label("Picture", exact=True).check()
    frame.get_by_label("Picture that is the mark").set_input_files(mark)
    expect(frame.get_by_alt_text("The mark, logo.png")).to_be_visible()
    data = saved_png(page, frame)
    (tmp_path / "recipe.toml").write_text('[[steps]]\nop = "watermark"\nimage = "logo.png"\n')
    recipe = safelight.Recipe.load(tmp_path / "recipe.toml")
    safelight.run(source, recipe, output=tmp_path / "native.png")
    off = np.abs(pixels(data) - pixels((tmp_path / "native.png").read_bytes()))
    assert off.max() <= 1
    assert (pixels(data) != pixels(source.read_bytes())).any()
    assert list(watch.after(asked)) == []
