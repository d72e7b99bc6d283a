"""What tests of the Studio do beyond a visit: which sources serve it, and what is saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Dialog, Download, Page

from bench.visiting import choose, drop, open_tool, settle, tool_frame, until

__all__ = [
    "asked_before_leaving",
    "choose",
    "drop",
    "open_tool",
    "saved",
    "settle",
    "sources",
    "tool_frame",
]


def sources(root: Path) -> dict[str, str]:
    """What a server must be told, to be that of this tree."""
    return {"PYTHONPATH": str(root / "src")}


def asked_before_leaving(page: Page) -> bool:
    """Whether the browser asks before the page is loaded anew; then it stays."""
    ended: list[str] = []

    def stay(dialog: Dialog) -> None:
        ended.append(dialog.type)
        dialog.dismiss()

    def gone(_page: Page) -> None:
        ended.append("gone")

    page.on("dialog", stay)
    page.on("domcontentloaded", gone)
    page.evaluate("() => { setTimeout(() => location.reload()); }")
    until(page, lambda: ended)
    page.remove_listener("dialog", stay)
    page.remove_listener("domcontentloaded", gone)
    return ended == ["beforeunload"]


def saved(page: Page, press: Callable[[], object], count: int = 1) -> list[tuple[str, bytes]]:
    """Name and bytes of the downloads that a press starts."""
    found: list[Download] = []

    def note(one: Download) -> None:
        found.append(one)

    page.on("download", note)
    with page.expect_event("download", lambda _: len(found) >= count):
        press()
    page.remove_listener("download", note)
    return [(one.suggested_filename, Path(one.path()).read_bytes()) for one in found]
