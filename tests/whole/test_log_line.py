"""The log line holds time, duration, sizes and a code: a planted name and planted metadata are
sought through every path of an error that a picture can cause, by Python and by the command.
"""

from __future__ import annotations

import base64
import errno
import io
import json
import os
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from safelight.audit import lines
from safelight.audit.lines import Leaf
from safelight.engine import output as outputs
from safelight.engine.book import Book
from safelight.engine.engine import Engine
from safelight.engine.tuning import Tuning
from safelight.errors import SafelightError, Unavailable, VerificationFailed, family
from safelight.ops.canvas import Canvas
from safelight.ops.resize import Resize
from safelight.ops.scrub import Scrub
from safelight.ops.upscale import Upscale
from safelight.recipe import Recipe
from safelight.worker.caged import CagedHost
from safelight.worker.job import Answer, Job
from tests.cli.testscript import Script
from tests.worker.hosts import host, plan, sleepers, until

NAME = "k4n4r1-anna"
VALUE = "w3rt-meet-anna-at-the-station"
SCRUB = Recipe((Scrub(),))
RESIZE = Recipe((Resize(width=8),))
SEEN = [text.encode() for text in (NAME, VALUE)]
SEEN += [base64.b64encode(b" " * shift + one)[4:-4] for one in SEEN[:2] for shift in range(3)]


def traces(folder: Path) -> list[str]:
    """The files below the folder that hold the name or the value, or are called by them."""
    return [
        str(path)
        for path in folder.rglob("*")
        if NAME in path.name or (path.is_file() and any(one in path.read_bytes() for one in SEEN))
    ]


def jpeg() -> bytes:
    exif = Image.Exif()
    for tag in (0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x8298):
        exif[tag] = VALUE
    data = io.BytesIO()
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{VALUE}</x:xmpmeta>".encode()
    Image.linear_gradient("L").save(data, "JPEG", exif=exif, xmp=xmp, comment=VALUE)
    return data.getvalue()


def bomb() -> bytes:
    """A PNG that says it has 60,000 x 60,000 pixels, with the value as its text."""
    text, data = PngImagePlugin.PngInfo(), io.BytesIO()
    text.add_text("Comment", VALUE)
    Image.new("L", (8, 8)).save(data, "PNG", pnginfo=text)
    sound = data.getvalue()
    header = struct.pack(">4sII5B", b"IHDR", 60_000, 60_000, 8, 0, 0, 0, 0)
    return sound[:12] + header + struct.pack(">I", zlib.crc32(header)) + sound[33:]


@dataclass(frozen=True)
class Stage:
    """A folder with pictures, all of whose names hold the canary, and an engine."""

    folder: Path
    engine: Engine
    patch: pytest.MonkeyPatch

    def file(self, suffix: str, data: bytes) -> Path:
        path = self.folder / f"{NAME}{suffix}"
        path.write_bytes(data)
        return path

    def picture(self) -> Path:
        return self.file(".jpg", jpeg())

    def out(self, name: str = "out.jpg") -> Path:
        return self.folder / f"{NAME}-{name}"

    def run(self, source: Path | bytes, recipe: Recipe = SCRUB, output: Path | None = None) -> None:
        self.engine.run(source, recipe, output=output or self.out())

    def acting(self, action: str, *, timeout_s: int = 20, is_cancelled: bool = False) -> None:
        """A run whose worker does this instead of its work."""
        with host(plan(timeout_s=timeout_s)) as opened:
            self.patch.setattr(Engine, "_runner", lambda *_: Acting(opened, action))
            if is_cancelled:
                threading.Thread(target=_cancel_the_sleeper, args=(opened,), daemon=True).start()
            self.run(self.picture())


def _cancel_the_sleeper(opened: CagedHost) -> None:
    """Not before the work has begun: nothing would be cancelled."""
    until(lambda: bool(sleepers(opened.pid)))
    opened.cancel()


@dataclass(frozen=True)
class Acting:
    """Runs jobs in a worker that misbehaves in one way."""

    host: CagedHost
    action: str

    def run(self, job: Job, **_: object) -> AbstractContextManager[Answer]:
        return self.host.run(replace(job, recipe=self.action.encode()))


def _exists(stage: Stage) -> None:
    stage.run(stage.picture())
    stage.run(stage.picture(), RESIZE)


def _no_folder(stage: Stage) -> None:
    stage.run(stage.picture(), output=stage.file("-file", b"") / "out.jpg")


def _full_disk(stage: Stage) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(stage.out()))

    stage.patch.setattr(outputs, "_open_unnamed", refuse)
    stage.run(stage.picture())


# By the code of the error that it ends with, more than one way where there are more.
WAYS: dict[str, Callable[[Stage], None]] = {
    "format-unknown": lambda stage: stage.run(stage.file(".jpg", VALUE.encode() * 20)),
    "format-unknown bytes": lambda stage: stage.run(VALUE.encode() * 20),
    "container-broken": lambda stage: stage.run(stage.file(".jpg", jpeg()[:-900])),
    "container-broken pixels": lambda stage: stage.run(stage.file(".jpg", jpeg()[:-900]), RESIZE),
    "container-broken quoting": lambda stage: stage.acting("quote"),
    "limit-exceeded": lambda stage: stage.run(stage.file(".png", bomb()), RESIZE),
    "limit-exceeded worker": lambda stage: stage.acting("refuse"),
    "input-refused": lambda stage: stage.run(
        stage.picture(), Recipe((Upscale(model="fast", to="9000x9000"),))
    ),
    "parameter-invalid": lambda stage: stage.run(stage.picture(), Recipe((Canvas(size="9x9"),))),
    "time-exceeded": lambda stage: stage.acting("sleep", timeout_s=1),
    "memory-exceeded": lambda stage: stage.acting("map"),
    "worker-died": lambda stage: stage.acting("crash"),
    "failed": lambda stage: stage.acting("stumble"),
    "wire-broken": lambda stage: stage.acting("babble"),
    "cancelled": lambda stage: stage.acting("sleep", is_cancelled=True),
    "input-missing": lambda stage: stage.run(stage.out("nowhere.jpg")),
    "output-clash": lambda stage: stage.run(stage.picture(), output=stage.folder / f"{NAME}.jpg"),
    "output-exists": _exists,
    "output-failed": _no_folder,
    "disk-full": _full_disk,
    "verification-failed": lambda stage: stage.run(stage.file(".jpg.enc", jpeg())),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Engine(jobs=1) as engine:
        yield engine


@pytest.fixture
def stage(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, home: Path) -> Stage:
    """Its state, temporary files and home lie in the test's own home, apart from the pictures."""
    monkeypatch.setenv("TMPDIR", str(home))
    monkeypatch.setattr(engine, "_book", Book(home / "state"))
    monkeypatch.setattr(Tuning, "choice", lambda _, **__: None)
    return Stage(tmp_path, engine, monkeypatch)


def entries(home: Path) -> list[Leaf]:
    return [entry.leaf for entry in Book(home / "state").journal.log().entries()]


@pytest.mark.parametrize("way", WAYS)
def test_what_a_picture_can_cause_leaves_a_code_and_no_name_and_no_metadata(
    stage: Stage, home: Path, way: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SafelightError) as raised:
        WAYS[way](stage)
    assert raised.value.code == way.split()[0]
    assert VALUE not in raised.value.message
    assert entries(home)[-1].code == raised.value.code
    assert traces(home) == []
    assert "".join(capfd.readouterr()) == ""


@pytest.mark.parametrize("kind", family(), ids=lambda kind: kind.code)
def test_no_error_of_the_family_leaves_more_than_its_code(
    stage: Stage, home: Path, kind: type[SafelightError]
) -> None:
    """The worst that any error could bring along: a name and metadata in its sentence and hint."""

    @contextmanager
    def failing(*_: object, **__: object) -> Iterator[Any]:
        raise kind(f"{stage.folder}/{NAME}.jpg: {VALUE}", hint=f"remove {VALUE} from {NAME}")
        yield

    stage.patch.setattr(Engine, "_answered", failing)
    with pytest.raises(kind):
        stage.run(stage.picture())
    assert traces(home) == []
    # who waited in vain for the journal's lock does not wait once more
    left = [] if issubclass(kind, Unavailable) else [kind.code]
    assert [leaf.code for leaf in entries(home)] == left


def test_a_surprise_is_entered_as_a_failure_and_nothing_more(stage: Stage, home: Path) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"{NAME} {VALUE}")

    stage.patch.setattr(Engine, "_answered", fail)
    with pytest.raises(RuntimeError):
        stage.run(stage.picture())
    assert traces(home) == []
    assert [leaf.code for leaf in entries(home)] == ["failed"]


# What is typed, the exit code, and the codes that are logged of the items.
COMMANDS = {
    "one after the other": (
        "resize {there}/text/{name}-text.jpg {there}/torn {there}/bomb {there}/nowhere/{name}.jpg"
        " {there}/good --width 8 -o out/ -vv",
        3,
        {"format-unknown", "container-broken", "limit-exceeded", "input-missing", "done"},
    ),
    "one alone": ("scrub {there}/torn/{name}-torn.jpg -vv", 8, {"container-broken"}),
    "refused as a whole": (
        "scrub {there}/good/{name}-good.jpg -o {there}/good/{name}-good.jpg -vv",
        2,
        set(),
    ),
}


def planted(folder: Path) -> Path:
    """Folders with one picture each, named and marked by canaries."""
    data = {"text": VALUE.encode(), "torn": jpeg()[:-900], "bomb": bomb(), "good": jpeg()}
    for name, content in data.items():
        (folder / name).mkdir(parents=True)
        (folder / name / f"{NAME}-{name}.jpg").write_bytes(content)
    return folder


def logged(script: Script) -> str:
    """What was logged of the items: not the answer that names what the user asked for."""
    told = script.stderr.decode().splitlines()
    return "\n".join(line for line in told if line.startswith("safelight: item "))


@pytest.mark.parametrize("manner", ["", " --json"])
@pytest.mark.parametrize("way", COMMANDS)
def test_the_command_logs_and_leaves_no_name_and_no_metadata(
    tmp_path: Path, home: Path, way: str, manner: str
) -> None:
    words, code, codes = COMMANDS[way]
    script = Script(tmp_path, home, False)
    there = planted(tmp_path / "pictures")
    typed = words.format(there=there, name=NAME) + manner
    script.play(f"env TMPDIR={home}\nrun {typed}\nexit {code}")
    assert NAME not in logged(script)
    assert VALUE.encode() not in script.stdout + script.stderr
    told = (script.stdout + script.stderr).decode() if manner else logged(script)
    assert all(one in told for one in codes)
    script.play("run audit log --json")
    found = [json.loads(line) for line in script.stdout.splitlines()]
    assert {line["code"] for line in found if line["type"] == "entry"} == codes
    assert traces(home) == []


def test_control_a_handler_that_logs_the_path_is_caught(stage: Stage, home: Path) -> None:
    of_failure = Leaf.of_failure

    def telling(code: str, time: str, **more: int) -> Leaf:
        return of_failure(f"{code} {stage.out()}", time, **more)

    stage.patch.setattr(Leaf, "of_failure", telling)
    with pytest.raises(SafelightError):
        WAYS["format-unknown"](stage)
    assert traces(home) == [str(home / "state" / "journal" / "journal.jsonl")]
    with pytest.raises(VerificationFailed):  # nor is it a line that the journal has a place for
        entries(home)


def test_control_a_handler_that_logs_the_metadata_is_caught(stage: Stage, home: Path) -> None:
    entry_line = lines.entry_line

    def telling(leaf: Leaf, number: int, previous: bytes) -> bytes:
        document = json.loads(entry_line(leaf, number, previous))
        return json.dumps(document | {"comment": VALUE}, sort_keys=True).encode()

    stage.patch.setattr(lines, "entry_line", telling)
    with pytest.raises(SafelightError):
        WAYS["container-broken"](stage)
    assert traces(home) == [str(home / "state" / "journal" / "journal.jsonl")]
    with pytest.raises(VerificationFailed):
        entries(home)


def test_control_names_in_the_log_are_seen_where_they_are_asked_for(
    tmp_path: Path, home: Path
) -> None:
    words = COMMANDS["one alone"][0].format(there=planted(tmp_path / "pictures"), name=NAME)
    script = Script(tmp_path, home, False)
    script.play(f"run {words} --log-names\nexit 8")
    assert NAME in logged(script)


def test_control_a_file_called_by_the_name_and_one_that_hides_the_value_are_seen(
    tmp_path: Path,
) -> None:
    (tmp_path / f"x-{NAME}.tmp").touch()
    (tmp_path / "encoded").write_bytes(base64.b64encode(b"xx" + VALUE.encode()))
    assert len(traces(tmp_path)) == 2
    assert os.listdir(tmp_path)
