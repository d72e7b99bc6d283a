"""Every way in for a picture, as a person has it: pasted, dropped beside the tools, a whole folder
dropped or chosen, taken by the camera.
"""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, FileChooser, Frame, Page, expect

from bench.browsing import Watch
from bench.visiting import until
from tests.studio.browsing import open_tool
from tests.studio.photographs import HATS, PARROTS, as_file, photograph

pytestmark = pytest.mark.comes_again

# The picture is in the clipboard as an image, as "Copy image" of another page puts it there.
COPY = """async (data) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const blob = new Blob([bytes], {type: 'image/png'});
  await navigator.clipboard.write([new ClipboardItem({'image/png': blob})]);
}"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photographs, one of them further in, and what systems leave beside them."""
    inner = tmp_path / "trip" / "second day"
    inner.mkdir(parents=True)
    (tmp_path / "trip" / "hats.png").write_bytes(as_file(photograph(HATS, 60, 40)))
    (inner / "parrots.png").write_bytes(as_file(photograph(PARROTS, 50, 40)))
    for name in (".hidden.png", "Thumbs.db"):
        (tmp_path / "trip" / name).write_bytes(b"left behind")
    return tmp_path / "trip"


@pytest.fixture
def devices(page: Page) -> CDPSession:
    """What a hand, a drag from the desktop and a screen that is touched tell the browser."""
    return page.context.new_cdp_session(page)


def dropped_from_the_desktop(devices: CDPSession, at: tuple[float, float], path: Path) -> None:
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        told = {"type": kind, "x": at[0], "y": at[1], "data": data}
        devices.send("Input.dispatchDragEvent", told)


def middle(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_picture_is_taken_wherever_it_is_let_go_of(
    page: Page, frame: Frame, watch: Watch, folder: Path, devices: CDPSession
) -> None:
    asked = len(watch.asked)
    strip = frame.get_by_role("listbox", name="Opened pictures").get_by_role("option")
    dropped_from_the_desktop(devices, middle(page, "header"), folder / "hats.png")
    expect(strip).to_have_count(1)
    dropped_from_the_desktop(devices, middle(page, "header"), folder)
    expect(strip).to_have_count(3)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.bring_to_front()
    page.locator("header button").last.focus()  # beside the frame, as just after the page came
    page.evaluate(COPY, base64.b64encode((folder / "hats.png").read_bytes()).decode())
    for number, place in enumerate((page.locator("header button").last, frame.locator("body"))):
        place.focus()
        page.keyboard.press("Control+v")
        expect(strip).to_have_count(4 + number)
    open_tool(page, "many")
    frame.locator("input[webkitdirectory]").set_input_files(folder)
    expect(frame.locator("tr[data-stage=waiting]")).to_have_count(2)
    assert list(watch.after(asked)) == []
    open_tool(page, "help")
    dropped_from_the_desktop(devices, middle(page, "main"), folder / "hats.png")
    expect(page.locator("main")).to_have_attribute("data-page", "start")
    expect(strip).to_have_count(6)


def test_a_phone_takes_a_picture_and_a_folder_is_one_batch(
    page: Page, folder: Path, devices: CDPSession
) -> None:
    open_tool(page, "batch")
    page.locator("input[webkitdirectory]").set_input_files(folder)
    expect(page.get_by_role("button", name="Start 2 files")).to_be_visible()
    open_tool(page, "enlarge")
    expect(page.get_by_role("button", name="Take a picture")).to_be_hidden()
    devices.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    asked: list[FileChooser] = []
    page.on("filechooser", lambda one: asked.append(one))
    page.get_by_role("button", name="Take a picture").click()
    until(page, lambda: asked)
    camera = asked[0].element
    assert camera.get_attribute("capture") == "environment"
    assert camera.get_attribute("accept") == "image/*"
    asked[0].set_files(folder / "hats.png")
    expect(page.get_by_text("60 × 40")).to_be_visible()
