"""A visit to the Studio as a person makes it: tools, dropped files, and the states worth a look.

Tests, screenshots and measurements go through it by the same way.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Frame, Page

FRAME = "iframe[src*='/studio/frame.html']"
# All parts have come: from here on nothing is asked any more.
WHOLE = f"[data-frame=whole] {FRAME}"
KNOWN = "[data-standing]:not([data-standing=asking])"
PROBLEM = ".notice[data-kind=bad]:visible, .notice[data-kind=warn]:visible"
READY_MS = 30_000
STEP_MS = 60
# Nothing is being worked on, and every picture is drawn.
SETTLED = """() => {
  const seen = (node) => node.checkVisibility();
  const busy = [...document.querySelectorAll('progress, [role=progressbar]')].some(seen);
  const drawn = [...document.images].filter(seen).every((image) => image.complete);
  return !busy && drawn && [...document.querySelectorAll('h1, iframe')].some(seen);
}"""
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


def until(page: Page, is_so: Callable[[], object], wait_ms: int = READY_MS) -> None:
    """Ask again and again: the page's policy lets nobody wait inside of it. Raises TimeoutError."""
    for _ in range(wait_ms // STEP_MS):
        if is_so():
            return
        page.wait_for_timeout(STEP_MS)
    raise TimeoutError(f"not within {wait_ms} ms: {page.url}")


def tool_frame(page: Page) -> Frame:
    """The frame of the tools, once all of its parts are here, something is drawn in it, and the
    header knows what holds the server: from here on nothing is asked of anybody.
    """
    page.wait_for_selector(KNOWN, state="attached", timeout=READY_MS)
    holder = page.wait_for_selector(WHOLE, timeout=READY_MS)
    frame = holder.content_frame() if holder else None
    if frame is None:
        raise LookupError("no frame")
    frame.wait_for_selector("h1", timeout=READY_MS)
    return frame


def open_tool(page: Page, name: str) -> None:
    """As its address does, without a new load."""
    page.evaluate("(name) => { location.hash = '#/' + name }", name)
    page.wait_for_selector(f"main[data-page={name}]")


def settle(page: Page) -> None:
    """Until nothing is being worked on, in the page and in the frame if it is shown."""
    until(page, lambda: page.evaluate(SETTLED))
    if page.locator(WHOLE).is_visible():
        frame = tool_frame(page)
        until(page, lambda: frame.evaluate(SETTLED))


def drop(place: Frame | Page, files: Sequence[Given]) -> None:
    """Let go of these over the middle of a frame or page."""
    place.evaluate(DROP, [_carried(one) for one in files])


def choose(page: Page, given: Given) -> None:
    """Give a picture to the tool of the computer that is shown."""
    name, data = (given.name, given.read_bytes()) if isinstance(given, Path) else given
    kind = TYPES.get(Path(name).suffix.lower(), "")
    chooser = page.locator("main .page input[type=file]").first
    chooser.set_input_files({"name": name, "mimeType": kind, "buffer": data})


def told(path: Path) -> tuple[str, bytes]:
    """The picture as a phone would have written it: with a place, a date and a name."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B] = "Camera Works", "Pocket 3", "A. Person"
    exif.get_ifd(0x8769)[0x9003] = "2026:08:02 11:20:31"
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 33.0, 41.0), 3: "E", 4: (13.0, 38.0, 56.0)})
    out = io.BytesIO()
    with Image.open(path) as picture:
        picture.save(out, "JPEG", quality=90, exif=exif)
    return path.name, out.getvalue()


@dataclass(frozen=True, slots=True)
class State:
    """One thing to look at: where it is, and what is done there first."""

    name: str
    tool: str
    doing: Callable[[Page], None] | None = None
    is_wrong: bool = False
    is_still: bool = True

    def enter(self, page: Page) -> None:
        """Goes there and waits until it stands still, unless it is never so. Where something is
        wrong, that must be told. Raises TimeoutError.
        """
        open_tool(page, self.tool)
        if self.doing:
            self.doing(page)
        if self.is_still:
            settle(page)
        if self.is_wrong:
            until(page, lambda: any(one.locator(PROBLEM).count() for one in page.frames))


def states(photo: Given) -> tuple[State, ...]:
    """Every page, and the main states of those that work; in an order in which each finds what it
    needs: files stay open in the tab from one tool to the next.
    """
    wrong = ("letter.jpg", b"Dear Anna, " * 99)
    empty = ("empty.jpg", b"")

    def dropped(page: Page) -> None:
        drop(tool_frame(page), [photo])
        tool_frame(page).wait_for_selector("section img")

    def chosen(page: Page) -> None:
        choose(page, photo)
        page.wait_for_selector(".sides img")

    def spoilt(page: Page) -> None:
        drop(tool_frame(page), [wrong, empty])
        frame = tool_frame(page)
        frame.get_by_role("option", name=empty[0]).click()
        frame.wait_for_selector(".notice")

    def compared(page: Page) -> None:
        tool_frame(page).wait_for_selector("safelight-compare")

    def listed(page: Page) -> None:
        page.wait_for_selector("main h2, main h3")

    doing = {"edit": compared, "models": listed, "privacy": listed}
    tab = ("metadata", "edit", "redact", "watermark", "many", "here", "receipt")
    computer = ("enlarge", "restore", "cutout", "sanitize", "batch")
    about = ("privacy", "models", "settings", "help", "welcome")
    return (
        State("start", "start"),
        *(State(f"{name}-empty", name) for name in ("edit", "many")),
        State("start-told", "start", dropped),
        *(State(name, name, doing.get(name)) for name in tab),
        State("start-wrong", "start", spoilt, is_wrong=True),
        *(State(name, name) for name in computer),
        State("enlarge-chosen", "enlarge", chosen),
        *(State(name, name, doing.get(name)) for name in about),
    )


def _carried(given: Given) -> dict[str, Any]:
    name, data = (given.name, given.read_bytes()) if isinstance(given, Path) else given
    kind = TYPES.get(Path(name).suffix.lower(), "")
    return {"name": name, "type": kind, "text": base64.b64encode(data).decode()}
