"""Metadata in the tab: values are hidden until asked for, and go as the engine lets them go."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page, expect

import safelight
from bench.browsing import Watch
from safelight.limits import Limits
from tests.studio.browsing import drop, open_tool, saved
from tests.studio.tab_engine import native, png_of

pytestmark = pytest.mark.comes_again

STRICT = '[[steps]]\nop = "scrub"\nprofile = "strict"'


def test_values_are_shown_when_asked_and_go_by_the_profile(
    page: Page, frame: Frame, photo: Path, tmp_path: Path, watch: Watch
) -> None:
    asked = len(watch.asked)
    drop(frame, [photo])
    open_tool(page, "metadata")
    people = frame.locator("[data-group=identity]")
    expect(people.get_by_role("row")).to_have_count(2)
    expect(people).not_to_contain_text("A. Person")
    people.get_by_role("button", name="Show the value of Artist").click()
    expect(people).to_contain_text("A. Person")
    expect(people.locator("[data-fate=removed]")).to_be_visible()
    place = frame.locator("[data-group=place]")
    expect(place).to_contain_text("Says where it was taken: near Vienna, Austria")
    expect(place).not_to_contain_text("48.2")
    frame.get_by_role("button", name="Show all values").click()
    expect(place).to_contain_text("48.2")
    expect(frame.get_by_role("img", name="Map of the world")).to_be_visible()
    expect(frame.locator("safelight-map text", has_text="km")).to_be_visible()
    frame.get_by_label("As much as possible").check()
    ((name, data),) = saved(page, frame.get_by_role("button", name="Remove and save").click)
    assert name == "holiday.scrubbed.jpg"
    safelight.run(photo, safelight.Recipe.parse(STRICT), output=tmp_path / name)
    assert data == (tmp_path / name).read_bytes()
    open_tool(page, "start")
    open_tool(page, "metadata")
    expect(frame.get_by_label("As much as possible")).to_be_checked()
    assert list(watch.after(asked)) == []


def test_what_is_too_large_for_a_tab_is_still_read_and_made_safe(page: Page, frame: Frame) -> None:
    large = png_of(15_000, 10_000, "A. Person")
    drop(frame, [("large.png", large)])
    words = "more pixels than a browser tab can hold"
    expect(frame.locator(".sentence")).to_contain_text("metadata")
    expect(frame.get_by_text(words)).to_be_visible()
    safe = frame.get_by_role("button", name="Make it safe to share")
    ((name, data),) = saved(page, safe.click)
    assert name == "large.scrubbed.png"
    assert data == native(large, [{"op": "scrub"}], Limits())
    assert b"Person" not in data
    for tool in ("redact", "watermark", "here", "edit"):
        open_tool(page, tool)
        expect(frame.get_by_text(words)).to_be_visible()
    open_tool(page, "metadata")
    expect(frame.locator("[data-group=identity]")).to_be_visible()
