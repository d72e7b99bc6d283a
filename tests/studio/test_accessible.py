"""Everybody can use it: WCAG 2.2 AA on every page and state, by keys alone, large, small, calm."""

from __future__ import annotations

from collections.abc import Sequence
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
# Of the frame only what is in it: the page is looked at by itself. What stands around each page is
# looked at again where it became another, be it by its colours; which page it marks is no matter.
LOOK = """async (rules) => {
  const only = rules.length ? {type: 'rule', values: rules} : {type: 'tag', values: %s};
  const wish = {runOnly: only, iframes: false, preload: false, resultTypes: ['violations']};
  const around = [...document.querySelectorAll('.shell > header, .shell nav')];
  const texts = around.map((one) => one.outerHTML.replaceAll(' aria-current="page"', ''));
  const now = [matchMedia('(prefers-color-scheme: dark)').matches, rules, ...texts].join();
  window.lookedAt ??= new Set();
  const isKnown = around.length && window.lookedAt.has(now);
  window.lookedAt.add(now);
  const inner = {include: [...document.querySelectorAll('main, dialog[open]')]};
  const found = await axe.run(isKnown ? inner : document, wish);
  return found.violations.flatMap(({id, nodes}) =>
    nodes.map(({target, failureSummary}) => `${id}: ${target}: ${failureSummary.slice(0, 200)}`));
}""".replace("%s", str(TAGS))
# What a page shows beyond its right edge: others may scroll within themselves, not the page.
TOO_WIDE = """() => {
  const most = document.documentElement.clientWidth;
  const places = [document.scrollingElement, ...document.querySelectorAll('main')];
  if (places.every((one) => one.scrollWidth <= one.clientWidth)) return [];
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
# Seen as it will be: what is on its way to other colours is there, and nothing sets out again. How
# long it would take is left as it is, which MOVING looks at. A hundred colours on their way at once
# cost more than all that is looked at.
SETTLED = """() => {
  if (!window.still) {
    window.still = new CSSStyleSheet();
    still.replaceSync('*, *::before, *::after { transition-property: none !important; }');
    document.adoptedStyleSheets.push(still);
  }
  for (const one of document.getAnimations()) one.finish();
}"""
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Text that is twice as large, and nothing else: what is cut off, and what lies over something else.
LARGER = "(size) => { document.documentElement.style.fontSize = size; }"
CUT_OFF = """() => {
  const hides = (kind) => kind === 'hidden' || kind === 'clip';
  const cut = (one) => {
    const {overflowX, overflowY} = getComputedStyle(one);
    return (hides(overflowX) && one.scrollWidth > one.clientWidth + 1)
      || (hides(overflowY) && one.scrollHeight > one.clientHeight + 1);
  };
  return [...document.querySelectorAll('body *')]
    .filter((one) => one.checkVisibility() && one.clientWidth > 1 && cut(one))  // 1: for ears
    .map((one) => `cut off: ${one.tagName} ${one.className} ${one.textContent.slice(0, 30)}`);
}"""
OVER = """() => {
  const lifted = (one) => one !== null && one !== document.body
    && (['sticky', 'fixed', 'absolute'].includes(getComputedStyle(one).position)
      || lifted(one.parentElement));
  // What is scrolled out of a part that scrolls lies over nothing.
  const inSight = (one, box) => one === document.body || (inSight(one.parentElement, box)
    && (isOpen(one) || overlap(box, one.getBoundingClientRect())));
  const isOpen = (one) => getComputedStyle(one).overflowX === 'visible';
  const overlap = (a, b) => a.left < b.right && b.left < a.right
    && a.top < b.bottom && b.top < a.bottom;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const lines = [];
  while (walker.nextNode()) {
    const {currentNode: text} = walker;
    const one = text.parentElement;
    if (!text.data.trim() || !one.checkVisibility() || lifted(one)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const boxes = [...range.getClientRects()].filter((box) => inSight(one, box));
    lines.push(...boxes.map((box) => ({box, text: text.data.trim()})));
  }
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 4
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.4 * Math.min(a.height, b.height);
  return lines.flatMap((a, at) => lines.slice(at + 1)
    .filter((b) => a.text !== b.text && over(a.box, b.box))
    .map((b) => `over each other: ${a.text.slice(0, 30)} / ${b.text.slice(0, 30)}`));
}"""
PAGES = "(links) => links.map((one) => one.hash.slice(2))"
NARROW: ViewportSize = {"width": 320, "height": 640}
WIDE: ViewportSize = {"width": 1280, "height": 800}
# What 1280 pixels hold when everything is twice as large.
ZOOMED: ViewportSize = {"width": 640, "height": 400}
Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def axe(root: Path) -> str:
    return (root / AXE).read_text()


@pytest.fixture
def given(root: Path) -> tuple[str, bytes]:
    return told(root / "examples" / "pictures" / "lake.jpg")


Documents = Sequence[Page | Frame]


def shown(page: Page) -> Documents:
    """The page, and the frame where it is shown."""
    frame = page.locator("[data-frame=whole] iframe")
    return [page, tool_frame(page)] if frame.is_visible() else [page]


def violations(documents: Documents, axe: str, rules: list[str]) -> list[str]:
    found: list[str] = []
    for document in documents:
        if not document.evaluate("() => 'axe' in window"):
            document.evaluate(axe)
        found += document.evaluate(LOOK, rules)
    return found


def too_wide(page: Page, documents: Documents, sizes: list[ViewportSize]) -> list[str]:
    found = []
    for size in sizes:
        page.set_viewport_size(size)
        drawn(documents)
        for document in documents:
            found += [f"{size['width']}: {one}" for one in document.evaluate(TOO_WIDE)]
    page.set_viewport_size(WIDE)
    return found


def with_larger_text(documents: Documents) -> list[str]:
    for document in documents:
        document.evaluate(LARGER, "200%")
    drawn(documents)  # what goes by its own size does so a moment later
    found = [
        one
        for document in documents
        for script in (TOO_WIDE, CUT_OFF, OVER)
        for one in document.evaluate(script)
    ]
    for document in documents:
        document.evaluate(LARGER, "")
    return found


def light_as(page: Page, documents: Documents, scheme: Scheme) -> None:
    """Changed, and every transition to it at its end."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for document in documents:
        document.evaluate(SETTLED)


def drawn(documents: Documents) -> None:
    """The frame is drawn after the page around it."""
    documents[-1].evaluate(DRAWN)


def looked_at(page: Page, state: State, axe: str, scheme: Scheme) -> dict[str, Any]:
    """What is wrong with one state in this light and in the other, which stays, in a narrow window,
    enlarged, and with text that is twice as large.
    """
    documents = shown(page)
    other: Scheme = "light" if scheme == "dark" else "dark"
    found: dict[str, list[str]] = {scheme: violations(documents, axe, [])}
    found["moving"] = [one for document in documents for one in document.evaluate(MOVING)]
    light_as(page, documents, other)
    found[other] = violations(documents, axe, ["color-contrast"])
    found["wide"] = too_wide(page, documents, [NARROW, ZOOMED])
    found["large text"] = with_larger_text(documents)
    return {
        f"{state.name} {kind}": list(dict.fromkeys(some)) for kind, some in found.items() if some
    }


def test_every_page_and_state_keeps_to_wcag_and_asks_nobody_else(
    page: Page, watch: Watch, axe: str, given: tuple[str, bytes]
) -> None:
    """All in one visit: loading costs more than looking."""
    page.set_viewport_size(WIDE)
    light_as(page, [page, tool_frame(page)], "light")
    found: dict[str, Any] = {}
    every = (*states(given), *further())
    schemes: tuple[Scheme, Scheme] = ("light", "dark")
    for number, state in enumerate(every):
        state.enter(page)
        found |= looked_at(page, state, axe, schemes[number % 2])
    assert found == {}
    assert {state.tool for state in every} >= set(page.locator("nav.side a").evaluate_all(PAGES))
    assert list(watch.foreign()) == []


@pytest.mark.comes_again
def test_a_picture_without_a_name_is_seen(page: Page, axe: str) -> None:
    """The control: what is wrong is found, in the page and in the frame."""
    documents: Documents = [page, tool_frame(page)]
    for document in documents:
        document.evaluate(SETTLED)
        document.evaluate("""() => {
          const wide = document.createElement('div');
          wide.append(document.createElement('img'));
          wide.firstChild.src = 'data:,';
          Object.assign(wide.style, {width: '9000px', height: '9px', transition: 'all 9s'});
          document.body.prepend(wide);
        }""")
    assert len([one for one in violations(documents, axe, []) if one.startswith("image-alt")]) == 2
    assert len(too_wide(page, documents, [NARROW])) >= 2
    assert all(document.evaluate(MOVING) for document in documents)


@pytest.mark.comes_again
def test_a_photo_is_made_safe_by_keys_alone(page: Page, photo: Path) -> None:
    """From the address to the saved file; what has the focus can be seen all the way."""
    frame = tool_frame(page)
    settle(page)
    choose_by_keys(page, "Choose pictures", [photo], frame)
    expect(frame.locator(".sentence")).to_be_visible()
    ((name, _),) = saved(page, lambda: press_at(page, "Make it safe to share", frame))
    assert name == "holiday.scrubbed.jpg"
