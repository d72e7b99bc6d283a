"""Every rule of the catalogue has an entry that breaks it, and the sentence that says so."""

from __future__ import annotations

from typing import Any

import pytest

from safelight.errors import UsageError
from safelight.models.entry import Entry, Network
from safelight.models.lint import FREE, contract_faults, faults, faults_between, require_whole
from tests.models.making import entry_toml

COMMIT = "0123456789abcdef0123456789abcdef01234567"
URL = f"https://models.invalid/maker/model/resolve/{COMMIT}/onnx/model.onnx"
PULLED: dict[str, Any] = {
    "url": URL,
    "pin": "publisher",
    "pin_source": "read here",
    "licence_text": "LICENSE of its repository",
    "peak_bytes": 1_000,
    "file": "twice.onnx",
    "runtime": "onnx",
}


def entry(**changes: Any) -> Entry:
    """A pulled entry in which everything is as it must be, but for the changes."""
    return _copied(Entry.from_toml(entry_toml()), **PULLED | changes)


def _copied(one: Entry, **changes: Any) -> Entry:
    """With changes deep in input and output: as input__side."""
    given = one.model_dump()
    for key, value in changes.items():
        place = given
        *path, last = key.split("__")
        for step in path:
            place = place[step]
        place[last] = value
    return Entry.model_validate(given)


BOXES: dict[str, Any] = {
    "input__kind": "rgb",
    "input__channels": 3,
    "input__resize": "stretch",
    "input__side": 64,
    "output__kind": "boxes",
    "output__labels": ("face",),
    "output__decoder": "yunet",
    "output__least": 0.5,
    "output__scale": 1,
}
TEXT: dict[str, Any] = {
    "task": "read",
    "aliases": (),
    "input__kind": "text",
    "input__number": "int64",
    "input__words": {"length": 77},
    "output__kind": "vector",
    "output__scale": 1,
}


@pytest.mark.parametrize("changes", [{}, BOXES, TEXT, {"url": None, "pin": "own"}], ids=str)
def test_an_entry_as_it_must_be_has_no_fault(changes: dict[str, Any]) -> None:
    assert faults(entry(**changes)) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"form": "tflite", "file": "a.tflite"}, "runs in tflite, not in onnx"),
        ({"form": "torch", "file": "a.pth"}, "by the name of their network alone"),
        ({"network": Network(name="srvgg")}, "it has no network"),
        ({"delegates": "none"}, "delegates are of TFLite models"),
        ({"input__unit": 0.5}, "unit and zero are for whole numbers"),
        (TEXT | {"input__number": "float32"}, "words come as whole numbers"),
        (TEXT | {"input__words": None}, "says how words become numbers"),
        (TEXT | {"aliases": ("usual",)}, "what reads words is found by the model that sees"),
        (BOXES | {"output__decoder": ""}, "no decoder reads an answer of boxes by its kind alone"),
        (BOXES | {"output__decoder": "guess"}, "no decoder reads an answer of boxes by guess"),
        (BOXES | {"output__labels": ()}, "an answer of boxes has labels"),
        (BOXES | {"output__least": 0.0}, "how sure is sure enough"),
        (BOXES | {"output__kind": "keypoints"}, "names its points"),
        (BOXES | {"output__tensors": ("z", "y")}, "name is the first of the tensors"),
        (BOXES | {"output__matte": True}, "a matte is a mask that says how much"),
        ({"output__gain": 2.0}, "gain goes with the model that reads texts"),
        ({"text": "other"}, "gain goes with the model that reads texts"),
    ],
    ids=str,
)
def test_a_contract_that_cannot_be_is_named(changes: dict[str, Any], said: str) -> None:
    told = contract_faults(entry(**changes))
    assert any(said in fault for fault in told), told
    assert set(told) <= set(faults(entry(**changes)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": None}, "a pin is publisher for what is pulled alone"),
        ({"pin": "built-in"}, "another pin than built-in"),
        ({"pin_source": ""}, "a pin says where it was read"),
        ({"file": "twice.pb"}, "ends in .onnx"),
        ({"url": URL.replace(COMMIT, "main")}, "names what moves"),
        ({"url": URL.replace(COMMIT, "v1")}, "names no revision"),
        ({"url": "https://models.invalid/a/releases/latest/download/a.onnx"}, "names what moves"),
        ({"url": URL + "?download=true"}, "host and path alone"),
        ({"licence": "CC-BY-NC-4.0"}, "no licence that is free for anything"),
        ({"licence": "GPL-3.0"}, "no licence that is free for anything"),
        ({"licence_class": "consent"}, "says why, in its caveat"),
        ({"licence_class": "excluded"}, "says why, in its caveat"),
        ({"licence_text": "LICENSE of this program"}, "says where its terms stand"),
        ({"licence_class": "excluded", "caveat": "x"}, "excluded is found by its name alone"),
        ({"licence_class": "consent", "caveat": "x"}, "consent is found by its name alone"),
        ({"experimental": True, "aliases": ("usual",)}, "is no experiment"),
        (TEXT | {"precision": "int8"}, "a quantised tower"),
        ({"peak_bytes": 1}, "at least the memory of its file"),
    ],
    ids=str,
)
def test_an_origin_or_a_licence_that_says_too_little_is_named(
    changes: dict[str, Any], said: str
) -> None:
    told = faults(entry(**changes))
    assert any(said in fault for fault in told), told
    assert contract_faults(entry(**changes)) == ()


def test_the_first_fault_of_a_contract_is_raised() -> None:
    require_whole(entry())
    with pytest.raises(UsageError, match="delegates are of TFLite models"):
        require_whole(entry(delegates="none"))


def test_the_parts_of_a_model_are_pinned_as_it_is() -> None:
    part = {"file": "b.txt", "role": "merges", "sha256": "0" * 64, "size_bytes": 1}
    moving = part | {"url": "https://models.invalid/maker/blob/main/b.txt"}
    assert "names what moves" in faults(entry(parts=(moving,)))[0]
    assert faults(entry(parts=(part | {"url": URL},))) == ()


def test_a_release_is_a_revision() -> None:
    assert faults(entry(url="https://models.invalid/a/b/releases/download/v1/a.onnx")) == ()


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([{"name": "twice"}], "2 entries are called twice"),
        ([{"name": "other", "sha256": "0" * 64}], "has a file called twice.onnx too"),
        ([{"name": "other"}], "twice has the alias plain too"),
        ([{"name": "plain", "aliases": ()}], "is the name of another model"),
        ([{"name": "other", "aliases": (), "exact": "third"}], "exact names third"),
        ([{"name": "other", "aliases": (), "text": "third"}], "text names third"),
        ([{"name": "other", "aliases": (), "text": "twice"}], "twice reads no words"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_named(others: list[dict[str, Any]], said: str) -> None:
    told = faults_between([entry(), *(entry(**changes) for changes in others)])
    assert any(said in fault for fault in told), told


def test_entries_that_go_together_have_no_fault() -> None:
    words = entry(**TEXT | {"name": "words"})
    eyes = entry(name="eyes", aliases=(), text="words", output__gain=100.0)
    assert faults_between([words, eyes]) == ()


def test_free_means_for_anything() -> None:
    assert not any("GPL" in licence or "NC" in licence for licence in FREE)
