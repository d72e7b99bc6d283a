"""The handbook's figures stand between marks, and only there anything changes."""

from __future__ import annotations

import pytest

from bench.page import PAGES, filled


def test_only_what_stands_between_the_marks_changes() -> None:
    page = "a\n<!-- measured by x -->\nold\n<!-- end of x -->\nb\n"
    made = filled(page, "x", "new \\1\n")
    assert made == "a\n<!-- measured by x -->\nnew \\1\n<!-- end of x -->\nb\n"
    assert filled(made, "x", "new \\1") == made


def test_a_page_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="0 places for x"):
        filled("nothing", "x", "new")


@pytest.mark.parametrize("name", PAGES)
def test_the_page_has_a_place_for_every_measurement(name: str) -> None:
    assert "new" in filled(PAGES[name].read_text(), name, "new")
