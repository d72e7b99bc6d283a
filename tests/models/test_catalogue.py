"""The catalogue keeps its own rules, and says the truth of every file that is at hand."""

from __future__ import annotations

import csv
import hashlib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from safelight.models.entry import Entry
from safelight.models.lint import faults, faults_between

# Real models of the shared data that have no entry, and why.
WITHOUT = {
    "mediapipe/custom_gesture_classifier.tflite": "takes the vector of a model that is not here",
    "onnx/light_shufflenet.onnx": "its weights are constants",
    "onnx/light_squeezenet.onnx": "its weights are constants",
    "onnx/superresolution_x3_with_pre_post_op18.onnx": "needs operators of another library",
    "tflite-micro/person_detect.tflite": "the runtime refuses its quantisation",
}
FORMS = ("onnx", "tflite")


def catalogue() -> dict[str, Entry]:
    folder = resources.files("safelight.models") / "catalogue"
    files = sorted((one for one in folder.iterdir()), key=lambda one: one.name)
    return {one.name: Entry.from_toml(one.read_bytes()) for one in files}


ENTRIES = catalogue()


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_keeps_every_rule(name: str) -> None:
    assert faults(ENTRIES[name]) == ()
    assert name == f"{ENTRIES[name].name}.toml"


def test_the_entries_go_together() -> None:
    assert faults_between(ENTRIES.values()) == ()


def test_every_task_has_a_usual_model_or_a_built_in_one() -> None:
    """What reads words comes with the model that sees in the same space."""
    tasks = {entry.task for entry in ENTRIES.values()} - {"read"}
    chosen = {
        entry.task
        for entry in ENTRIES.values()
        if "usual" in entry.aliases or (entry.url is None and entry.aliases)
    }
    assert chosen == tasks
    seeing = [entry for entry in ENTRIES.values() if entry.task == "embed" and entry.text]
    assert any("usual" in entry.aliases for entry in seeing)


def test_what_may_not_be_used_for_work_is_listed_and_never_pulled() -> None:
    excluded = [entry for entry in ENTRIES.values() if entry.licence_class == "excluded"]
    assert [entry.name for entry in excluded] == ["bria-rmbg"]
    assert all(entry.caveat.startswith("its terms allow no") for entry in excluded)


def test_what_has_terms_to_read_is_never_taken_for_free() -> None:
    """By name: the licences that were read, beside what the entries say of themselves."""
    bound = (
        "birefnet-general", "birefnet-lite", "isnet-general-use", "mobileclip-s0",
        "mobileclip-s0-text", "nudenet-320n", "rvm-mobilenetv3",
    )  # fmt: skip
    classes = {name: ENTRIES[f"{name}.toml"].licence_class for name in bound}
    assert classes == dict.fromkeys(bound, "consent")


def manifest(shared_data: Path) -> dict[str, dict[str, Any]]:
    with (shared_data / "MANIFEST.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["path"][7:]: row for row in rows if row["path"].startswith("models/")}


def test_every_real_model_of_the_shared_data_has_an_entry(shared_data: Path) -> None:
    pinned = {entry.sha256 for entry in ENTRIES.values()}
    of_these = [path for path in manifest(shared_data) if path.rpartition(".")[2] in FORMS]
    digests = {path: _digest(shared_data / "models" / path) for path in of_these}
    assert len(of_these) > 20
    missing = {path for path, digest in digests.items() if digest not in pinned}
    assert missing == set(WITHOUT)


def test_an_entry_of_a_file_at_hand_says_its_size_and_where_it_came_from(
    shared_data: Path,
) -> None:
    rows = manifest(shared_data)
    by_digest = {_digest(shared_data / "models" / path): path for path in rows}
    seen = 0
    for entry in ENTRIES.values():
        path = by_digest.get(entry.sha256)
        if path is None:
            continue
        seen += 1
        row = rows[path]
        place = f"/{row['source_repo']}/{row['source_commit']}/{row['source_path']}"
        assert entry.size_bytes == int(row["bytes"])
        assert entry.url is not None
        assert entry.url.endswith(place)
    assert seen > 15


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
