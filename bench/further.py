"""Further states of the Studio: what comes of work, what goes wrong with it, and what lies above a
page. Entered after those of bench.visiting, of which several files are still open in the tab.
"""

from __future__ import annotations

import io
import json

from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Page, Route, ViewportSize

from bench.visiting import State, choose, drop, open_tool, tool_frame, until

WORK_MS = 120_000
WRONG = ("letter.jpg", b"Dear Anna, " * 99)
PHONE: ViewportSize = {"width": 375, "height": 760}
START = ".bench button.main"
ASKED = "**/api/v1/**"


def further() -> tuple[State, ...]:
    """In this order: the last ones have no server."""
    held = HeldUp()
    return (
        State("redact-covered", "redact", covered),
        State("here-done", "here", enlarged_here),
        State("receipt-wrong", "receipt", receipt_refused, is_wrong=True),
        State("enlarge-done", "enlarge", worked),
        State("enlarge-wrong", "enlarge", refused, is_wrong=True),
        State("cutout-done", "cutout", cut_out),
        State("cutout-brushed", "cutout", brushed),
        State("sanitize-wrong", "sanitize", refused, is_wrong=True),
        State("batch-running", "batch", held.running, is_still=False),
        State("batch-waiting", "batch", held.waiting, is_still=False),
        State("batch-failed", "batch", ended, is_still=False),
        State("key-sheet", "help", key_sheet),
        State("paired", "settings", paired),
        State("menu", "settings", menu),
        State("stranger", "models", stranger),
        State("lost", "restore", lost),
    )


def mug() -> bytes:
    picture = Image.new("RGB", (160, 120), (225, 228, 232))
    ImageDraw.Draw(picture).rounded_rectangle((48, 30, 100, 102), radius=9, fill=(150, 40, 35))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def covered(page: Page) -> None:
    """Of a small picture, which stays chosen for the next one."""
    frame = tool_frame(page)
    drop(frame, [("mug.png", mug())])
    frame.get_by_role("option", name="mug.png").click()
    frame.get_by_role("button", name="Add a box").first.click()
    frame.wait_for_selector("input[type=number]")


def enlarged_here(page: Page) -> None:
    frame = tool_frame(page)
    frame.get_by_role("button", name="Enlarge", exact=True).click()
    frame.wait_for_selector("[data-kind=good]", timeout=WORK_MS)


def receipt_refused(page: Page) -> None:
    tool_frame(page).locator("#receipt-key").fill("no key")
    tool_frame(page).wait_for_selector("[data-kind=bad]")


def given(page: Page, picture: tuple[str, bytes]) -> None:
    """To the tool that is shown, whatever it shows."""
    for name in ("Erase now", "Another picture"):
        button = page.get_by_role("button", name=name, exact=True)
        if button.count():
            button.first.click()
            break
    choose(page, picture)


def worked(page: Page) -> None:
    given(page, ("mug.png", mug()))
    page.locator(START).click()
    page.wait_for_selector(".outcome", timeout=WORK_MS)


def refused(page: Page) -> None:
    given(page, WRONG)
    page.locator(START).click()
    page.wait_for_selector("main .notice[data-kind=bad]", timeout=WORK_MS)


def cut_out(page: Page) -> None:
    given(page, ("mug.png", mug()))
    page.locator(START).click()
    page.wait_for_selector("safelight-brush .stage", timeout=WORK_MS)


def brushed(page: Page) -> None:
    """A stroke by keys, the other way of painting, and a ground of one colour."""
    page.locator("safelight-brush .stage").focus()
    page.keyboard.down(" ")
    for key in ("ArrowLeft", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    page.keyboard.up(" ")
    page.keyboard.press("x")
    page.get_by_label("A colour").check()
    page.locator("safelight-brush .stage").focus()


class HeldUp:
    """A batch of which nothing is sent on its way, until it pauses."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def running(self, page: Page) -> None:
        page.route(ASKED, self._hold)
        chooser = page.locator("main .page input[type=file]").first
        files = [WRONG, *((f"mug{number}.png", mug()) for number in range(5))]
        payloads: list[FilePayload] = [
            {"name": name, "mimeType": "", "buffer": data} for name, data in files
        ]
        chooser.set_input_files(payloads)
        page.get_by_role("button", name=f"Start {len(files)} files").click()
        until(page, lambda: self._routes)

    def waiting(self, page: Page) -> None:
        """Some are done, one is none, and a pause holds the rest."""
        page.get_by_role("button", name="Pause", exact=True).click()
        for route in self._routes:
            route.continue_()
        page.unroute(ASKED, self._hold)

    def _hold(self, route: Route) -> None:
        if route.request.method == "POST":
            self._routes.append(route)
        else:
            route.continue_()


def ended(page: Page) -> None:
    page.get_by_role("button", name="Continue", exact=True).click()
    page.get_by_text("6 of 6 ended", exact=True).first.wait_for(timeout=WORK_MS)


def key_sheet(page: Page) -> None:
    page.locator("main h1").focus()
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")


def paired(page: Page) -> None:
    page.get_by_role("button", name="Pair a device").click()
    page.wait_for_selector("section img")


def menu(page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.locator("nav.bottom button").click()
    page.wait_for_selector("dialog[open]")


def stranger(page: Page) -> None:
    """The server knows this browser no more."""
    told = {"status": 401, "code": "caller-unknown", "detail": "nobody is known", "hint": ""}

    def answer(route: Route) -> None:
        route.fulfill(status=401, content_type="application/problem+json", body=json.dumps(told))

    page.route(ASKED, answer)
    open_tool(page, "sanitize")
    open_tool(page, "models")
    page.wait_for_selector("main .notice")
    open_tool(page, "restore")
    page.wait_for_selector("[data-lost=stranger]")


def lost(page: Page) -> None:
    """The server has ended; somebody looks for it."""
    page.unroute(ASKED)
    page.route(ASKED, lambda route: route.abort())
    page.locator("[data-lost] button.main").click()
    page.wait_for_selector("[data-lost=gone]")
