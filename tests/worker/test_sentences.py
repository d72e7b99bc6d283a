"""A failure crosses the wall as numbers and comes out in the words of our own code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.codecs.decode import open_image
from safelight.errors import (
    ContainerBroken,
    LimitExceeded,
    OutputFailed,
    SafelightError,
    VerificationFailed,
    WireBroken,
    WorkerDied,
    by_number,
    family,
)
from safelight.formats import FORMATS
from safelight.limits import Limits
from safelight.worker import sentences
from safelight.worker.sentences import Failure, error_of, failure_of


def crossed(error: BaseException) -> SafelightError:
    return error_of(failure_of(error))


def test_a_sentence_of_ours_crosses_with_its_numbers(root: Path) -> None:
    picture = (root / "examples" / "pictures" / "lake.jpg").read_bytes()
    with pytest.raises(LimitExceeded) as caught:
        open_image(memoryview(picture), Limits(side=100))
    assert crossed(caught.value).message == caught.value.message
    assert "100" in caught.value.message


def test_a_sentence_without_numbers_crosses() -> None:
    with pytest.raises(ContainerBroken) as caught:
        open_image(memoryview(b"\xff\xd8\xff\xe0\0\x10"), Limits())
    assert crossed(caught.value).message == caught.value.message != ContainerBroken.sentence


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of sentences made for the test."""
    monkeypatch.setattr(sentences, "PACKAGE", tmp_path)
    yield tmp_path
    sentences._modules.cache_clear()


def raised(folder: Path, line: str) -> BaseException:
    path = folder / "made.py"
    path.write_text(f"from safelight.errors import *\nnumber, word = 7, 'png'\n{line}\n")
    sentences._modules.cache_clear()
    sentences._raises.cache_clear()
    try:
        exec(compile(path.read_text(), str(path), "exec"), {})
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return error
    raise LookupError("nothing was raised")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('raise LimitExceeded("plain words")', "plain words"),
        ('raise LimitExceeded(f"{number} of 10 in {word}")', "7 of 10 in png"),
        ('raise LimitExceeded(f"{number}x{number} in the PNG")', "7x7 in the PNG"),
        ('raise LimitExceeded(f"{word} is at most 8 {word}")', "png is at most 8 png"),
        ('raise LimitExceeded(f"{number / 2:g} MB")', LimitExceeded.sentence),
        ('raise LimitExceeded(f"{number - 9}")', LimitExceeded.sentence),
        ("raise LimitExceeded(f\"call {'me now'}\")", LimitExceeded.sentence),
        ("raise LimitExceeded", LimitExceeded.sentence),
        ("raise LimitExceeded()", LimitExceeded.sentence),
        ("raise LimitExceeded(str(number))", LimitExceeded.sentence),
        ('raise [LimitExceeded("words")][0]', LimitExceeded.sentence),
        ('raise SafelightError("words")', "words"),
        ("{}['picture.jpg']", "the worker met an unforeseen LookupError at made.py, line 3"),
        ("raise EOFError", "the worker met an unforeseen fault at made.py, line 3"),
    ],
)
def test_what_crosses_and_what_does_not(foreign: Path, line: str, message: str) -> None:
    assert crossed(raised(foreign, line)).message == message


def test_a_hint_of_ours_crosses(foreign: Path) -> None:
    error = raised(foreign, 'raise LimitExceeded("words", hint="do this")')
    assert crossed(error).hint == "do this"


def test_a_class_that_does_not_stand_at_the_place_has_its_own_sentence(foreign: Path) -> None:
    failure = failure_of(raised(foreign, 'raise LimitExceeded("words")'))
    other = Failure(ContainerBroken.number, failure.module, failure.line, failure.facts)
    assert error_of(other).message == ContainerBroken.sentence


def test_an_unknown_place_has_the_sentence_of_the_class() -> None:
    assert error_of(Failure(VerificationFailed.number)).message == VerificationFailed.sentence
    assert error_of(Failure(SafelightError.number, 1, 1, (99,))).message == SafelightError.sentence


@pytest.mark.parametrize("kind", [OutputFailed, WorkerDied, WireBroken])
def test_a_class_that_no_job_can_end_in_is_refused(kind: type[SafelightError]) -> None:
    with pytest.raises(WireBroken):
        error_of(Failure(kind.number))


def test_a_format_past_the_end_is_still_one_of_ours(foreign: Path) -> None:
    failure = failure_of(raised(foreign, 'raise LimitExceeded(f"is {number}")'))
    hostile = Failure(failure.number, failure.module, failure.line, (-1_000_000,))
    assert error_of(hostile).message.removeprefix("is ") in FORMATS


IN_THE_WORKER = ("codecs/*.py", "ops/**/*.py", *(f"models/{n}.py" for n in ("guard", "runtimes")))


def strangers(path: Path) -> list[str]:
    """Every error that this file raises and no job can end in."""
    allowed = {by_number(number).__name__ for number in sentences.ALLOWED}
    ours = {error.__name__ for error in family()}
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        raised = node.exc if isinstance(node, ast.Raise) else None
        raised = raised.func if isinstance(raised, ast.Call) else raised
        if isinstance(raised, ast.Name) and raised.id in ours - allowed:
            found.append(f"{path.name}: {raised.id}")
    return found


def test_what_work_on_a_picture_raises_can_cross(tmp_path: Path) -> None:
    """Any other error of ours would be told as a hostile picture."""
    paths = [path for pattern in IN_THE_WORKER for path in sentences.PACKAGE.glob(pattern)]
    assert len(paths) > 50
    assert [word for path in paths for word in strangers(path)] == []
    (tmp_path / "made.py").write_text("raise OutputClash('x')\nraise ModelMissing\n")
    assert strangers(tmp_path / "made.py") == ["made.py: OutputClash"]
