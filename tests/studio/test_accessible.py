"""Everybody can use it: WCAG 2.2 AA on every page and state, by keys alone, large, small, calm."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Frame, Page, ViewportSize, expect

from bench.browsing import Watch
from bench.further import further
from bench.visiting import State, states, told
from tests.studio.browsing import saved, settle, tool_frame
from tests.studio.by_keys import choose_by_keys, press_at

AXE = "web/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Of the frame only what is in it: the page is looked at by itself.
LOOK = """async (rules) => {
  const only = rules.length ? {type: 'rule', values: rules} : {type: 'tag', values: %s};
  const wish = {runOnly: only, iframes: false, resultTypes: ['violations']};
  const found = await axe.run(document, wish);
  return found.violations.flatMap(({id, nodes}) =>
    nodes.map(({target, failureSummary}) => `${id}: ${target}: ${failureSummary.slice(0, 200)}`));
}""".replace("%s", str(TAGS))
# What a page shows beyond its right edge: others may scroll within themselves, not the page.
TOO_WIDE = """() => {
  const most = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth <= most) return [];
  return [...document.querySelectorAll('body *')]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > most + 1)
    .map((one) => `${one.tagName} ${one.className} ${one.getBoundingClientRect().right}`)
    .slice(0, 5);
}"""
MOVING = """() => [...document.querySelectorAll('*')].filter((one) => {
  const {transitionDuration, animationDuration, animationName} = getComputedStyle(one);
  const longest = (list) => Math.max(...list.split(',').map(parseFloat));
  return longest(transitionDuration) > 0.02
    || (animationName !== 'none' && longest(animationDuration) > 0.02);
}).map((one) => `${one.tagName}.${one.className}`)"""
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
PAGES = "(links) => links.map((one) => one.hash.slice(2))"
NARROW: ViewportSize = {"width": 320, "height": 640}
WIDE: ViewportSize = {"width": 1280, "height": 800}
# What 1280 pixels hold when everything is twice as large.
ZOOMED: ViewportSize = {"width": 640, "height": 400}


@pytest.fixture(scope="module")
def axe(root: Path) -> str:
    return (root / AXE).read_text()


@pytest.fixture
def given(root: Path) -> tuple[str, bytes]:
    return told(root / "examples" / "pictures" / "lake.jpg")


def shown(page: Page) -> list[Page | Frame]:
    """The page, and the frame where it is shown."""
    frame = page.locator("[data-frame=whole] iframe")
    return [page, tool_frame(page)] if frame.is_visible() else [page]


def violations(page: Page, axe: str, rules: list[str]) -> list[str]:
    found: list[str] = []
    for document in shown(page):
        if not document.evaluate("() => 'axe' in window"):
            document.evaluate(axe)
        found += document.evaluate(LOOK, rules)
    return found


def too_wide(page: Page, sizes: list[ViewportSize]) -> list[str]:
    found = []
    for size in sizes:
        page.set_viewport_size(size)
        page.wait_for_timeout(50)
        for document in shown(page):
            found += [f"{size['width']}: {one}" for one in document.evaluate(TOO_WIDE)]
    page.set_viewport_size(WIDE)
    return found


def light_as(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Changed, and drawn so: even the shortest transition ends with a frame."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for _ in range(2):
        for document in shown(page):
            document.evaluate(DRAWN)


def looked_at(page: Page, state: State, axe: str) -> dict[str, Any]:
    """What is wrong with one state in either light, in a narrow window, and enlarged."""
    light_as(page, "light")
    found = {"light": violations(page, axe, [])}
    light_as(page, "dark")
    found["dark"] = violations(page, axe, ["color-contrast"])
    light_as(page, "light")
    found["wide"] = too_wide(page, [NARROW, ZOOMED])
    found["moving"] = [one for document in shown(page) for one in document.evaluate(MOVING)]
    return {
        f"{state.name} {kind}": list(dict.fromkeys(some)) for kind, some in found.items() if some
    }


def test_every_page_and_state_keeps_to_wcag_and_asks_nobody_else(
    page: Page, watch: Watch, axe: str, given: tuple[str, bytes]
) -> None:
    """All in one visit: loading costs more than looking."""
    light_as(page, "light")
    page.set_viewport_size(WIDE)
    tool_frame(page)
    found: dict[str, Any] = {}
    every = (*states(given), *further())
    for state in every:
        state.enter(page)
        found |= looked_at(page, state, axe)
    assert found == {}
    assert {state.tool for state in every} >= set(page.locator("nav.side a").evaluate_all(PAGES))
    assert list(watch.foreign()) == []


def test_a_picture_without_a_name_is_seen(page: Page, axe: str) -> None:
    """The control: what is wrong is found, in the page and in the frame."""
    frame = tool_frame(page)
    for document in (page, frame):
        document.evaluate("""() => {
          const wide = document.createElement('div');
          wide.append(document.createElement('img'));
          wide.firstChild.src = 'data:,';
          Object.assign(wide.style, {width: '9000px', height: '9px', transition: 'all 9s'});
          document.body.prepend(wide);
        }""")
    assert len([one for one in violations(page, axe, []) if one.startswith("image-alt")]) == 2
    assert len(too_wide(page, [NARROW])) >= 2
    assert all(document.evaluate(MOVING) for document in (page, frame))


def test_a_photo_is_made_safe_by_keys_alone(page: Page, photo: Path) -> None:
    """From the address to the saved file; what has the focus can be seen all the way."""
    frame = tool_frame(page)
    settle(page)
    choose_by_keys(page, "Choose pictures", [photo], frame)
    expect(frame.locator(".sentence")).to_be_visible()
    ((name, _),) = saved(page, lambda: press_at(page, "Make it safe to share", frame))
    assert name == "holiday.scrubbed.jpg"
