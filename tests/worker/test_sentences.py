"""A failure crosses the wall as numbers and comes out in the words of our own code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.codecs.decode import open_image
from safelight.errors import (
    ContainerBroken,
    FormatUnknown,
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
    head = "from safelight.errors import *\nnumber, word = 7, 'png'\n"
    path.write_text(f"{head}{line}\n")
    sentences._modules.cache_clear()
    sentences._raises.cache_clear()
    sentences._tree.cache_clear()
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


NAMED = """\
WORDS = 'do this'
MORE = WORDS
def made(count): return LimitExceeded(f'at most {count}', hint=WORDS)
"""


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ('raise LimitExceeded("words", hint=WORDS)', "words", "do this"),
        ('raise LimitExceeded("words", hint=f"{WORDS} now")', "words", "do this now"),
        ('raise LimitExceeded(f"{WORDS} {number}", hint=WORDS)', "do this 7", "do this"),
        ("raise LimitExceeded(WORDS)", "do this", LimitExceeded.usual_hint),
        ("raise made(9)", "at most 9", "do this"),
        ("raise made(9) from None", "at most 9", "do this"),
        ('raise LimitExceeded("words", hint=f"{number}")', "words", LimitExceeded.usual_hint),
        ('raise LimitExceeded("words", hint=MORE)', "words", LimitExceeded.usual_hint),
        ('raise LimitExceeded("words", hint=WORDS.upper())', "words", LimitExceeded.usual_hint),
    ],
)
def test_words_by_a_name_cross(foreign: Path, line: str, message: str, hint: str) -> None:
    error = crossed(raised(foreign, f"{NAMED}{line}"))
    assert (error.message, error.hint) == (message, hint)


def test_words_of_another_file_cross(foreign: Path) -> None:
    path = foreign / "other.py"
    path.write_text("HINT = 'from there'\n")
    error = raised(foreign, "HINT = 'x'\nraise LimitExceeded('words', hint=HINT)")
    source = foreign / "made.py"
    text = source.read_text().replace("HINT = 'x'", "from safelight.other import HINT")
    source.write_text(text)
    sentences._raises.cache_clear()
    sentences._tree.cache_clear()
    assert crossed(error).hint == "from there"


def test_the_hint_of_a_jpeg_of_twelve_bits_arrives() -> None:
    twelve = b"\xff\xd8\xff\xc1\0\x0b\x0c\0\x08\0\x08\x01\x01\x11\0\xff\xda\0\x02"
    with pytest.raises(FormatUnknown) as caught:
        open_image(memoryview(twelve), Limits())
    error = crossed(caught.value)
    assert (error.message, error.hint) == (caught.value.message, caught.value.hint)
    assert error.hint == "convert it with the program that made it"


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


MODELS = (
    *("bare", "examining", "flatbuffer", "guard", "look", "onnx_session", "protobuf", "reading"),
    *("runtimes", "tflite_session", "tokens", "answers/*", "forms/**/*"),
)
IN_THE_WORKER = ("codecs/*.py", "ops/**/*.py", *(f"models/{name}.py" for name in MODELS))
# Reads what a recipe names by a path, before there is a job.
NOT_THERE = "codecs/further.py"


def in_the_worker() -> list[Path]:
    """Every file whose errors a job can end in."""
    paths = [path for pattern in IN_THE_WORKER for path in sentences.PACKAGE.glob(pattern)]
    return [path for path in paths if path != sentences.PACKAGE / NOT_THERE]


def strangers(path: Path) -> list[str]:
    """Every error that this file raises and no job can end in."""
    allowed = {by_number(number).__name__ for number in sentences.ALLOWED}
    ours = {error.__name__ for error in family()}
    found = []
    for node in ast.walk(sentences._tree(path)):
        raised = node.exc if isinstance(node, ast.Raise) else None
        raised = raised.func if isinstance(raised, ast.Call) else raised
        if isinstance(raised, ast.Name) and raised.id in ours - allowed:
            found.append(f"{path.name}: {raised.id}")
    return found


def test_what_work_on_a_picture_raises_can_cross(tmp_path: Path) -> None:
    """Any other error of ours would be told as a hostile picture."""
    paths = in_the_worker()
    assert len(paths) > 50
    assert [word for path in paths for word in strangers(path)] == []
    (tmp_path / "made.py").write_text("raise OutputClash('x')\nraise ModelMissing\n")
    assert strangers(tmp_path / "made.py") == ["made.py: OutputClash"]


# Said by the host alone, before any worker is given the file.
OF_THE_HOST = {"routing.py: hint=known.hint"}


def lost_words(path: Path) -> list[str]:
    """Every error made in this file whose hint, or whose plain sentence, would not cross."""
    kinds = {error.__name__ for error in family()}
    found = []
    for node in ast.walk(sentences._tree(path)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id in kinds:
            found += [f"{path.name}: {ast.unparse(word)}" for word in _unread(node, path)]
    return found


def _unread(call: ast.Call, path: Path) -> Iterator[ast.AST]:
    yield from (word for word in call.args[:1] if not sentences._text(word, path))
    if any(word.arg == "hint" for word in call.keywords) and not sentences._hint(call, path):
        yield from (word for word in call.keywords if word.arg == "hint")


def test_every_hint_that_work_on_a_picture_can_give_crosses(
    foreign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = foreign / "made.py"
    path.write_text(
        "def f(x):\n    raise LimitExceeded('a', hint=x)\n"
        "    raise FormatUnknown(x)\n    raise FormatUnknown('a', hint='b' + 'c')\n"
    )
    assert lost_words(path) == ["made.py: hint=x", "made.py: x", "made.py: hint='b' + 'c'"]
    monkeypatch.undo()
    paths = in_the_worker()
    assert {word for path in paths for word in lost_words(path)} == OF_THE_HOST


def test_every_error_is_made_where_it_is_raised_or_where_the_host_finds_it() -> None:
    """One with a hint that is made elsewhere, and raised under a name, would lose it."""
    lost = []
    for path in in_the_worker():
        tree = sentences._tree(path)
        found = {
            id(node.exc if isinstance(node, ast.Raise) else node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Raise | ast.Return)
        }
        kinds = {error.__name__ for error in family()}
        lost += [
            f"{path.name}: {ast.unparse(node)}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in kinds
            and any(word.arg == "hint" for word in node.keywords)
            and id(node) not in found
        ]
    assert lost == []


def nameless(path: Path) -> list[str]:
    """Every error raised in this file that the host would not find the making of: one of two, or
    made by a function that stands at the top of no file.
    """
    found = []
    for node in ast.walk(sentences._tree(path)):
        raised = node.exc if isinstance(node, ast.Raise) else None
        if isinstance(raised, ast.BoolOp | ast.IfExp):
            found.append(ast.unparse(raised))
        if isinstance(raised, ast.Call) and isinstance(raised.func, ast.Name):
            name = raised.func.id
            if name.islower() and not isinstance(sentences._named(path, name)[1], ast.FunctionDef):
                found.append(ast.unparse(raised))
    return found


def test_the_host_finds_what_made_every_error(
    foreign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = foreign / "made.py"
    path.write_text("raise last or Wrong()\nraise a() if x else b()\nraise there()\nraise last\n")
    assert nameless(path) == ["last or Wrong()", "a() if x else b()", "there()"]
    monkeypatch.undo()
    paths = in_the_worker()
    assert [word for path in paths for word in nameless(path)] == []
