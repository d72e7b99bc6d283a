"""Report: hears every event of a batch; writes JSON lines as they come, or the table at the end."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from safelight.batch.events import Event, Item, Start, Summary
from safelight.cli import table
from safelight.cli.face import Face, problem_document
from safelight.cli.hints import hinted
from safelight.cli.printable import jsonable, printable
from safelight.cli.progress import Progress, Silence, choose
from safelight.cli.stopping import Stoppable
from safelight.errors import SafelightError, family


class Report:
    """The listener of one batch. One event at a time, from any thread."""

    def __init__(self, face: Face, verbs: Sequence[str]) -> None:
        self.face, self.verbs = face, verbs
        self.batch: Stoppable | None = None
        self.items: list[Item] = []
        self._progress: Progress = Silence()
        self._unheard: OSError | None = None

    def __call__(self, event: Event) -> None:
        """Take one event. Where nothing can be said any more, the batch ends soon."""
        try:
            self._take(hinted(event) if isinstance(event, Item) else event)
        except OSError as error:
            self._unheard = error
            if self.batch is not None:
                self.batch.finish_soon()

    def _take(self, event: Event) -> None:
        if isinstance(event, Start):
            self._begin(event)
        if isinstance(event, Item):
            self.items.append(event)
            self._progress.ended(event)
            self._log(event)
        if self.face.is_json and self._unheard is None:
            if isinstance(event, Item):
                self.before_item(event)
            self.face.document(event.document())

    def before_item(self, item: Item) -> None:
        """More lines of JSON about an item, before its own."""

    def _begin(self, start: Start) -> None:
        face = self.face
        self._progress = choose(
            face.settings.progress,
            items=start.items,
            verbosity=face.verbosity,
            has_colour=face.has_colour(sys.stderr),
            is_json=face.is_json,
        )
        self._progress.start(start.items)

    def _log(self, item: Item) -> None:
        """Counts, times and codes; names only with --log-names."""
        if self.face.verbosity < 1 or self.face.is_json:
            return
        name = f" {printable(item.input)}" if self.face.settings.log_names else ""
        seconds = f" in {item.result.total_s:.2f} s" if item.result else ""
        code = f" ({item.code})" if item.code else ""
        self.face.note(f"safelight: item {item.index}{name}: {item.status}{code}{seconds}")

    def close(self) -> None:
        """End the progress display."""
        self._progress.close()

    def conclude(self, summary: Summary) -> int:
        """Say how it ended and give the exit code."""
        if self._unheard is not None:
            raise self._unheard
        self.items.sort(key=lambda item: item.index)
        bad = [item for item in self.items if item.status in table.BAD]
        if self.face.is_json:
            if summary.exit_code:
                self._problem(summary, bad)
        else:
            self.show(summary)
            self._warn()
            if len(self.items) == 1 or self.face.verbosity < 0:  # else they stand in the table
                for item in bad:
                    self.face.failure(item.input, item.error, item.hint)
            if summary.cancelled:
                self.face.note("safelight: cancelled; run the same command again: it resumes")
        return summary.exit_code

    def show(self, summary: Summary) -> None:
        """The table; not with --quiet, nor where one error line says it all."""
        is_lone_failure = len(self.items) == 1 and self.items[0].status in table.BAD
        if self.face.verbosity < 0 or is_lone_failure or self._is_picture_out():
            return
        for line in table.lines(self.items, summary, self.verbs):
            self.face.out(line)

    def _warn(self) -> None:
        """Say of which files the name and the bytes differ."""
        wrong = [item for item in self.items if item.warning]
        for item in wrong[: table.LONGEST_LIST]:
            self.face.warn(f"{printable(item.input, 80)}: {item.warning}")
        if len(wrong) > table.LONGEST_LIST:
            more = len(wrong) - table.LONGEST_LIST
            self.face.warn(f"{more} more files whose name is of another format; --json lists all")

    def _is_picture_out(self) -> bool:
        """True when the picture itself went to standard output."""
        return any(item.result is not None and item.result.data is not None for item in self.items)

    def _problem(self, summary: Summary, bad: Sequence[Item]) -> None:
        codes = {item.code for item in bad}
        error = SafelightError(hint=bad[0].hint if len(codes) == 1 else "")
        for kind in family():
            if (summary.cancelled and kind.code == "cancelled") or codes == {kind.code}:
                error = kind(bad[0].error if len(bad) == 1 and not summary.cancelled else "")
        document = problem_document(error, f"{len(bad)} of {len(self.items)} failed")
        if len(bad) == 1 and len(self.items) == 1:
            document["detail"] = bad[0].error
        document["exit_code"] = summary.exit_code
        sys.stderr.write(json.dumps(jsonable(document)) + "\n")
