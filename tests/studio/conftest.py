"""What tests of the Studio share: it served, a browser, a page whose requests are kept."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect

from bench.browsing import TIMEOUT_MS, Watch, browsing, chromium, context_of, known_to
from bench.serving import serving
from safelight.proof.serving.served import Served
from tests.studio.browsing import sources, tool_frame
from tests.studio.photographs import STREET, as_file, photograph

# Machines that test are busy.
expect.set_options(timeout=TIMEOUT_MS)
HERE = Path(__file__).resolve().parent
# A browser's loop counts as running while it lives, and other tests start loops of their own: it
# ends before the first of them.
BROWSER = pytest.StashKey[tuple[ExitStack, Browser]]()
# WebAssembly as it is compiled first, in one pass: Python and codecs are started dozens of times
# here and work for moments, and making their code fast costs more than it saves.
ONCE_COMPILED = "--js-flags=--liftoff-only"
VISIT = pytest.StashKey[BrowserContext]()
LEFT = "local_storage,indexeddb,websql,file_systems"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "comes_again: the browser may have the Studio's files already"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a browser where there is none."""
    if chromium():
        return
    absent = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=absent)
    items[:] = [item for item in items if item not in absent]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    try:
        return (yield)
    finally:
        if nextitem is None or HERE not in nextitem.path.parents:
            close_browser(item.config)


def close_browser(config: pytest.Config) -> None:
    held = config.stash.get(BROWSER, None)
    if held is not None:
        del config.stash[BROWSER]
        if VISIT in config.stash:
            del config.stash[VISIT]
        held[0].close()


@pytest.fixture(scope="session")
def built(root: Path) -> Path:
    """The folder of the built Studio. The build waits for another one and does nothing twice, so
    any number of processes may test; at one quality, since a better one would replace the files
    under a server that starts.
    """
    subprocess.run([sys.executable, "scripts/studio.py"], cwd=root, check=True)
    return root / "src" / "safelight" / "studio" / "built"


@pytest.fixture(scope="session")
def studio(built: Path, root: Path) -> Iterator[Served]:
    """A server that serves it, with nothing set. Whoever changes it starts another."""
    with (
        tempfile.TemporaryDirectory(prefix="studio-") as name,
        serving(Path(name), environment=sources(root)) as running,
    ):
        yield running


@pytest.fixture
def browser(request: pytest.FixtureRequest, house: None) -> Browser:
    """One for all tests of the Studio that follow each other."""
    held = request.config.stash.get(BROWSER, None)
    if held is None:
        stack = ExitStack()
        held = stack, stack.enter_context(browsing(ONCE_COMPILED))
        request.config.stash[BROWSER] = held
    return held[1]


@pytest.fixture(scope="session")
def cookies() -> dict[str, Any]:
    """Of the browser that opened the link of the start; a link works once."""
    return {}


@pytest.fixture
def known(browser: Browser, studio: Served, cookies: dict[str, Any]) -> Any:
    """The state of a browser that the server knows."""
    if not cookies:
        cookies.update(known_to(browser, studio))
    return cookies


@pytest.fixture
def context(
    request: pytest.FixtureRequest, browser: Browser, studio: Served, known: Any
) -> Iterator[BrowserContext]:
    """A visit: signed in, English, nothing remembered. It is the first of its browser, unless the
    test is marked `comes_again`: then the files of the Studio itself may be kept from before, which
    saves the processor seconds.
    """
    if request.node.get_closest_marker("comes_again") is None:
        with context_of(browser, studio, known, locale="en-GB") as opened:
            yield opened
        return
    held = request.config.stash.get(VISIT, None)
    if held is None:
        visit = context_of(browser, studio, known, locale="en-GB")
        held = request.config.stash[BROWSER][0].enter_context(visit)
        request.config.stash[VISIT] = held
    yield held
    del request.config.stash[VISIT]  # where it cannot be forgotten, the next one begins anew
    forget(held, studio.ready.url, known)
    request.config.stash[VISIT] = held


def forget(visit: BrowserContext, origin: str, known: Any) -> None:
    """What a visit leaves behind, but for the files of the Studio."""
    left = visit.new_page()
    visit.unroute_all()
    asked = visit.new_cdp_session(left)
    for page in visit.pages:
        if page is not left:
            page.close()
    asked.send("Storage.clearDataForOrigin", {"origin": origin.rstrip("/"), "storageTypes": LEFT})
    visit.clear_cookies()
    visit.add_cookies(known["cookies"])
    visit.clear_permissions()
    visit.set_offline(False)
    left.close()


@pytest.fixture
def watch(context: BrowserContext, studio: Served) -> Iterator[Watch]:
    """Every request of this visit; the test fails when another origin was asked."""
    kept = Watch.over(context, studio.ready.url)
    yield kept
    kept.end(context)
    assert list(kept.foreign()) == []


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Page:
    """The Studio's page, loaded; what its console said of errors is in the report."""
    opened = context.new_page()
    opened.on("console", lambda said: print(said.text) if said.type == "error" else None)  # noqa: T201 - shown when the test fails
    opened.on("pageerror", lambda error: print(error))  # noqa: T201 - the same
    opened.goto("/#/start")
    return opened


@pytest.fixture
def frame(page: Page) -> Frame:
    """The locked frame of the tools in the tab, ready."""
    return tool_frame(page)


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small JPEG of a street that says where it was taken, by whom and with what; that is made
    up.
    """
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B] = "Maker", "Model", "A. Person"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 12.0, 30.0), 3: "E", 4: (16.0, 22.0, 0.0)})
    path = tmp_path_factory.mktemp("photo") / "holiday.jpg"
    path.write_bytes(as_file(photograph(STREET, 640, 480), "JPEG", quality=88, exif=exif))
    return path
