"""What a test run says of the claims: which of their tests and controls passed.

`pytest --claims FILE` writes, for every test that ran, whether it passed; one that was skipped, or
failed with any of its parameters, did not.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

Outcomes = dict[str, set[str]]


class Watcher:
    """Gathers the outcome of every test by its name without parameters."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._outcomes: Outcomes = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self._outcomes[report.nodeid.split("[")[0]].add(report.outcome)

    def pytest_sessionfinish(self) -> None:
        passed = sorted(name for name, seen in self._outcomes.items() if seen == {"passed"})
        self._place.parent.mkdir(parents=True, exist_ok=True)
        self._place.write_text(json.dumps({"passed": passed}, indent=0) + "\n")


def watch(config: pytest.Config) -> None:
    """Begin to watch, where a place for the result was given; in the leading process alone."""
    place = config.getoption("--claims")
    if place and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Watcher(Path(place)), "claims")
