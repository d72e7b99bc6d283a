"""Jobs that end in every way, each on a picture with canaries; tests run some, bench/remanence.py a
thousand.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safelight.proof.remanence.canary import SIGNATURE, Mark, picture
from safelight.proof.remanence.family import family
from safelight.proof.remanence.watched import Subject

Spoil = Callable[[bytes], bytes]
SMALL: tuple[Mapping[str, Any], ...] = ({"op": "resize", "width": 64}, {"op": "scrub"})
ANEW: tuple[Mapping[str, Any], ...] = ({"op": "convert", "to": "jpeg"}, {"op": "scrub"})
CUT: tuple[Mapping[str, Any], ...] = ({"op": "crop", "width": 20, "height": 20},)
CLEAN: tuple[Mapping[str, Any], ...] = ({"op": "scrub"},)
LARGER: tuple[Mapping[str, Any], ...] = ({"op": "upscale", "scale": 2}, {"op": "scrub"})
TWICE: tuple[Mapping[str, Any], ...] = ({"op": "sanitize"},)
SEEN: tuple[Mapping[str, Any], ...] = ({"op": "inspect"},)
SLOW: tuple[Mapping[str, Any], ...] = (
    {"op": "resize", "width": 9000, "enlarge": True},
    {"op": "scrub"},
)
HASTY, NARROW = "hasty", "narrow"
# By name: engines besides the usual one, and what is set otherwise for them.
ENGINES: dict[str, dict[str, Any]] = {
    "usual": {},
    "spilling": {"memory_budget": 0},
    HASTY: {"timeout_s": 1},
    NARROW: {"max_bytes": 10_000},
    "asking": {"device": "cpu:shared"},
}


def _same(data: bytes) -> bytes:
    return data


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _unknown(data: bytes) -> bytes:
    return b"?" * 200 + data


def _lying(data: bytes) -> bytes:
    """A header that speaks of more pixels than anybody may have."""
    start = len(SIGNATURE) + 8
    return data[:start] + b"\0\0\xea\x60\0\0\xea\x60" + data[start + 8 :]


@dataclass(frozen=True, slots=True)
class Trial:
    """One job: way, steps, and the code that it must end with. spoil changes the picture, output
    the place of the result; kills has its worker killed while it works.
    """

    name: str
    way: str
    steps: Sequence[Mapping[str, Any]] = SMALL
    code: str = "done"
    engine: str = "usual"
    spoil: Spoil = _same
    output: str = "{number}.out"
    ending: str = ".png"
    kills: bool = False


GOOD = (
    Trial("file", "file"),
    Trial("bytes", "bytes"),
    Trial("stream", "stream", ANEW),
    Trial("into", "into", CUT),
    Trial("held", "held"),
    Trial("in place", "in-place"),
    Trial("lossless", "file", CLEAN),
    Trial("two cages", "file", TWICE),
    Trial("looked at", "bytes", SEEN),
    Trial("result as bytes", "data"),
    Trial("stream, spilled", "stream", engine="spilling"),
    Trial("held, spilled", "held", engine="spilling"),
    Trial("encrypted", "file", output="{number}.png.enc"),
)
BAD = (
    Trial("unknown", "file", code="format-unknown", spoil=_unknown),
    Trial("unknown stream", "stream", code="format-unknown", spoil=_unknown, engine="spilling"),
    Trial("broken", "file", code="container-broken", spoil=_half),
    Trial("broken bytes", "bytes", code="container-broken", spoil=_half),
    Trial("broken in place", "in-place", code="container-broken", spoil=_half),
    Trial("too large", "file", code="limit-exceeded", spoil=_lying),
    Trial("too long", "stream", code="limit-exceeded", engine=NARROW),
    Trial("output below a file", "file", code="output-failed", output="a-file/{number}.png"),
    Trial("output there", "file", code="output-exists", output="there.png"),
    Trial("parameter", "file", ({"op": "resize", "width": -1},), code="recipe-invalid"),
    Trial("model", "file", ({"op": "upscale", "model": "none-such"},), code="model-missing"),
    Trial("no such step", "file", ({"op": "none-such"},), code="recipe-invalid"),
    Trial("not ours", "file", code="verification-failed", ending=".png.enc"),
)
# Those that take a while each: models, here and by a device that lives on; work that is broken off.
WITH_MODELS = (
    Trial("enlarged", "stream", LARGER),
    Trial("enlarged by a device", "bytes", LARGER, engine="asking"),
)
BROKEN_OFF = (
    Trial("cancelled", "cancelled", SLOW, code="cancelled"),
    Trial("killed", "file", SLOW, code="worker-died", kills=True),
    Trial("too slow", "file", SLOW, code="time-exceeded", engine=HASTY),
)
UGLY = WITH_MODELS + BROKEN_OFF


@dataclass
class Course:
    """A subject that is put through trials, and what each came to."""

    subject: Subject
    mark: Mark
    inboxes: Path
    jobs: int = 0
    wrong: list[str] = field(default_factory=list)
    written: dict[str, list[int]] = field(default_factory=dict)

    def begin(self) -> None:
        """Open the engines and lay out what trials meet."""
        self.lay_out()
        for name, more in ENGINES.items():
            settings = self.subject.ground.settings(**more)
            self.subject.tell({"engine": name, "settings": settings})

    def lay_out(self) -> None:
        """Files that are in the way."""
        out = self.subject.ground.part("out")
        (out / "a-file").write_bytes(b"")
        (out / "there.png").write_bytes(b"somebody's")

    def run(self, trial: Trial) -> None:
        """One job; remember if it ended otherwise than it must."""
        ground, self.jobs = self.subject.ground, self.jobs + 1
        inbox = self.inboxes / f"inbox {trial.way}"
        inbox.mkdir(exist_ok=True)
        source = inbox / f"{self.mark.name(self.jobs)}{trial.ending}"
        source.write_bytes(trial.spoil(picture(self.mark, self.jobs)))
        output = ground.part("out") / trial.output.format(number=self.jobs)
        before = self.subject.written_bytes()
        with _killing(self.subject) if trial.kills else _leaving_alone():
            code = self.subject.run(trial.way, trial.steps, inbox, output, engine=trial.engine)
        written = self.subject.written_bytes() - before
        made = source if trial.way == "in-place" else output
        size = made.stat().st_size if made.exists() and code == "done" else 0
        self.written.setdefault(trial.name, []).append(written - -(-size // 4096) * 4096)
        if code != trial.code:
            self.wrong.append(f"{trial.name}: {code} in place of {trial.code}")
        source.unlink(missing_ok=True)

    def run_all(self, trials: Sequence[Trial], *, seed: int = 0) -> None:
        """Each once, in an order of chance."""
        for trial in random.Random(seed).sample(list(trials), len(trials)):
            self.run(trial)


@contextmanager
def _leaving_alone() -> Iterator[None]:
    yield


@contextmanager
def _killing(subject: Subject) -> Iterator[None]:
    """Kill the first worker that has worked for a while."""
    over = threading.Event()
    thread = threading.Thread(target=_kill_a_worker, args=(subject.pid, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _kill_a_worker(pid: int, over: threading.Event) -> None:
    while not over.wait(0.02):
        for worker in family(pid):
            if processor_s(worker) > 0.3 and worker != pid and is_worker(worker):
                os.kill(worker, signal.SIGKILL)
                return


def is_worker(pid: int) -> bool:
    """Whether it is of a zygote's kind and has no child: a zygote has one that waits for work."""
    try:
        kind = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False
    return "safelight.worker.zygote" in kind and family(pid) == [pid]


def processor_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def until(holds: Callable[[], bool], timeout_s: float = 120) -> bool:
    """Wait until it holds; False if it does not in time."""
    end = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
