"""Texts are read by the model that an entry names for words, and by no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safelight.errors import ModelFaulty, ModelMissing
from safelight.models.entry import Entry
from safelight.models.reading import Lettered, Reader, direction, tokeniser_for
from safelight.models.store import Store
from safelight.models.tokens import END, LETTERS, START
from safelight.operation import ModelNeed
from tests.models.towers import data_of, entry_of, put

PIECES = [*LETTERS, *(letter + "</w>" for letter in LETTERS), START, END]
PARTS = {
    "vocabulary": json.dumps({piece: number for number, piece in enumerate(PIECES)}).encode(),
    "merges": b"#version\n",
}


class Echo:
    """A session that answers with the first numbers of the row that it was given."""

    def __init__(self, entry: Entry) -> None:
        self.model = entry

    def run(self, tensor: Any) -> Any:
        assert tensor.dtype == np.int64
        return tensor[:, :4].astype(np.float32)

    def answers(self, tensor: Any) -> list[Any]:
        return [self.run(tensor)]


DATA = memoryview(data_of("clip-text") + b"".join(PARTS.values()))


def reader(parts: dict[str, bytes] = PARTS) -> Reader:
    data = memoryview(data_of("clip-text") + b"".join(parts.values()))
    entry = entry_of("clip-text", parts)
    return Reader(Echo(entry), tokeniser_for(entry, data))


def test_each_text_has_a_vector_of_length_one_in_the_order_given() -> None:
    vectors = reader().read(["a b", "b a", "a b"])
    assert vectors[0] == vectors[2] != vectors[1]
    assert all(abs(float(np.linalg.norm(vector)) - 1) < 1e-9 for vector in vectors)


def test_a_session_that_keeps_its_tokeniser_answers_the_same() -> None:
    echo = Echo(entry_of("clip-text", PARTS))
    kept = Lettered(echo, tokeniser_for(echo.model, DATA))
    row = np.array([[1, 2, 3, 4]])
    assert kept.model is echo.model
    assert kept.run(row).tolist() == kept.answers(row)[0].tolist() == echo.run(row).tolist()
    assert Reader(kept, kept.tokeniser).read(["a b"]) == reader().read(["a b"])


def test_no_texts_have_no_vectors() -> None:
    assert reader().read([]) == ()


def test_a_model_that_takes_pictures_reads_no_texts() -> None:
    with pytest.raises(ModelMissing, match="takes no texts"):
        tokeniser_for(entry_of("vit"), memoryview(data_of("vit")))


@pytest.mark.parametrize("wrong", [{}, {"vocabulary": b"{}"}, {**PARTS, "vocabulary": b"["}])
def test_a_model_without_a_sound_vocabulary_reads_no_texts(wrong: dict[str, bytes]) -> None:
    with pytest.raises(ModelFaulty, match="vocabulary"):
        reader(wrong)


@pytest.mark.parametrize("answer", [[0.0, 0.0], [float("nan"), 1.0], [float("inf"), 1.0]])
def test_an_answer_without_a_direction_is_no_vector(answer: list[float]) -> None:
    with pytest.raises(ModelFaulty, match="no direction"):
        direction(np.array(answer, np.float32))


def test_what_reads_is_found_by_the_model_that_sees(tmp_path: Path) -> None:
    put(tmp_path, "clip-picture")
    put(tmp_path, "clip-text", PARTS)
    store = Store(tmp_path)
    for name in ("clip-picture", "clip-text"):
        assert store.find(ModelNeed("read", name)).name == "clip-text"


def test_what_reads_belongs_to_what_sees_and_not_to_an_alias_of_its_own(tmp_path: Path) -> None:
    """Vectors of two spaces say nothing about each other."""
    put(tmp_path, "siglip")
    put(tmp_path, "clip-text", PARTS)
    for name in ("siglip", "usual"):
        with pytest.raises(ModelMissing, match="siglip-text"):
            Store(tmp_path).find(ModelNeed("read", name))


def test_a_model_that_names_none_reads_no_words(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="embed reads no words"):
        Store(tmp_path).find(ModelNeed("read", "alike"))


def test_a_text_tower_that_is_not_here_is_told_by_name(tmp_path: Path) -> None:
    put(tmp_path, "clip-picture")
    with pytest.raises(ModelMissing, match="clip-text"):
        Store(tmp_path).find(ModelNeed("read", "clip-picture"))
