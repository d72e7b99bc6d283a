"""What every test has: a home of its own, no internet, and the shared pictures where they are."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.claims import watch
from tests.house.no_sockets import no_sockets
from tests.house.receipts import held
from tests.house.uncounted import pytest_runtest_call

__all__ = ["no_sockets", "pytest_runtest_call"]

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("SAFELIGHT_DATA", ROOT.parent / "shared" / "data"))
KEPT_VARIABLES = frozenset({"SAFELIGHT_DATA"})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--claims", metavar="FILE", help="write which tests passed, for the claims")


def pytest_configure(config: pytest.Config) -> None:
    watch(config)
    config.addinivalue_line("markers", "opens_sockets(reason): may open internet sockets")
    config.addinivalue_line("markers", "uncounted: its lines are not counted, it is a sweep")


def pytest_report_header(config: pytest.Config) -> list[str]:
    lines = ["shared pictures: found", "browser: found"]
    if not SHARED.is_dir():
        lines[0] = f"shared pictures: absent ({SHARED}); the tests that need them are left out"
    from bench.browsing import chromium  # not before somebody asks: it brings Playwright along

    if not chromium():
        lines[1] = "browser: absent (Chromium); the tests of the Studio that need it are left out"
    return lines


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs the shared pictures where they are absent; the header says so."""
    if SHARED.is_dir():
        return
    absent = [item for item in items if "shared_data" in getattr(item, "fixturenames", ())]
    if absent:
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if item not in absent]


def pytest_collection_finish(session: pytest.Session) -> None:
    """The tests themselves stay to the end: who looks for garbage need not look through them, and
    a child need not have a copy of them.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the source tree."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared pictures: photographs, hostile files, odd formats, metadata."""
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No setting and no home of the caller reaches a test, nor a fixture that many tests share."""
    home = tmp_path_factory.mktemp("house")
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.startswith(("SAFELIGHT_", "XDG_")) and name not in KEPT_VARIABLES:
                environment.delenv(name)
        environment.setenv("HOME", str(home))
        environment.setenv("SAFELIGHT_STATE_DIR", str(home / "state"))
        environment.setenv("ORT_DISABLE_TELEMETRY", "1")
        yield


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> None:
    """As in a terminal, for the tests and what they start: who runs them in the background may have
    had it ignored.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def receipts_keep_to_their_schema() -> Iterator[None]:
    """Whichever test makes one."""
    with held():
        yield


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty home directory, different for every test."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def state_dir(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keys and journal of this test alone."""
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SAFELIGHT_STATE_DIR", str(home / "state"))
    return home / "state"
