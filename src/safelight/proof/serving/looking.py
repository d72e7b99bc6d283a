"""Looking at a server: can it call out, which TLS does it speak, what stays of pictures, what does
its log say.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from safelight.errors import SafelightError
from safelight.proof.remanence.canary import Mark
from safelight.proof.remanence.job import GONE_S
from safelight.proof.remanence.search import Found
from safelight.proof.remanence.watched import Ground
from safelight.proof.serving.course import Course
from safelight.proof.serving.refusals import REFUSED
from safelight.proof.serving.served import Served
from safelight.proof.serving.talk import Talk
from safelight.proof.serving.versions import Versions, certificate, versions_of
from safelight.proof.serving.ways import API, WAYS

FRONT = "front"


@dataclass(frozen=True, slots=True)
class Outward:
    """Ways out that the front end tried from inside a request: those that got through, and of the
    same ones those that do so in a process that nothing locks in. worker: how many of a worker's
    were contained, of how many.
    """

    tried: tuple[str, ...]
    through: tuple[str, ...]
    control: tuple[str, ...]
    worker: tuple[int, int]

    @property
    def is_ok(self) -> bool:
        """Nothing got through; something would, of each kind that this user may try at all."""
        return bool(self.tried and self.control) and not self.through

    def document(self) -> dict[str, object]:
        """JSON values."""
        return {
            "attempted": len(self.tried),
            "contained": len(self.tried) - len(self.through),
            "through": list(self.through),
            "control": len(self.control),
            "worker_attempted": self.worker[1],
            "worker_contained": self.worker[0],
        }


@dataclass(frozen=True, slots=True)
class ServerReport:
    """jobs went through in every way; wrong tells those that ended otherwise than they must; found
    is what stayed. Of so many lines of the log, strange are those that are more than time,
    duration, size and code.
    """

    outward: Outward
    versions: Versions
    jobs: int
    wrong: tuple[str, ...]
    found: Found
    lines_told: int
    strange: int

    @property
    def is_ok(self) -> bool:
        """Nothing got out, nothing stayed, nothing was told, TLS 1.3 alone."""
        is_clean = not self.wrong and not self.found.total and not self.strange
        return is_clean and self.lines_told > 0 and self.outward.is_ok and self.versions.is_ok

    def lines(self) -> Iterator[str]:
        """Plain text for a screen."""
        out, found = self.outward, self.found
        contained = len(out.tried) - len(out.through)
        lost = "" if self.is_ok else "  <- FAILED"
        yield (
            f"server       {contained} of {len(out.tried)} ways out refused to its front end,"
            f" {len(out.control)} got through in one that is not locked{lost}"
        )
        yield f"             {self.versions.sentence}"
        closed = f", {found.closed} processes closed even to this user" if found.closed else ""
        yield (
            f"             {found.total} canaries left {found.waited_s:.1f} s after {self.jobs}"
            f" requests ({found.bytes_searched // 1_000_000} MB searched{closed})"
        )
        yield (
            f"             {self.lines_told} lines of its log, {self.strange} with more than time,"
            " duration, size, code"
        )
        yield from (f"  GOT OUT    {name}" for name in out.through)
        yield from (f"  FOUND      {found.of(name)} in {name}" for name in found.copies
                    if found.of(name))  # fmt: skip
        yield from (f"  FAILED     {sentence}" for sentence in self.wrong)

    def document(self) -> dict[str, object]:
        """JSON values."""
        return {
            "ok": self.is_ok,
            "outward": self.outward.document(),
            "tls": self.versions.document(),
            "requests": self.jobs,
            "wrong": list(self.wrong),
            "canaries": self.found.total,
            "processes_closed": self.found.closed,
            "waited_s": round(self.found.waited_s, 2),
            "lines": self.lines_told,
            "strange_lines": self.strange,
        }


def look_at_server(
    command: Sequence[str],
    folder: Path,
    *,
    unlocked: Callable[[], Mapping[str, bool]],
    is_line: Callable[[str], bool],
) -> ServerReport:
    """Start a server in folders of its own below this one, and look. command is that of the
    program; unlocked tells by name which ways out get through where nothing locks a process in;
    is_line, whether a line of the log is no more than it may be.

    Takes some seconds. Raises SafelightError, OSError.
    """
    with tempfile.TemporaryDirectory(prefix="safelight-", dir=folder) as name:
        ground = Ground.made(Path(name) / "ground")
        chain, key = certificate(ground.part("home"))
        words = ("--certificate", str(chain), "--key", str(key))
        with Served(command, ground, *words) as served:
            return _look(served, unlocked(), is_line)


def _look(
    served: Served, unlocked: Mapping[str, bool], is_line: Callable[[str], bool]
) -> ServerReport:
    course = Course(Talk(served.socket, served.token), Mark())
    outward = _outward(course.talk, unlocked)
    course.run_all((*WAYS, *REFUSED))
    found = served.clean(course.mark, GONE_S)
    lines = served.log().splitlines()
    return ServerReport(
        outward=outward,
        versions=versions_of(served.port),
        jobs=course.jobs,
        wrong=tuple(course.wrong),
        found=found,
        lines_told=len(lines),
        strange=sum(not is_line(line) for line in lines),
    )


def _outward(talk: Talk, unlocked: Mapping[str, bool]) -> Outward:
    answer = talk.ask("GET", f"{API}/audit/egress")
    if answer.code != "done":
        raise SafelightError("the server did not say what it tried to get out")
    try:
        tried = [(one["where"] == FRONT, one["name"], one["contained"])
                 for one in answer.facts["attempts"]]  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise SafelightError("the server did not say what it tried to get out") from error
    own = [(name, is_contained) for is_front, name, is_contained in tried if is_front]
    others = [is_contained for is_front, _, is_contained in tried if not is_front]
    names = tuple(name for name, _ in own)
    return Outward(
        tried=names,
        through=tuple(name for name, is_contained in own if not is_contained),
        control=tuple(name for name in names if unlocked.get(name)),
        worker=(sum(others), len(others)),
    )
