"""A line of the log: of one shape, and nothing of another shape comes through."""

from __future__ import annotations

import re
import time

import pytest

from safelight.errors import family
from safelight.proof.serving.served import Served
from safelight.server import logline
from safelight.server.logline import Line
from tests.server.standing import HOST

PATIENCE_S = 120
MOMENT = 1_795_294_800.0


def test_it_says_when_how_long_how_much_and_how() -> None:
    assert str(Line(12.34, 4831, 200, ended=MOMENT)) == "2026-11-21T21:00:00Z 12.3 ms 4831 B 200"
    assert str(Line(0.41, 0, 401, "caller-unknown", ended=MOMENT)).endswith("401 caller-unknown")


def test_every_line_that_we_write_fits() -> None:
    for error in family():
        assert logline.fit(str(Line(1.0, 10**9, error.status, error.code)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "holiday.jpg",
        "2026-11-21T21:00:00Z 12.3 ms 4831 B 200 holiday.jpg",
        "2026-11-21T21:00:00Z 12.3 ms 4831 B 200 holiday",
        "2026-11-21T21:00:00Z 12.3 ms 4831 B 200 /srv/anna",
        "2026-11-21T21:00:00Z 12.3 ms 4831 B 200\nholiday.jpg",
        "2026-11-21T21:00:00Z 12.3 ms 4831 B 200 " + "a" * 60,
        " 2026-11-21T21:00:00Z 12.3 ms 4831 B 200",
        "2026-11-21T21:00:00Z 12.3 ms 4831 B 999",
        "2026-11-21T21:00:00Z nan ms 4831 B 200",
        "٢٠٢٦-11-21T21:00:00Z 12.3 ms 4831 B 200",
    ],
)
def test_what_has_another_shape_is_no_line(text: str) -> None:
    assert not logline.fit(text)


def test_a_running_server_writes_lines_and_nothing_that_was_asked(served: Served) -> None:
    from bench.serving import client

    before = len(served.log().splitlines())
    with client(served) as asks:
        asks.get("/api/v1/holiday.jpg?secret=1", headers={"User-Agent": "anna"})
        asks.post("/api/v1/resize?width=holiday", content=b"anna", headers={"Referer": HOST})
    deadline = time.monotonic() + PATIENCE_S
    while len(lines := served.log().splitlines()) < before + 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert all(logline.fit(line) for line in lines)
    assert not re.search("anna|holiday|secret|resize", served.log())
