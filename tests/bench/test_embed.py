"""The measure of vectors tells good ones from useless ones."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bench.embed import CLASSES, copies, few_shot, grouped, safe_recall, score
from bench.likeness import EDITS, Describe, Photo, Vectors, perceptual_hash, plain_methods

PER_CLASS = 8


def drawn(seed: int) -> Image.Image:
    """A smooth picture of its own colours."""
    tones = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return Image.fromarray(tones).resize((96, 64), Image.Resampling.BICUBIC)


def unit_rows(rows: NDArray[np.float64]) -> Vectors:
    """Each row of length 1."""
    scaled: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def test_groups_are_found_by_vectors_that_know_them_and_not_by_noise() -> None:
    groups = ["a", "a", "b", "b", *[""] * 60]
    random = np.random.default_rng(1)
    noise = unit_rows(random.standard_normal((64, 32)))
    known = noise.copy()
    known[1], known[3] = known[0], known[2]
    assert grouped(known, groups) == (1.0, 1.0, 1.0)
    assert max(grouped(noise, groups)) < 0.5


def test_five_pictures_of_a_class_suffice_where_vectors_know_it() -> None:
    labels = [f"class {place % CLASSES}" for place in range(CLASSES * PER_CLASS)]
    random = np.random.default_rng(2)
    noise = random.standard_normal((len(labels), 32))
    known = noise + 20 * np.eye(32)[[place % CLASSES for place in range(len(labels))]]
    assert few_shot(unit_rows(known), labels)[0] == pytest.approx(1.0)
    assert few_shot(unit_rows(noise), labels)[0] < 0.25


def test_pairs_count_only_where_nearly_all_that_are_found_are_right() -> None:
    likeness = np.array([0.9, 0.8, 0.7, 0.6])
    assert safe_recall(likeness, np.array([True, True, False, False])) == 1.0
    assert safe_recall(likeness, np.array([False, True, True, True])) == 0.0


def test_copies_of_drawn_pictures_are_found_as_far_as_a_hash_can() -> None:
    library = [Photo(f"photos/{seed}", "", "", drawn(seed)) for seed in range(12)]
    vectors = np.stack([perceptual_hash(photo.picture) for photo in library])
    found = copies(perceptual_hash, library, vectors)
    assert list(found) == list(EDITS)
    assert found["JPEG quality 15"] == 1.0
    assert found["mirrored"] < 0.5


@pytest.mark.parametrize("describe", plain_methods().values(), ids=list(plain_methods()))
def test_a_plain_method_gives_vectors_of_length_one(describe: Describe) -> None:
    vector = describe(drawn(3))
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    assert np.array_equal(vector, describe(drawn(3)))


def test_a_score_is_of_thumbnails_groups_and_clips() -> None:
    classes = [
        Photo(f"photos/cifar10/{at % CLASSES}/{at}", str(at % CLASSES), "", drawn(at % CLASSES))
        for at in range(CLASSES * PER_CLASS)
    ]
    pair = [Photo(f"photos/bursts/{at}", "", "one", drawn(99)) for at in range(2)]
    reached = score(perceptual_hash, [*classes, *pair], [Photo("clips/1", "", "one", drawn(99))])
    assert reached.groups[0] == reached.clips[0] == reached.few_shot[0] == 1.0
