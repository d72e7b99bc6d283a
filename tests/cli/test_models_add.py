"""`models add` as a person meets it: what is shown, what is asked, what is left where it fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from safelight.cli import main
from safelight.engine import adding as adding_module
from safelight.engine.tuning import Tuning
from safelight.models.answers import DECODERS, USUAL
from safelight.models.nature import findings_of, peak_told
from safelight.models.store import Store
from safelight.worker.job import LOOKED_AT
from tests.cli.schema import violations
from tests.models import nets
from tests.models.test_examining import looked_at

Said = tuple[int, str, str]


@pytest.fixture(scope="module", autouse=True)
def untimed() -> Iterator[None]:
    """No self-test: nothing here depends on what is fastest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tuning, "choice", lambda _, **__: None)
        yield


@pytest.fixture
def uncaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the cage would say of two words; tests/engine/test_adding.py asks the cage itself."""

    def asked(_adding: object, what: str, *_: object) -> object:
        nature = looked_at(nets.row(2))
        return findings_of(nature) if what == LOOKED_AT else peak_told(5_000_000)

    monkeypatch.setattr(adding_module.Adding, "_asked", asked)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    def play(*words: str) -> Said:
        code = main.run(["models", "add", *words])
        said = capsys.readouterr()
        for line in said.out.splitlines() if "--json" in words else ():
            assert violations(json.loads(line)) == []
        return code, said.out, said.err

    return play


@pytest.fixture
def folder(home: Path) -> Path:
    return home / ".local" / "share" / "safelight" / "models"


@pytest.fixture
def file(home: Path) -> str:
    path = home / "My Cats & Dogs.onnx"
    path.write_bytes(nets.row(2))
    return str(path)


def here(folder: Path) -> set[str]:
    return {one.name for one in Store(folder).entries()} - {one.name for one in Store().entries()}


def test_a_model_is_shown_and_used_by_its_name(
    run: Callable[..., Said], file: str, folder: Path, home: Path
) -> None:
    words = home / "words.txt"
    words.write_text("cat\ndog\n\n")
    code, out, err = run(file, "--yes", "--labels", str(words), "--licence", "MIT")
    assert code == 0, err
    assert out.startswith("my-cats-dogs  in use; tried out in the cage by classify: ")
    for told in ("classify: a file of yours", "2 labels", "MIT (free)", "32 x 32 px, crop"):
        assert told in err
    assert "safelight classify photo.jpg --model my-cats-dogs" in err
    assert here(folder) == {"my-cats-dogs"}
    code, out, _err = run(file, "--yes", "--json", "--name", "other")
    assert code == 0
    found = json.loads(out)
    assert (found["name"], found["state"], found["pin"]) == ("other", "own", "own")
    assert main.run(["models", "verify", "my-cats-dogs", "other"]) == 0


def test_nothing_is_added_unasked(
    run: Callable[..., Said], file: str, folder: Path, uncaged: None
) -> None:
    code, _out, err = run(file)
    assert (code, here(folder)) == (2, set())
    assert "add it as my-cats-dogs: nobody can be asked here" in err
    code, out, err = run(file, "--dry-run")
    assert (code, out, here(folder)) == (0, "", set())
    assert "labels are numbers" in err
    code, out, _err = run(file, "-n", "--json")
    assert code == 0
    assert json.loads(out)["output"]["labels"] == ["0", "1"]
    assert not (folder / "pulled").exists()


def test_flags_say_what_the_entry_is(run: Callable[..., Said], file: str, uncaged: None) -> None:
    flags = ["--mean", "1,2,3", "--std", "4", "--range", "0,255", "--order", "BGR"]
    flags += ["--activation", "none", "--title", "two words", "--set", "output.most=2"]
    code, out, err = run(file, "-n", "--json", *flags, "--set", "precision=fp16")
    assert code == 0, err
    found = json.loads(out)
    assert found["input"]["mean"] == [1.0, 2.0, 3.0]
    assert (found["input"]["std"], found["input"]["range"]) == ([4.0], [0.0, 255.0])
    assert (found["input"]["order"], found["output"]["activation"]) == ("BGR", "none")
    assert (found["title"], found["output"]["most"]) == ("two words", 2)
    assert found["precision"] == "fp16"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--mean", "a,b"), 2, "--mean takes numbers"),
        (("--set", "input.side"), 2, "is not of the form FIELD=VALUE"),
        (("--set", "input.side=-1"), 2, "input.side"),
        (("--set", "sha256=0"), 2, "is what the file says"),
        (("--task", "stamp"), 2, "fit no model for stamp"),
        (("--form", "fake"), 2, "--form is one of onnx, tflite"),
        (("--name", "../up"), 2, "name: "),
        (("--name", "u2netp"), 2, "another name"),
        (("--labels", "nowhere.txt"), 2, "nowhere.txt cannot be read"),
        (("--order", "GBR"), 2, "input.order"),
    ],
)
def test_what_cannot_be_ends_in_one_line_and_a_hint(
    run: Callable[..., Said], file: str, folder: Path, uncaged: None, words: tuple[str, ...],
    code: int, sentence: str,
) -> None:  # fmt: skip
    found, out, err = run(file, "--yes", *words)
    assert (found, out, here(folder)) == (code, "", set())
    assert len([line for line in err.splitlines() if line.startswith("safelight: ")]) == 1
    assert sentence in err
    assert "hint: " in err


def test_labels_are_text_of_a_moderate_length(
    run: Callable[..., Said], file: str, home: Path, uncaged: None
) -> None:
    labels = home / "labels"
    labels.write_bytes(b"\xff\xfe")
    assert "no text in UTF-8" in run(file, "-n", "--labels", str(labels))[2]
    labels.write_bytes(b"cat\n" * 100_000)
    assert "more than 200000 bytes" in run(file, "-n", "--labels", str(labels))[2]


def test_a_wrong_file_has_one_line_a_hint_and_a_code(
    run: Callable[..., Said], home: Path, folder: Path
) -> None:
    path = home / "wrong.onnx"
    path.write_bytes(nets.row(2)[:-7])
    code, out, err = run(str(path), "--yes")
    assert (code, out) == (6, "")
    assert "safelight: models: the model file is damaged\nhint: " in err
    assert not (folder / "pulled").exists()
    assert run(str(home / "..."), "--yes")[0] == 2


def test_the_handbook_has_every_word_of_decoder(root: Path) -> None:
    page = (root / "docs" / "handbook" / "own-models.md").read_text()
    for word in set(DECODERS) - set(USUAL.values()):
        assert f"`{word}`" in page
