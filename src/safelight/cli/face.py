"""Face: how this run of the program was asked to speak, and which flags were typed.

Results go to standard output, everything else to the error stream. An error is one line that
says what was being done and why it failed, and one line with the command that helps; with --json
it is one problem object.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

from safelight.cli.printable import jsonable, printable
from safelight.errors import OutputFailed, SafelightError, UsageError

if TYPE_CHECKING:
    from safelight.settings import Settings

SCHEMA = 1
PAINTS = {"bold": "1", "red": "31", "green": "32", "yellow": "33", "dim": "2"}


@dataclass
class Face:
    """What every verb speaks through. verbosity: -1 quiet, 0 usual, 1 and 2 louder."""

    is_json: bool = False
    verbosity: int = 0
    may_ask: bool = True
    assume_yes: bool = False
    verb: str = ""
    flags: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def settings(self) -> Settings:
        """The settings under the flags that were typed; their warnings are told once."""
        from safelight.settings import load

        settings = load(self.flags, os.environ)
        for warning in settings.warnings:
            self.warn(warning)
        return settings

    def out(self, text: str = "") -> None:
        """A line of the result. The text must be printable already."""
        self._write(sys.stdout, text + "\n")

    def document(self, document: Mapping[str, Any]) -> None:
        """The one document of a verb with --json, or one of its lines."""
        self._write(sys.stdout, json.dumps(jsonable(document), sort_keys=False) + "\n")

    def note(self, text: str) -> None:
        """A line for people that is no result; nothing with --quiet."""
        if self.verbosity >= 0:
            self._write(sys.stderr, text + "\n")

    def warn(self, text: str) -> None:
        """Something that was not done as asked, though the run goes on."""
        if self.is_json:
            line = {"type": "warning", "schema": SCHEMA, "detail": text}
            self._write(sys.stderr, json.dumps(jsonable(line)) + "\n")
        else:
            self.note(f"safelight: warning: {printable(text)}")

    def failure(self, what: str, message: str, hint: str) -> None:
        """Say what failed and why on one line, and what helps on the next."""
        about = f"{printable(what, 200)}: " if what else ""
        self._write(sys.stderr, f"safelight: {about}{printable(message)}\n")
        if hint:
            self._write(sys.stderr, f"hint: {printable(hint)}\n")

    def problem(self, error: SafelightError) -> None:
        """The end of a run that failed as a whole."""
        if self.is_json:
            self._write(sys.stderr, json.dumps(jsonable(problem_document(error))) + "\n")
        else:
            self.failure(self.verb, error.message, error.hint)

    def surprise(self, error: BaseException) -> None:
        """An error that nobody expected: one line; where it was only with -vv, no content."""
        reason = type(error).__name__
        if isinstance(error, OSError) and error.strerror:
            reason = error.strerror.lower()
        hint = "" if self.verbosity >= 2 else "the same command with -vv shows where it happened"
        self.problem(SafelightError(f"something went wrong that should not: {reason}", hint=hint))
        if self.verbosity >= 2:
            for frame in traceback.extract_tb(error.__traceback__):
                where = f"{frame.filename}:{frame.lineno} in {frame.name}"
                self._write(sys.stderr, f"  {printable(where)}\n")

    def paint(self, text: str, *paints: str, stream: IO[str] | None = None) -> str:
        """The text in colour, where the stream takes it."""
        if not self.has_colour(stream or sys.stdout):
            return text
        codes = ";".join(PAINTS[paint] for paint in paints)
        return f"\x1b[{codes}m{text}\x1b[0m"

    def has_colour(self, stream: IO[str]) -> bool:
        """Colour: --color decides, else a terminal without NO_COLOR that is not dumb."""
        choice = self.flags.get("color") or "auto"
        if choice == "auto" and "color" not in self.flags:
            choice = self.settings.color
        if choice != "auto":
            return bool(choice == "always")
        if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return False
        return stream.isatty()

    def agreed(self, question: str) -> bool:
        """Ask on a terminal; --yes answers. Raises UsageError where nobody can be asked."""
        if self.assume_yes:
            return True
        if not (self.may_ask and sys.stdin.isatty() and sys.stderr.isatty()):
            plain = question.removesuffix("?")
            raise UsageError(f"{plain}: nobody can be asked here", hint="--yes answers it")
        self._write(sys.stderr, f"{question} [y/N] ")
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def _write(self, stream: IO[str], text: str) -> None:
        try:
            stream.write(text)
            stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            if stream is not sys.stderr:  # an error that cannot be told must not become another
                raise unwritten(error) from error


def unwritten(error: OSError) -> OutputFailed:
    """Our error for what standard output did not take."""
    reason = (error.strerror or "error").lower()
    hint = "check where standard output goes"
    return OutputFailed(f"standard output cannot be written: {reason}", hint=hint)


def problem_document(error: SafelightError, detail: str = "") -> dict[str, Any]:
    """The fields of the HTTP API's problem object (RFC 9457), and the exit code."""
    return {
        "type": f"urn:safelight:problem:{error.code}",
        "schema": SCHEMA,
        "title": error.sentence,
        "status": error.status,
        "detail": detail or error.message,
        "code": error.code,
        "hint": error.hint,
        "exit_code": error.exit_code,
    }
