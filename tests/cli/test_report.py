"""A report that nobody hears ends the batch; of many wrong names the rest is counted."""

from __future__ import annotations

import pytest

from safelight.batch.events import Item
from safelight.batch.tally import Tally
from safelight.cli import figures
from safelight.cli.face import Face
from safelight.cli.report import Report


class Deaf(Face):
    """A face whose standard output is gone."""

    def document(self, document: object) -> None:
        raise BrokenPipeError


class Batch:
    """What a report may ask of a batch."""

    has_more = True

    def __init__(self) -> None:
        self.is_ending = False

    def finish_soon(self) -> None:
        self.is_ending = True

    def stop_now(self) -> None:
        self.is_ending = True


def test_a_report_that_nobody_hears_ends_the_batch_and_tells_at_the_end() -> None:
    report, batch = Report(Deaf(is_json=True), ("scrub",)), Batch()
    report.batch = batch
    item = Item(1, "a.jpg", "skipped", code="verified")
    report(item)
    assert batch.is_ending
    with pytest.raises(BrokenPipeError):
        report.conclude(Tally([item]).summary(1.0, planned=1, was_cancelled=False))


def test_of_many_wrong_names_the_rest_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(figures, "LONGEST_LIST", 2)
    report = Report(Face(is_json=False), ("scrub",))
    items = [
        Item(index, f"{index}.jpg", "skipped", code="verified", warning="the bytes are png")
        for index in range(1, 6)
    ]
    for item in items:
        report(item)
    report.conclude(Tally(items).summary(1.0, planned=5, was_cancelled=False))
    said = capsys.readouterr().err
    assert "1.jpg: the bytes are png" in said
    assert "4.jpg" not in said
    assert "3 more files with a warning" in said
