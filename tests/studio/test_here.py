"""Small pictures enlarged in the tab, against the same model on this computer."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Frame, Page, expect

import safelight
from bench.browsing import Watch
from tests.studio.browsing import drop, open_tool, saved

pytestmark = pytest.mark.comes_again

# Of 255, on average: another build of the runtime rounds a few values otherwise.
TOLERANCE = 0.05
SLOW_MS = 60_000


@pytest.fixture(scope="module")
def small(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph of 240 by 160, with what a camera writes."""
    source = Image.open(shared_data / "superres" / "kodak" / "kodim03.png").resize((240, 160))
    exif = Image.Exif()
    exif[0x013B] = "A. Person"
    path = tmp_path_factory.mktemp("small") / "small.png"
    source.convert("RGB").save(path, exif=exif)
    return path


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), int)


def enlarged(page: Page, frame: Frame, name: str) -> bytes:
    frame.get_by_role("button", name="Enlarge", exact=True).click()
    save = frame.get_by_role("button", name=f"Save {name}")
    save.wait_for(timeout=SLOW_MS)
    ((found, data),) = saved(page, save.click)
    assert found == name
    return data


def test_it_is_what_this_computer_makes_within_a_tolerance(
    page: Page, frame: Frame, small: Path, watch: Watch, tmp_path: Path
) -> None:
    open_tool(page, "here")
    drop(frame, [small])
    expect(frame.get_by_text("240 × 160 becomes 480 × 320 pixels.")).to_be_visible()
    asked = len(watch.asked)
    data = enlarged(page, frame, "small.x2.png")
    recipe = safelight.Recipe.parse('[[steps]]\nop = "upscale"\nscale = 2\n[[steps]]\nop = "scrub"')
    safelight.run(small, recipe, output=tmp_path / "native.png")
    native = (tmp_path / "native.png").read_bytes()
    off = np.abs(pixels(data) - pixels(native))
    assert off.mean() <= TOLERANCE
    assert len(data) < 1.2 * len(native)
    for said in (str(Image.open(io.BytesIO(one)).info) for one in (data, native)):
        assert "algorithmicallyEnhanced" in said
        assert "Person" not in said
    expect(frame.locator("safelight-compare")).to_be_visible()
    assert list(watch.after(asked)) == []
    # A control: enlarged in the plain way it is further off than that.
    plain = Image.open(small).convert("RGB").resize((480, 320), Image.Resampling.BICUBIC)
    assert np.abs(np.asarray(plain, int) - pixels(native)).mean() > 10 * TOLERANCE


def test_it_can_be_cancelled_and_large_ones_go_elsewhere(
    page: Page, frame: Frame, small: Path
) -> None:
    open_tool(page, "here")
    drop(frame, [small])
    frame.get_by_label("Four times on each side").check()
    frame.get_by_role("button", name="Enlarge", exact=True).click()
    frame.get_by_role("button", name="Cancel", exact=True).click()
    expect(frame.get_by_role("button", name="Enlarge", exact=True)).to_be_visible()
    expect(frame.locator(".notice[data-kind=bad]")).to_have_count(0)
    out = io.BytesIO()
    Image.new("RGB", (1500, 1100)).save(out, "PNG")
    drop(frame, [("large.png", out.getvalue())])
    expect(frame.get_by_text("too large to be enlarged in a tab")).to_be_visible()
    frame.get_by_role("button", name="Continue on this computer").click()
    expect(page).to_have_url(re.compile("#/enlarge$"))
