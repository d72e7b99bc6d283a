"""The measurement of the cage beside a bare call: its nets run, and its figure counts rightly."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import numpy as np
import pytest

from bench.overhead import _more, photograph
from bench.plain_net import SIDE, WORDS, net
from safelight.models.runtimes import open_session
from safelight.models.store import Store


def test_a_net_is_on_the_shelf_and_answers(tmp_path: Path) -> None:
    made = net(tmp_path, 8, 1)
    (here,) = (one for one in Store(tmp_path).entries() if one.task == "classify")
    assert here == made.entry
    session = open_session(here, memoryview(made.data), threads=1)
    answer = session.run(np.ones((1, 3, SIDE, SIDE), np.float32))
    assert answer.shape == (1, WORDS)
    assert np.isfinite(answer).all()
    assert photograph().startswith(b"\xff\xd8")


def test_more_is_what_a_job_takes_beyond_decoding_and_calling() -> None:
    figures = ([18.0, 28.0, 38.0], [2.0, 2.0, 2.0], [1.0, 1.0, 1.0], [22.0, 36.0, 90.0])
    assert _more(figures, median) == pytest.approx(20)
    assert _more(figures, min) == pytest.approx(10)
