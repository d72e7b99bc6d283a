"""Report: hears every event of a batch; writes JSON lines as they come, or the table at the end."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from safelight.batch.events import Event, Item, Share, Start, Summary
from safelight.cli import table
from safelight.cli.face import Face, problem_document
from safelight.cli.figures import Figures
from safelight.cli.hints import hinted
from safelight.cli.printable import jsonable, printable
from safelight.cli.progress import Progress, Silence, choose
from safelight.cli.stopping import Stoppable
from safelight.errors import SafelightError, family


class Report:
    """The listener of one batch. One event at a time, from any thread.

    is_picture_out says that a picture goes to standard output, where no table may follow it.
    """

    def __init__(self, face: Face, verbs: Sequence[str]) -> None:
        self.face, self.verbs = face, verbs
        self.batch: Stoppable | None = None
        self.is_picture_out = False
        self.figures = Figures()
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
        if isinstance(event, Share):
            self._progress.advanced(event.index, event.share)
            return
        if isinstance(event, Item):
            self.figures.add(event)
            self.keep(event)
            self._progress.ended(event)
            self._log(event)
        if self.face.is_json and self._unheard is None:
            if isinstance(event, Item):
                self.before_item(event)
            self.face.document(event.document())

    def keep(self, item: Item) -> None:
        """What a report shows of each item at the end, besides the table."""

    def before_item(self, item: Item) -> None:
        """More lines of JSON about an item, before its own."""

    def _begin(self, start: Start) -> None:
        face = self.face
        self._progress = choose(
            face.settings.progress,
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
        self.figures.bad.sort(key=lambda item: item.index)
        if self.face.is_json:
            if summary.exit_code:
                self._problem(summary, self.figures.bad)
        else:
            self.show(summary)
            self._warn()
            if self.figures.items == 1 or self.face.verbosity < 0:  # else they stand in the table
                for item in self.figures.bad:
                    self.face.failure(item.input, item.error, item.hint)
            if summary.cancelled:
                resumes = "; run the same command again: it resumes" if self.figures.items else ""
                self.face.note(f"safelight: cancelled{resumes}")
        return summary.exit_code

    def show(self, summary: Summary) -> None:
        """The table; not with --quiet, nor where one error line says it all."""
        is_lone_failure = self.figures.items == 1 and bool(self.figures.bad)
        if self.face.verbosity < 0 or is_lone_failure or self.is_picture_out:
            return
        named = self.face.verbosity > 0
        for line in table.lines(self.figures, summary, self.verbs, named=named):
            self.face.out(line)

    def _warn(self) -> None:
        """Say which files are of a kind that is not read, or other than their name says."""
        unread = self.figures.unread
        if unread:
            kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(unread.items()))
            files = "1 file" if unread.total() == 1 else f"{unread.total()} files"
            self.face.warn(f"nothing was done to {files} of kinds that are not read: {kinds}")
        for item in self.figures.misnamed:
            self.face.warn(f"{printable(item.input, 80)}: {item.warning}")
        more = self.figures.warnings - len(self.figures.misnamed)
        if more:
            self.face.warn(f"{more} more files with a warning; --json lists all")

    def _problem(self, summary: Summary, bad: Sequence[Item]) -> None:
        codes, hints = {item.code for item in bad}, {item.hint for item in bad}
        hint = bad[0].hint if len(codes) == len(hints) == 1 and not summary.cancelled else ""
        error = SafelightError(hint=hint)
        for kind in family():
            if (summary.cancelled and kind.code == "cancelled") or codes == {kind.code}:
                detail = bad[0].error if len(bad) == 1 and not summary.cancelled else ""
                error = kind(detail, hint=hint)
        counted = f"{len(bad)} of {self.figures.items} failed"
        if summary.cancelled:
            counted = f"{summary.left} of {self.figures.items + summary.left} not done"
        document = problem_document(error, counted)
        if len(bad) == 1 and self.figures.items == 1:
            document["detail"] = bad[0].error
        document["exit_code"] = summary.exit_code
        sys.stderr.write(json.dumps(jsonable(document)) + "\n")
