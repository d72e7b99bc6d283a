"""The page of models: what is here and what could be, compared with its pins, never fetched."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.comes_again


def test_models_are_listed_found_and_verified(page: Page) -> None:
    page.goto("/#/models")
    here = page.locator("section[aria-labelledby=models-here]")
    there = page.locator("section[aria-labelledby=models-there]")
    expect(here.locator("details")).to_have_count(13)
    assert there.locator("details").count() > 50
    expect(page.get_by_role("heading", name="left out")).to_be_visible()

    page.get_by_label("Search").fill("u2netp")
    expect(there.locator("details")).to_have_count(1)
    there.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(there).to_contain_text("safelight models pull u2netp")
    expect(there).to_contain_text(
        "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"
    )
    expect(there).to_contain_text("Used by Cut out, safelight cutout", use_inner_text=True)
    expect(there.get_by_role("button", name="Verify")).to_have_count(0)
    page.get_by_label("Search").fill("no model is called so")
    expect(page.get_by_text("No model has “no model is called so”")).to_be_visible()

    page.get_by_label("Search").fill("")
    page.get_by_label("Task").select_option("upscale")
    row = here.locator("details[data-model=upscale-x4]")
    expect(row).not_to_contain_text("as pinned")
    row.locator("summary").click()
    row.get_by_role("button", name="Verify upscale-x4").click()
    expect(row.locator("summary")).to_contain_text("as pinned")
    page.get_by_role("button", name="Verify all").click()
    expect(here.get_by_text("as pinned").nth(6)).to_be_attached()
    page.reload()
    expect(row.locator("summary")).to_contain_text("as pinned")


def test_what_is_no_bundle_is_refused_with_words_that_help(page: Page) -> None:
    page.goto("/#/models")
    part = page.locator("section[aria-labelledby=models-import]")
    expect(part.get_by_role("button", name="Check and import")).to_be_disabled()
    part.get_by_label("Bundle").set_input_files(
        {"name": "models.tar", "mimeType": "application/x-tar", "buffer": b"no bundle"}
    )
    part.get_by_role("button", name="Check and import").click()
    expect(part.get_by_role("alert")).to_be_visible()
    expect(part.get_by_role("button", name="Check and import")).to_be_enabled()


def test_whose_browser_is_no_administrator_is_told_the_line(page: Page) -> None:
    def told(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "scopes": ["tools"]})

    page.route("**/api/v1/session", told)
    page.goto("/#/models")
    page.reload()
    part = page.locator("section[aria-labelledby=models-import]")
    expect(part).to_contain_text("safelight models import FILE")
    expect(part.get_by_role("button")).to_have_count(0)
