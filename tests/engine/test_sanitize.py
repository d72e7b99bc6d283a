"""sanitize: two cages, and between them nothing but checked pixels."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from safelight.audit.receipt import Receipt
from safelight.audit.words import describe
from safelight.codecs.crossing import HEAD_BYTES, Head
from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.engine.sanitize import TwoCages
from safelight.errors import ContainerBroken, FormatUnknown, WireBroken
from safelight.limits import Limits
from safelight.ops.convert import Convert
from safelight.ops.resize import Resize
from safelight.ops.sanitize import Sanitize
from safelight.ops.scrub import Scrub
from safelight.recipe import Recipe
from safelight.worker.job import Answer, Attempt, CageReport, Crossing, Host, Job, Plan
from safelight.worker.memory import Sheet
from safelight.worker.portable import PortableHost
from tests.codecs import making
from tests.contract import animated, drawn, frames_of, with_pillow

HEAD = Head("png", 3, 8, 0, 4, 2)
PIXELS = HEAD.pack() + bytes(range(24))
REPORT = CageReport(3, (Attempt("a", "g", 1, True),), {"x": True, "y": True}, "", {}, ("one",))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine


def sanitized(engine: Engine, data: bytes, *more: Any) -> Result:
    result = engine.run(data, Recipe((Sanitize(), *more)))
    assert isinstance(result, Result)
    return result


def test_pixels_stay_metadata_goes_and_the_receipt_says_two_cages(engine: Engine) -> None:
    data = making.png(making.picture(40, 30), exif=making.exif({0x010F: "CANARY-6f1d2b"}))
    result = sanitized(engine, data)
    made = result.data or b""
    assert np.array_equal(
        np.asarray(Pillow.open(io.BytesIO(made))), np.asarray(making.picture(40, 30))
    )
    assert making.CANARY not in made
    assert "Make" in {change.finding.name for change in result.changes}
    facts = Receipt.parse(result.receipt).predicate
    assert facts.operation.cages == 2
    plain = engine.run(data, Recipe((Scrub(),)))
    assert isinstance(plain, Result)
    assert facts.egress.attempted == 2 * len(plain.cage.attempts)
    assert facts.egress.contained == facts.egress.attempted
    assert Receipt.parse(plain.receipt).predicate.operation.cages is None
    said = dict(describe(Receipt.parse(result.receipt)))["operation"]
    assert said.endswith("in two cages: one decoded, only pixels crossed, one encoded")


def test_the_format_stays_and_steps_are_done_in_the_second_cage(engine: Engine) -> None:
    data = with_pillow(drawn(), "JPEG")
    assert sanitized(engine, data).format == "jpeg"
    smaller = sanitized(engine, data, Resize(percent=50), Convert(to="webp"))
    assert (smaller.format, smaller.width, smaller.height) == ("webp", 24, 18)
    assert (smaller.input_format, smaller.input_width) == ("jpeg", 48)


def test_an_animation_keeps_its_frames(engine: Engine) -> None:
    result = sanitized(engine, animated(("red", "lime", "blue"), (50, 60, 70)))
    frames, delays, loop = frames_of(result.data or b"")
    assert (len(frames), delays, loop) == (3, [50, 60, 70], 3)


def test_what_cannot_be_written_becomes_png(engine: Engine, shared_data: Path) -> None:
    recipe = Recipe((Sanitize(),))
    assert recipe.target_of("heic") == "png"
    assert recipe.target_of("jpeg") == "jpeg"
    assert Recipe((Sanitize(), Convert(to="webp"))).target_of("heic") == "webp"
    assert Recipe((Resize(percent=50),)).target_of("heic") == "heic"
    found = sorted((shared_data / "formats").rglob("*.heic"))
    result = sanitized(engine, found[0].read_bytes())
    assert result.format == "png"
    assert result.input_format == "heic"


def test_a_document_has_no_pixels_to_cross(engine: Engine) -> None:
    with pytest.raises(FormatUnknown, match="document"):
        sanitized(engine, b"%PDF-1.4\n" + b"x" * 200)


def test_a_damaged_file_is_refused_by_the_first_cage(engine: Engine) -> None:
    with pytest.raises(ContainerBroken):
        sanitized(engine, with_pillow(drawn(300, 300), "PNG")[:2_000])


def test_the_host_without_a_cage_does_it_too() -> None:
    plan = Plan(needs_pixels=True, runtimes=frozenset(), limits=Limits(), required_level=0)
    data = with_pillow(drawn(), "PNG")
    sheet = Sheet.holding(data)
    try:
        with PortableHost(plan) as host:
            job = Job(sheet.fd, len(data), Recipe((Sanitize(),)).canonical)
            with TwoCages(host, Limits()).run(job) as answer:
                seen = np.asarray(Pillow.open(io.BytesIO(bytes(answer.output or b""))))
    finally:
        sheet.close()
    assert np.array_equal(seen, drawn())


@dataclass
class Staged:
    """A host whose first worker answers what a worker that was taken over could."""

    first: Answer
    second: Answer
    jobs: list[Job] = field(default_factory=list)
    sources: list[bytes] = field(default_factory=list)
    is_ready: bool = True

    @contextmanager
    def run(self, job: Job, *, progress: Callable[[float], None] | None = None) -> Iterator[Answer]:
        self.jobs.append(job)
        self.sources.append(os.pread(job.source_fd, job.source_bytes, 0))
        yield self.first if len(self.jobs) == 1 else self.second

    def report(self) -> CageReport:
        return REPORT

    def cancel(self) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> Staged:
        return self

    def __exit__(self, *exc: object) -> None: ...


def answer(output: bytes | None, **changes: Any) -> Answer:
    view = None if output is None else memoryview(output)
    facts = ("png", 4, 2, "png", 4, 2)
    made = Answer(view, *facts, True, (), (), REPORT, 0.5, lambda: None)  # type: ignore[arg-type] # plain texts
    return replace(made, **changes)


def run(first: Answer, second: Answer | None = None) -> tuple[Staged, Answer]:
    host = Staged(first, second or answer(b"result"))
    sheet = Sheet.holding(b"the file itself")
    kept: Host = host
    try:
        job = Job(sheet.fd, sheet.size_bytes, b"recipe", threads=2)
        with TwoCages(kept, Limits()).run(job) as both:
            return host, both
    finally:
        sheet.close()


def test_the_second_cage_is_given_the_pixels_and_never_the_file() -> None:
    host, both = run(answer(PIXELS))
    assert [job.crossing for job in host.jobs] == [Crossing.OUTPUT, Crossing.SOURCE]
    assert host.sources == [b"the file itself", PIXELS]
    assert host.jobs[0].models == ()
    assert bytes(both.output or b"") == b"result"
    assert both.work_s == 1.0


def test_the_report_is_that_of_the_weaker_of_both() -> None:
    weak = replace(REPORT, level=1, layers={"x": False, "y": True}, not_covered=("two",))
    for pair in ((REPORT, weak), (weak, REPORT)):
        _, both = run(answer(PIXELS, cage=pair[0]), answer(b"result", cage=pair[1]))
        assert both.cage.level == 1
        assert both.cage.layers == {"x": False, "y": True}
        assert len(both.cage.attempts) == 2
        assert set(both.cage.not_covered) == {"one", "two"}
        assert both.cage.cages == 2


@pytest.mark.parametrize(
    "first",
    [
        answer(None),
        answer(b""),
        answer(b"the file itself"),
        answer(PIXELS[:-1]),
        answer(PIXELS + b"more"),
        answer(replace(HEAD, width=5).pack() + PIXELS[HEAD_BYTES:]),
        answer(PIXELS, input_width=5),
        answer(PIXELS, input_height=5),
        answer(PIXELS, input_format="jpeg"),
    ],
    ids=range(9),
)
def test_a_first_cage_that_gives_anything_else_is_the_end(first: Answer) -> None:
    with pytest.raises(WireBroken):
        run(first)


def test_a_second_cage_that_read_something_else_is_the_end() -> None:
    with pytest.raises(WireBroken):
        run(answer(PIXELS), answer(b"result", input_format="gif"))
