"""A model of one's own: looked at in the cage, measured, tried out, pinned; or nothing is left."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest

from safelight.engine import adding as adding_module
from safelight.engine import shelving as shelving_module
from safelight.engine.adding import Adding, Draft
from safelight.engine.shelving import Told
from safelight.errors import (
    InputMissing,
    InputRefused,
    MemoryExceeded,
    ModelFaulty,
    PolicyRefused,
    RuntimeMissing,
    SafelightError,
    TimeExceeded,
    Unavailable,
    UsageError,
    VerificationFailed,
)
from safelight.limits import MAX_MODEL_BYTES
from safelight.models.entry import Entry
from safelight.models.nature import Nature, Sight
from safelight.models.proposing import Wishes, proposed
from safelight.models.shelf import wanted
from safelight.models.store import Store
from safelight.operation import ModelNeed
from safelight.settings import Settings
from safelight.vault.lock import hold
from tests.engine import shelves
from tests.models import making, nets

pytestmark = pytest.mark.usefixtures("untimed")


@pytest.fixture
def adding(home: Path) -> Adding:
    return Adding(replace(Settings(), data_dir=home / "data", state_dir=home / "state"))


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def entry_of(draft: Draft) -> Entry:
    pins = [one for one, _ in draft.files]
    return proposed(draft.nature, draft.form, pins, Wishes("mine")).entry


def left(home: Path) -> list[str]:
    """Every file of the folder of models but its lock."""
    every = (home / "data").rglob("*")
    return sorted(path.name for path in every if path.is_file() and path.name != ".lock")


def test_a_file_that_another_run_fetches_is_not_written_over(
    adding: Adding, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelving_module, "LOCK_WAIT_S", 0.05)
    entry = shelves.entry_of()
    files = ((wanted(entry)[0], put(home, "mine.onnx", shelves.X2)),)
    draft = Draft(files, "onnx", Nature((), (), Sight(0, "NCHW", 1, 0, 0, True, 1, 0)))
    part = adding.shelving.shelf.staged(entry)[0].path
    part.parent.mkdir(parents=True)
    part.write_bytes(b"half")
    with hold(home / "data" / "models" / ".lock"), pytest.raises(Unavailable):
        adding.take(entry, draft, Told())
    assert part.read_bytes() == b"half"


def test_a_model_is_looked_at_measured_tried_out_and_pinned(adding: Adding, home: Path) -> None:
    path = put(home, "mine.onnx", nets.enlarger())
    draft = adding.look([path])
    assert draft.nature.sight.radius == 3
    assert left(home) == []
    entry = adding.measured(entry_of(draft), draft)
    assert 1_000_000 < entry.peak_bytes < 1_000_000_000
    larger = entry.input.model_copy(update={"tile": 1_024})
    large = adding.measured(entry.model_copy(update={"input": larger}), draft)
    assert large.peak_bytes > entry.peak_bytes
    trial = adding.take(entry, draft, Told())
    assert trial is not None
    assert (trial.operation, trial.per) == ("upscale", "megapixel")
    store = Store(home / "data" / "models")
    assert store.find(ModelNeed("upscale", "mine", 2)) == entry
    assert (entry.pin, store.origin("mine"), store.verify(entry)) == ("own", "own", True)
    assert path.read_bytes() == nets.enlarger()
    assert not list((home / "data").rglob("*.part"))


def test_another_file_of_the_same_name_can_be_taken_back(adding: Adding, home: Path) -> None:
    first = adding.look([put(home, "one.onnx", nets.row(6))])
    second = adding.look([put(home, "two.onnx", nets.row(7))])
    entries = [adding.measured(entry_of(draft), draft) for draft in (first, second)]
    for entry, draft in zip(entries, (first, second), strict=True):
        adding.take(entry, draft, Told())
    store = Store(home / "data" / "models")
    assert store.find(ModelNeed("classify", "mine")) == entries[1]
    assert adding.shelving.roll_back("mine") == entries[0]


def test_what_a_trial_refuses_is_not_kept(adding: Adding, home: Path) -> None:
    """A contract that is not the model's: the cage that measures says so, and so does the trial."""
    draft = adding.look([put(home, "mine.onnx", nets.masker())])
    entry = entry_of(draft)
    wrong = entry.model_copy(update={"input": entry.input.model_copy(update={"side": 64})})
    with pytest.raises(ModelFaulty, match="another shape"):
        adding.measured(wrong, draft)
    with pytest.raises(ModelFaulty, match="another shape"):
        adding.take(wrong, draft, Told())
    assert left(home) == []
    hungry = entry.model_copy(update={"task": "stamp"})
    with pytest.raises(UsageError, match="no verb takes a model for stamp"):
        adding.measured(hungry, draft)


def test_a_file_that_changed_since_it_was_looked_at_is_not_taken(
    adding: Adding, home: Path
) -> None:
    path = put(home, "mine.onnx", nets.row())
    draft = adding.look([path])
    entry = adding.measured(entry_of(draft), draft)
    path.write_bytes(nets.row(is_share=True))
    with pytest.raises(VerificationFailed):
        adding.take(entry, draft, Told())
    path.unlink()
    with pytest.raises(InputMissing):
        adding.take(entry, draft, Told())
    assert left(home) == []


def test_an_interrupted_copy_leaves_nothing(
    adding: Adding, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = adding.look([put(home, "mine.onnx", nets.row())])

    def interrupted(file: IO[bytes], data: bytes) -> None:
        file.write(data[:10])
        raise KeyboardInterrupt

    monkeypatch.setattr(adding_module, "written", interrupted)
    with pytest.raises(KeyboardInterrupt):
        adding.take(entry_of(draft), draft, Told())
    assert left(home) == []


WRONG: dict[str, tuple[str, bytes, type[SafelightError], str]] = {
    "truncated": ("a.onnx", nets.row()[:-9], PolicyRefused, "damaged"),
    "flipped": ("a.onnx", b"\x0f" + nets.row()[1:], PolicyRefused, "damaged"),
    "zeros": ("a.onnx", bytes(2_000_000), PolicyRefused, "not known, number 0"),
    "external": (
        "a.onnx",
        making.to_bytes(making.model_with_external_initializer("../../secret")),
        PolicyRefused,
        "another file",
    ),
    "operator": ("a.onnx", nets.foreign_operator(), RuntimeMissing, "operators"),
    "no picture": ("a.onnx", nets.of_no_picture(), ModelFaulty, "answers no picture"),
    "greedy": ("a.onnx", making.to_bytes(making.greedy()), MemoryExceeded, "memory"),
    "other form": ("a.tflite", nets.row(), PolicyRefused, "damaged"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_ends_in_one_error_and_leaves_nothing(
    adding: Adding, home: Path, name: str
) -> None:
    file, data, kind, words = WRONG[name]
    with pytest.raises(kind, match=words) as caught:
        adding.look([put(home, file, data)])
    assert caught.value.hint
    assert left(home) == []


def test_a_pickle_runs_nothing(adding: Adding, home: Path) -> None:
    target = home / "ran"
    data = f"cos\nmkdir\n(S'{target}'\ntR.".encode()
    with pytest.raises(PolicyRefused, match="program"):
        adding.look([put(home, "a.pth", data)])
    assert not target.exists()
    pickle.loads(data)
    assert target.exists()


def test_a_loop_without_an_end_is_ended(home: Path) -> None:
    settings = replace(Settings(), data_dir=home / "data", timeout_s=1)
    with pytest.raises(TimeExceeded):
        Adding(settings).look([put(home, "a.onnx", making.to_bytes(making.endless()))])
    assert left(home) == []


def test_what_is_no_file_is_not_waited_for(adding: Adding, home: Path) -> None:
    os.mkfifo(home / "pipe.onnx")
    (home / "folder.onnx").mkdir()
    put(home, "empty.onnx", b"")
    large = put(home, "large.onnx", b"")
    os.truncate(large, MAX_MODEL_BYTES + 1)
    for name in ("pipe.onnx", "folder.onnx", "empty.onnx", "large.onnx"):
        with pytest.raises((InputRefused, InputMissing), match=name):
            adding.look([home / name])
    for name in ("none.onnx", "a\0b.onnx", "alone.param"):
        put(home, "alone.param", b"7767517\n0 0\n")
        with pytest.raises(InputMissing):
            adding.look([home / name])


def test_a_form_is_told_by_the_name_or_said(adding: Adding, home: Path) -> None:
    path = put(home, "mine.model", nets.row())
    with pytest.raises(UsageError, match=r"mine\.model is cannot be told"):
        adding.look([path])
    assert adding.look([path], "onnx").form == "onnx"
    with pytest.raises(UsageError, match="at most 5 files"):
        adding.look([path] * 6, "onnx")


@pytest.mark.parametrize("name", ["upscale-x4", "u2netp", "fast", "usual"])
def test_no_name_of_the_catalogue_is_taken(adding: Adding, name: str) -> None:
    with pytest.raises(UsageError, match="another name"):
        adding.require_free(name)


def test_files_that_belong_together_are_found(
    adding: Adding, home: Path, shared_data: Path
) -> None:
    draft = adding.look([shared_data / "models" / "fastestdet" / "FastestDet.param"])
    assert [one.file for one, _ in draft.files] == ["FastestDet.param", "FastestDet.bin"]
    entry = adding.measured(entry_of(draft), draft)
    assert adding.take(entry, draft, Told()) is not None
    assert [part.file for part in entry.parts] == ["mine-1.bin"]
    assert Store(home / "data" / "models").verify(entry)
