"""What a person does with the Studio: opens a tool, drops files, saves what came of them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Download, Frame, Page

FRAME = "iframe[src*='/studio/frame.html']"
# All parts have come: from here on nothing is asked any more.
WHOLE = f"[data-frame=whole] {FRAME}"
READY_MS = 15_000
# Where the middle of the frame is, as a hand would let go there.
DROP = """(files) => {
  const carried = new DataTransfer();
  for (const {name, type, text} of files) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    carried.items.add(new File([bytes], name, {type}));
  }
  const [x, y] = [innerWidth / 2, innerHeight / 2];
  const target = document.elementFromPoint(x, y) ?? document.body;
  const options = {bubbles: true, cancelable: true, composed: true, dataTransfer: carried};
  for (const kind of ['dragenter', 'dragover', 'drop'])
    target.dispatchEvent(new DragEvent(kind, {...options, clientX: x, clientY: y}));
}"""
TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".avif": "image/avif"}
Given = Path | tuple[str, bytes]


def sources(root: Path) -> dict[str, str]:
    """What a server must be told, to be that of this tree."""
    return {"PYTHONPATH": str(root / "src")}


def tool_frame(page: Page) -> Frame:
    """The frame of the tools, once all of its parts are here and something is drawn in it."""
    holder = page.wait_for_selector(WHOLE, timeout=READY_MS)
    frame = holder.content_frame() if holder else None
    assert frame is not None
    frame.wait_for_selector("h1", timeout=READY_MS)
    return frame


def open_tool(page: Page, name: str) -> None:
    """As its address does, without a new load."""
    page.evaluate("(name) => { location.hash = '#/' + name }", name)


def drop(place: Frame | Page, files: Sequence[Given]) -> None:
    """Let go of these over the middle of a frame or page."""
    place.evaluate(DROP, [_carried(one) for one in files])


def saved(page: Page, press: Callable[[], object], count: int = 1) -> list[tuple[str, bytes]]:
    """Name and bytes of the downloads that a press starts."""
    found: list[Download] = []

    def note(one: Download) -> None:
        found.append(one)

    page.on("download", note)
    with page.expect_event("download", lambda _: len(found) >= count):
        press()
    page.remove_listener("download", note)
    return [(one.suggested_filename, Path(one.path()).read_bytes()) for one in found]


def _carried(given: Given) -> dict[str, Any]:
    name, data = (given.name, given.read_bytes()) if isinstance(given, Path) else given
    kind = TYPES.get(Path(name).suffix.lower(), "")
    return {"name": name, "type": kind, "text": base64.b64encode(data).decode()}
