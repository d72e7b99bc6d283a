#!/usr/bin/env python3
"""Pictures of every page of the Studio, to look at: build/screens/LOOK/STATE.webp.

Usage: scripts/screens.py [--readme] [STATE...]

LOOK is light, dark, or phone; states in which something is wrong are among them. --readme writes
two of them to docs/images instead. Needs the built Studio and the distribution's Chromium.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from bench.browsing import browsing, context_of, known_to  # noqa: E402 - found by the line above
from bench.further import further  # noqa: E402 - the same
from bench.serving import serving  # noqa: E402 - the same
from bench.visiting import State, states, told, tool_frame  # noqa: E402 - the same
from safelight.proof.serving.served import Served  # noqa: E402 - the same

SCREENS = ROOT / "build" / "screens"
IMAGES = ROOT / "docs" / "images"
PHOTO = ROOT / "examples" / "pictures" / "lake.jpg"
README = {"start-told": "studio-start.webp", "edit": "studio-edit.webp"}
LARGE = {"width": 1280, "height": 800}


@dataclass(frozen=True)
class Look:
    """How the browser shows itself."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)


LOOKS = (
    Look("light", {"viewport": LARGE, "color_scheme": "light"}),
    Look("dark", {"viewport": LARGE, "color_scheme": "dark"}),
    Look("phone", {
        "viewport": {"width": 375, "height": 760}, "device_scale_factor": 2,
        "is_mobile": True, "has_touch": True, "color_scheme": "light",
    }),
)  # fmt: skip


def shot(page: Page, path: Path) -> None:
    """What is to be seen, as WebP."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(page.screenshot(animations="disabled"))) as picture:
        picture.convert("RGB").save(path, "WEBP", quality=86, method=6)
    print(path.relative_to(ROOT))


@contextmanager
def visit(browser: Browser, served: Served, known: Any, look: Look) -> Iterator[Page]:
    """A page of its own, the tools loaded."""
    options = {"locale": "en-GB", "reduced_motion": "reduce", **look.options}
    with context_of(browser, served, known, **options) as context:
        page = context.new_page()
        page.goto("/#/start")
        tool_frame(page)
        yield page


def every(browser: Browser, served: Served, known: Any, names: list[str]) -> list[str]:
    """All states in all looks; those that could not be reached."""
    failed = []
    for look in LOOKS:
        with visit(browser, served, known, look) as page:
            for state in (*states(told(PHOTO)), *further()):
                page.set_viewport_size(look.options["viewport"])
                is_wanted = not names or state.name in names
                if not attempt(state, page, SCREENS / look.name, is_wanted):
                    failed.append(f"{look.name}/{state.name}")
            if not names or "link-ended" in names:
                page.unroute_all()
                page.goto(served.ready.link)
                page.get_by_role("heading", level=1).wait_for()
                shot(page, SCREENS / look.name / "link-ended.webp")
    return failed


def attempt(state: State, page: Page, folder: Path, is_wanted: bool) -> bool:
    """Whether it was reached. Each is entered, since later ones build on it; a failure is told and
    the rest goes on.
    """
    try:
        state.enter(page)
        if is_wanted:
            shot(page, folder / f"{state.name}.webp")
    except Exception as error:  # noqa: BLE001 - the other states are still worth a picture
        first = (str(error).splitlines() or [type(error).__name__])[0]
        print(f"screens: {folder.name}/{state.name}: {first}", file=sys.stderr)
        return False
    return True


def for_readme(browser: Browser, served: Served, known: Any) -> None:
    look = Look("light", {"viewport": {"width": 1200, "height": 720}, "color_scheme": "light"})
    with visit(browser, served, known, look) as page:
        for state in states(told(PHOTO)):
            state.enter(page)
            if state.name in README:
                shot(page, IMAGES / README[state.name])
            if state.name == list(README)[-1]:
                return


def main() -> None:
    parser = argparse.ArgumentParser(description="pictures of the Studio")
    parser.add_argument("--readme", action="store_true", help="the two of the README alone")
    parser.add_argument("states", nargs="*", metavar="STATE")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="screens-") as name,
        serving(Path(name), environment={"PYTHONPATH": str(ROOT / "src")}) as served,
        browsing() as browser,
    ):
        known = known_to(browser, served)
        if asked.readme:
            for_readme(browser, served, known)
            return
        failed = every(browser, served, known, asked.states)
    if failed:
        raise SystemExit(f"screens: not reached: {', '.join(failed)}")


if __name__ == "__main__":
    main()
