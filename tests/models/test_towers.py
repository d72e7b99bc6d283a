"""Towers of real architecture answer through our own way as they do in the reference library.

The weights are random (lab/towers.py), so every difference in what goes in shows in what comes out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.towers_pictures import SIZES
from safelight.codecs.decode import open_image
from safelight.limits import Limits
from safelight.models.guard import Guarded
from safelight.models.look import look
from safelight.models.reading import Reader, direction, parts_of, tokeniser_for
from safelight.models.runtimes import open_session
from safelight.models.tensors import prepared
from safelight.ops.classify import shares
from safelight.ops.looking.sample import Shown
from tests.models.towers import (
    PICTURES,
    TERMS,
    VIT_LABELS,
    Pictured,
    data_of,
    entry_of,
    expected,
    png,
    vocabulary,
)

FAMILIES = {"clip-picture": "clip", "vit": "vit", "siglip": "siglip"}
# The reference divides by 255 and by std one after the other; six digits are written down.
VALUES = 1e-5
ANSWERS = 1e-4
EVERY = [(name, size) for name in PICTURES for size in SIZES]


def opened(name: str, parts: dict[str, bytes] | None = None) -> Guarded:
    data = data_of(name) + b"".join((parts or {}).values())
    return Guarded(open_session(entry_of(name, parts), memoryview(data), threads=1), None)


def facts_of(name: str, size: str) -> dict[str, list[float]]:
    facts: dict[str, list[float]] = expected()[FAMILIES[name]]["pictures"][size]
    return facts


def shown(size: str) -> Shown:
    """The picture as operations show it to a model: decoded from a file, by libvips."""
    return Shown(open_image(memoryview(png(size)), Limits()))


def unit(values: object) -> NDArray[np.float64]:
    vector = np.array(values, np.float64).ravel()
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize(("name", "size"), EVERY)
def test_what_goes_in_is_what_the_reference_gives_its_tower(name: str, size: str) -> None:
    facts = entry_of(name).input
    for sample in (Pictured(size), shown(size)):
        tensor, _ = prepared(facts, sample)
        seen = tensor.ravel()[:: expected()["seen"]]
        assert np.abs(seen - facts_of(name, size)["values"]).max() < VALUES


@pytest.mark.parametrize(("name", "size"), EVERY)
def test_what_comes_out_is_what_the_reference_gives(name: str, size: str) -> None:
    session = opened(name)
    tensor, _ = prepared(session.model.input, shown(size))
    answer = session.run(tensor).ravel()
    assert np.abs(answer - facts_of(name, size)["answer"]).max() < ANSWERS


@pytest.mark.parametrize("size", SIZES)
def test_a_classifier_says_the_words_and_shares_of_the_reference(size: str) -> None:
    seen = look(opened("vit"), shown(size)).annotations
    wanted = dict(zip(VIT_LABELS, facts_of("vit", size)["scores"], strict=True))
    assert [sight.label for sight in seen] == sorted(wanted, key=lambda label: -wanted[label])
    assert all(abs(sight.score - wanted[sight.label]) < ANSWERS for sight in seen)


def test_a_text_has_the_vector_of_the_reference(shared_data: Path) -> None:
    parts = vocabulary((shared_data / TERMS).read_bytes())
    data = memoryview(data_of("clip-text") + b"".join(parts.values()))
    texts = expected()["clip"]["texts"]
    session = opened("clip-text", parts)
    reader = Reader(session, tokeniser_for(session.model, data))
    vectors = reader.read([text["text"] for text in texts])
    for vector, text in zip(vectors, texts, strict=True):
        assert abs(float(np.linalg.norm(vector)) - 1) < 1e-9
        assert np.abs(np.array(vector) - unit(text["vector"])).max() < ANSWERS


@pytest.mark.parametrize("size", SIZES)
def test_the_scores_of_texts_are_those_of_the_reference(size: str) -> None:
    clip = expected()["clip"]
    texts = [clip["texts"][place]["vector"] for place in clip["words"]]
    siglip = expected()["siglip"]
    for name, vectors in (("clip-picture", texts), ("siglip", siglip["vectors"])):
        session = opened(name)
        facts = session.model.output
        seen = unit(look(session, shown(size)).vector)
        logits = [facts.gain * float(seen @ unit(text)) + facts.offset for text in vectors]
        scores = np.array(shares(logits, facts.activation))
        wanted = expected()[FAMILIES[name]]["scores"][size]
        assert np.abs(scores - wanted).max() < 10 * ANSWERS


@pytest.mark.parametrize(
    "changes",
    [{"kernel": "bilinear"}, {"resize": "stretch"}, {"mean": (0.5,)}],
    ids=["another kernel", "stretched", "another mean"],
)
def test_a_wrong_rule_shows(changes: dict[str, Any]) -> None:
    """The control: each rule of an entry moves the answer far beyond the tolerance."""
    entry = entry_of("clip-picture")
    tensor, _ = prepared(entry.input.model_copy(update=changes), Pictured("wide"))
    answer = opened("clip-picture").run(tensor).ravel()
    assert np.abs(answer - facts_of("clip-picture", "wide")["answer"]).max() > 10 * ANSWERS


def test_the_parts_of_a_model_lie_behind_it_in_the_order_of_the_entry() -> None:
    entry = entry_of("clip-text", {"vocabulary": b"words", "merges": b"pairs!"})
    found = parts_of(entry, memoryview(data_of("clip-text") + b"wordspairs!"))
    assert {role: bytes(part) for role, part in found.items()} == {
        "vocabulary": b"words",
        "merges": b"pairs!",
    }
    assert direction(np.array([[3.0, 4.0]], np.float32)) == (0.6, 0.8)
