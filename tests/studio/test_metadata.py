"""Metadata in the tab: values are hidden until asked for, and go as the engine lets them go."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Frame, Page, expect

import safelight
from tests.studio.browsing import drop, open_tool, saved

STRICT = '[[steps]]\nop = "scrub"\nprofile = "strict"'


def test_values_are_shown_when_asked_and_go_by_the_profile(
    page: Page, frame: Frame, photo: Path, tmp_path: Path
) -> None:
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
