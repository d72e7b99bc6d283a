"""A browser of the distribution, for tests, screenshots and measurements of the Studio.

with browsing() as browser, signed_in(browser, served) as context:
    page = context.new_page()

A Watch keeps what the pages, frames and workers of a context asked for.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, WebSocket, sync_playwright

from safelight.proof.serving.served import Served

# What the system packages install; the first that is there.
NAMES = ("chromium", "chromium-browser", "google-chrome-stable")
# Nothing is asked for on the browser's own account.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--no-pings",
)
# What a program needs to hold it; nothing more is set.
EVERYDAY = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-startup-window",
    "--no-first-run",
    "--no-sandbox",
    "--disable-gpu",
)
# These lie in memory or in the text itself: nobody is asked.
LOCAL_SCHEMES = frozenset({"blob", "data", "about", "chrome-error"})
TIMEOUT_MS = 20_000


def chromium() -> str | None:
    """Where the distribution's browser is, if it is here."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def browsing(*flags: str, net_log: Path | None = None) -> Iterator[Browser]:
    """One browser with a fresh profile. net_log: where it writes all that its network service
    did, its own requests included; whole once the block has ended.
    """
    more = [f"--log-net-log={net_log}"] if net_log else []
    os.environ.setdefault("PW_EXPERIMENTAL_SERVICE_WORKER_NETWORK_EVENTS", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*QUIET, *flags, *more], chromium_sandbox=False
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def everyday(browser: Browser, folder: Path, net_log: Path) -> Iterator[BrowserContext]:
    """The browser as people have it: a profile on the disk, and every switch as it comes, so that
    it also looks ahead. What it did on the network is in net_log once the block has ended.
    """
    context = browser.browser_type.launch_persistent_context(
        folder,
        executable_path=chromium(),
        ignore_default_args=True,
        args=[*EVERYDAY, f"--log-net-log={net_log}"],
    )
    context.set_default_timeout(TIMEOUT_MS)
    try:
        yield context
    finally:
        context.close()


def known_to(browser: Browser, served: Served) -> Any:
    """The cookies of a browser that opened the link of this server's start; once for a server."""
    context = browser.new_context()
    try:
        context.new_page().goto(served.ready.link)
        return context.storage_state()
    finally:
        context.close()


@contextmanager
def context_of(
    browser: Browser, served: Served, state: Any = None, **options: Any
) -> Iterator[BrowserContext]:
    """Whoever has the cookies of `state`, at this server; times out after TIMEOUT_MS."""
    context = browser.new_context(
        base_url=served.ready.url, storage_state=state, accept_downloads=True, **options
    )
    context.set_default_timeout(TIMEOUT_MS)
    try:
        yield context
    finally:
        context.close()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, or the opening of one socket."""

    url: str
    kind: str

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}".replace("ws", "http", 1)

    @property
    def leaves(self) -> bool:
        """Whether anybody outside the browser is asked."""
        return urlsplit(self.url).scheme not in LOCAL_SCHEMES


@dataclass
class Watch:
    """What all pages of a context asked for, their frames and workers included, in order."""

    own: str
    asked: list[Asked] = field(default_factory=list)

    @classmethod
    def over(cls, context: BrowserContext, own: str) -> Watch:
        """From now on. own is the origin that may be asked."""
        watch = cls(own.rstrip("/"))
        context.on("request", watch.note)
        context.on("page", watch.follow)
        return watch

    def end(self, context: BrowserContext) -> None:
        """Notes nothing further of it."""
        context.remove_listener("request", self.note)
        context.remove_listener("page", self.follow)

    def follow(self, page: Page) -> None:
        page.on("websocket", self.note_socket)

    def note(self, request: Request) -> None:
        self.asked.append(Asked(request.url, request.resource_type))

    def note_socket(self, opened: WebSocket) -> None:
        self.asked.append(Asked(opened.url, "websocket"))

    def after(self, place: int = 0) -> Sequence[Asked]:
        """What left the browser since so many requests; `len(watch.asked)` is the place of now."""
        return [one for one in self.asked[place:] if one.leaves]

    def foreign(self) -> Sequence[Asked]:
        """What was asked of anybody else."""
        return [one for one in self.after() if one.origin != self.own]
