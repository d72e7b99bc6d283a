"""Through the Studio without a pointer: from one stop of Tab to the next, each of which is seen."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Frame, Page

MOST_STOPS = 80
# What has the focus, be it inside of a widget: the name it goes by, and whether it can be seen. The
# knob of the split between two pictures has the ring, which a script cannot ask for.
FOCUSED = """() => {
  let at = document.activeElement;
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  const {outlineStyle, outlineWidth} = getComputedStyle(at);
  const named = at.ariaLabel ?? at.labels?.[0]?.textContent ?? at.textContent;
  const isSeen = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  return {
    tag: at.tagName,
    name: named.replaceAll(/\\s+/g, ' ').trim(),
    isSeen: isSeen || at.matches('body, iframe, .split'),
  };
}"""


def tab_to(page: Page, name: str, frame: Frame | None = None, *, key: str = "Tab") -> None:
    """To what has this name, in the page or in the frame; key: Shift+Tab for the way back."""
    passed = []
    for _ in range(MOST_STOPS):
        page.keyboard.press(key)
        focused = page.evaluate(FOCUSED)
        if frame is not None and focused["tag"] == "IFRAME":
            focused = frame.evaluate(FOCUSED)
        assert focused["isSeen"], focused
        if focused["name"] == name:
            return
        passed.append(focused["name"][:20])
    raise AssertionError(f"no way to {name} by {key}, past {passed}")


def press_at(
    page: Page, name: str, frame: Frame | None = None, *, key: str = "Enter", way: str = "Tab"
) -> None:
    """Press a key at what has this name."""
    tab_to(page, name, frame, key=way)
    page.keyboard.press(key)


def choose_by_keys(page: Page, name: str, files: list[Path], frame: Frame | None = None) -> None:
    """Open the dialogue of the system by a button, and choose these."""
    with page.expect_file_chooser() as chooser:
        press_at(page, name, frame)
    chooser.value.set_files(files)
