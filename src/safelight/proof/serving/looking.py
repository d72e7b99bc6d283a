"""Looking at a server: can it call out, which TLS does it speak, what stays of pictures, what does
its log say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from safelight.errors import PolicyRefused, SafelightError
from safelight.proof.remanence.canary import Mark
from safelight.proof.remanence.job import GONE_S, own_folder
from safelight.proof.remanence.search import Found
from safelight.proof.remanence.watched import Ground, Watched
from safelight.proof.serving.course import Course
from safelight.proof.serving.refusals import REFUSED
from safelight.proof.serving.served import Served
from safelight.proof.serving.talk import Talk
from safelight.proof.serving.versions import Versions, certificate, versions_of
from safelight.proof.serving.ways import API, WAYS

FRONT = "front"
# Of each kind, for a server that is at work for its user.
FEW = 4


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
    """name: which server it is. jobs went through in every way; wrong tells those that ended
    otherwise than they must; found is what stayed. Of so many lines of the log, strange are those
    that are more than time, duration, size and code. versions is None where it speaks no TLS,
    lines_told where its log is elsewhere.
    """

    name: str
    outward: Outward
    versions: Versions | None
    jobs: int
    wrong: tuple[str, ...]
    found: Found
    lines_told: int | None
    strange: int

    @property
    def is_ok(self) -> bool:
        """Nothing got out, nothing stayed, nothing was told, TLS 1.3 alone."""
        is_clean = not self.wrong and not self.found.total and not self.strange
        is_right = self.versions is None or self.versions.is_ok
        return is_clean and is_right and self.outward.is_ok and self.lines_told != 0

    def lines(self) -> Iterator[str]:
        """Plain text for a screen."""
        out, found = self.outward, self.found
        contained = len(out.tried) - len(out.through)
        lost = "" if self.is_ok else "  <- FAILED"
        yield (
            f"{self.name:<12} {contained} of {len(out.tried)} ways out of its front end contained,"
            f" {len(out.control)} get through unlocked{lost}"
        )
        if self.versions is not None:
            yield f"             {self.versions.sentence}"
        closed = f"; {found.closed} processes closed" if found.closed else ""
        yield (
            f"             {found.total} canaries left {found.waited_s:.1f} s after {self.jobs}"
            f" requests ({found.bytes_searched // 1_000_000} MB searched{closed})"
        )
        if self.lines_told is not None:
            yield (
                f"             {self.lines_told} lines of its log, {self.strange} with more than"
                " time, duration, size, code"
            )
        yield from (f"  GOT OUT    {name}" for name in out.through)
        yield from (f"  FOUND      {found.of(name)} in {name}" for name in found.copies
                    if found.of(name))  # fmt: skip
        yield from (f"  FAILED     {sentence}" for sentence in self.wrong)

    def document(self) -> dict[str, object]:
        """JSON values."""
        return {
            "name": self.name,
            "ok": self.is_ok,
            "outward": self.outward.document(),
            "tls": None if self.versions is None else self.versions.document(),
            "requests": self.jobs,
            "wrong": list(self.wrong),
            "canaries": self.found.total,
            "processes_closed": self.found.closed,
            "waited_s": round(self.found.waited_s, 2),
            "lines": self.lines_told,
            "strange_lines": self.strange,
        }


@dataclass(frozen=True)
class Means:
    """What looking needs of rooms above: the command of the program; which ways out, by name, get
    through where nothing locks a process in; whether a line of the log is no more than it may be.
    """

    command: Sequence[str]
    unlocked: Callable[[], Mapping[str, bool]]
    is_line: Callable[[str], bool]


class Met(Watched):
    """A server that runs for its user: talk asks it, and its folder is the state folder."""

    def __init__(self, folder: Path, pid: int, talk: Talk, tls_port: int | None) -> None:
        super().__init__(Ground(folder))
        self._pid, self.talk, self.tls_port = pid, talk, tls_port

    @property
    def pid(self) -> int:
        return self._pid


def look_at_own(state_dir: Path, means: Means) -> ServerReport:
    """Start a server in folders of its own, on the file system of the state folder, and look at it
    from all sides.

    Takes some seconds. Raises SafelightError, OSError.
    """
    with own_folder(state_dir) as folder:
        ground = Ground.made(folder)
        chain, key = certificate(ground.part("home"))
        words = ("--certificate", str(chain), "--key", str(key), "--require-level", "0")
        with Served(means.command, ground, *words) as served:
            course = Course(Talk(served.socket, served.token), Mark())
            outward = _outward(course.talk, means.unlocked())
            course.run_all((*WAYS, *REFUSED))
            found = served.clean(course.mark, GONE_S)
            lines, versions = served.log().splitlines(), versions_of(served.port)
    strange = sum(not means.is_line(line) for line in lines)
    return ServerReport(
        "server", outward, versions, course.jobs, tuple(course.wrong), found, len(lines), strange
    )


def look_at_running(met: Met, means: Means) -> ServerReport:
    """Look at a server that runs: a few pictures with canaries go through it, and stand in its
    journal as all do; its log is not at hand. Raises SafelightError, OSError.
    """
    course = Course(met.talk, Mark())
    outward = _outward(course.talk, means.unlocked())
    course.run_all((*WAYS[:FEW], *REFUSED[:FEW]))
    found = met.clean(course.mark, GONE_S)
    versions = None if met.tls_port is None else versions_of(met.tls_port)
    # One that takes recipes by name alone refuses what is asked here.
    wrong = tuple(one for one in course.wrong if PolicyRefused.code not in one)
    return ServerReport("running", outward, versions, course.jobs, wrong, found, None, 0)


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
