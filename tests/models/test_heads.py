"""Heads: a rule for tags is the best there is, its figures are of pictures that it never saw."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from safelight.annotation import Seen
from safelight.errors import ModelFaulty, UsageError
from safelight.models.entry import Entry
from safelight.models.guard import Guarded
from safelight.models.heads.figures import interval
from safelight.models.heads.folds import alike, different, parted
from safelight.models.heads.logistic import Array, Rule, Scale, Turn, fitted, losses, probabilities
from safelight.models.heads.making import Head, head_of
from safelight.models.heads.training import Lesson, Trained, calibration, trained
from safelight.models.lint import contract_faults
from safelight.models.look import base_of, judged
from safelight.models.runtimes import open_session
from safelight.models.store import Store
from safelight.operation import ModelNeed
from tests.models.towers import Pictured, data_of, entry_of

SIZE = 24
TAGS = ("ape", "bee", "cow")


def directions(rows: Array) -> Array:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float64)


def pictures(
    count: int = 90, tags: int = 3, *, apart: float = 1.0, seed: int = 0
) -> tuple[Array, Array]:
    """Vectors around a middle for each tag, and the tags."""
    random = np.random.default_rng(seed)
    places = np.arange(count) % tags
    middles = random.normal(size=(tags, SIZE))
    vectors = directions(middles[places] * apart + random.normal(size=(count, SIZE)))
    return vectors, np.eye(tags)[places]


def learnt(vectors: Array, wanted: Array) -> Trained:
    return trained(vectors, wanted, TAGS[: wanted.shape[1]], lambda _share: None)


def built_in() -> Entry:
    return next(entry for entry in Store().entries() if entry.name == "embed")


@pytest.mark.parametrize("is_exclusive", [True, False])
def test_no_rule_nearby_is_better(is_exclusive: bool) -> None:
    vectors, wanted = pictures()
    spread, strength = Scale.of(vectors).to(vectors), 0.01
    rule = fitted(spread, wanted, strength, is_exclusive=is_exclusive)
    times = 1 if is_exclusive else wanted.shape[1]

    def cost(one: Rule) -> float:
        loss = losses(one.logits(spread), wanted, is_exclusive=is_exclusive).mean()
        return float(times * loss + strength / 2 * np.square(one.matrix).sum())

    random, best = np.random.default_rng(1), cost(rule)
    for _ in range(200):
        far = 10 ** random.uniform(-3, 0)
        matrix = rule.matrix + far * random.normal(size=rule.matrix.shape)
        assert cost(Rule(matrix, rule.offsets + far * random.normal(size=3))) > best
    start = Rule(np.ones_like(rule.matrix), np.ones(3))
    other = fitted(spread, wanted, strength, is_exclusive=is_exclusive, start=start)
    assert cost(other) == pytest.approx(best, abs=1e-6)


def test_turned_and_spread_vectors_have_the_same_logits() -> None:
    vectors, _wanted = pictures(count=12)
    turn, scale = Turn.of(vectors), Scale.of(vectors)
    assert turn.axes.shape[1] == 12  # of 24: the others hold nothing of these pictures
    random = np.random.default_rng(2)
    inner = Rule(random.normal(size=(12, 3)), random.normal(size=3))
    turned = turn.back(inner).logits(vectors)
    np.testing.assert_allclose(turned, inner.logits(turn.to(vectors)), atol=1e-9)
    outer = Rule(random.normal(size=(SIZE, 3)), random.normal(size=3))
    spread = scale.back(outer).logits(vectors)
    np.testing.assert_allclose(spread, outer.logits(scale.to(vectors)), atol=1e-9)


def test_what_can_be_told_apart_is_told_apart() -> None:
    found = learnt(*pictures(apart=3.0))
    figures = found.figures
    assert found.is_exclusive
    assert figures.accuracy > 0.95
    assert figures.least < figures.accuracy <= figures.most
    assert figures.log_loss < 0.2 < figures.guessing_loss
    assert figures.guessing == pytest.approx(1 / 3)
    assert [tag.tag for tag in figures.tags] == list(TAGS)
    assert all(tag.precision and tag.precision > 0.9 for tag in figures.tags)
    assert not any(tag.is_few for tag in figures.tags)


def test_tags_that_say_nothing_show_no_skill() -> None:
    """The control of every figure: whoever asks about pictures that were fitted sees skill here."""
    vectors, wanted = pictures(count=120)
    shuffled = np.random.default_rng(3).permutation(wanted)
    figures = learnt(vectors, shuffled).figures
    assert figures.least < 1 / 3 + 0.05
    assert figures.log_loss > math.log(3) - 0.05
    scale = Scale.of(vectors)
    rule = fitted(scale.to(vectors), shuffled, 1e-4, is_exclusive=True)
    fits = rule.logits(scale.to(vectors)).argmax(axis=1) == shuffled.argmax(axis=1)
    assert fits.mean() > figures.most


def test_copies_make_no_skill() -> None:
    """Each picture twice, with tags by chance: a copy in another part would give them away."""
    vectors, wanted = pictures(count=60)
    shuffled = np.random.default_rng(4).permutation(wanted)
    near = directions(np.vstack((vectors, vectors + 0.001)))
    figures = learnt(near, np.vstack((shuffled, shuffled))).figures
    assert (figures.pictures, figures.different) == (120, 60)
    assert figures.least < 0.45


def test_tags_by_themselves_have_shares_of_their_own() -> None:
    vectors, wanted = pictures(count=120, apart=3.0)
    wanted[:, 0] = np.maximum(wanted[:, 0], wanted[:, 1])
    wanted[5::6] = 0
    found = learnt(vectors[wanted[:, 2] >= 0], wanted)
    assert not found.is_exclusive
    shares = probabilities(found.rule.logits(vectors), is_exclusive=False)
    assert shares.sum(axis=1).max() > 1.5
    assert found.figures.accuracy > found.figures.guessing
    assert 0 <= found.figures.calibration_error < 0.2


def test_one_tag_is_told_from_none() -> None:
    vectors, wanted = pictures(count=60, tags=2, apart=3.0)
    found = learnt(vectors, wanted[:, :1])
    assert not found.is_exclusive
    assert found.figures.tags[0].recall == pytest.approx(1, abs=0.1)


def test_too_few_pictures_that_differ_are_refused() -> None:
    vectors, wanted = pictures(count=6)
    with pytest.raises(UsageError, match="each tag needs 3"):
        learnt(vectors, wanted)
    same = np.repeat(vectors[:3], 10, axis=0)
    with pytest.raises(UsageError, match="ape, bee, cow"):
        learnt(same, np.repeat(wanted[:3], 10, axis=0))


def test_few_pictures_are_said_to_be_few() -> None:
    figures = learnt(*pictures(count=12, apart=3.0)).figures
    assert all(tag.is_few for tag in figures.tags)


def test_parts_keep_the_same_together_and_tags_apart() -> None:
    vectors, wanted = pictures(count=40, tags=2)
    vectors[20] = vectors[0]
    vectors[39] = vectors[20]
    same = alike(vectors)
    assert same[39] == same[20] == same[0]
    assert different(same, wanted) == [19, 20]
    parts = parted(same, wanted, 5)
    assert parts[0] == parts[20] == parts[39]
    for tag in range(2):
        counts = np.bincount(parts[wanted[:, tag] > 0], minlength=5)
        assert counts.min() >= 3
        assert counts.max() <= 5


def test_calibration_finds_how_sure_to_be() -> None:
    random = np.random.default_rng(5)
    true = random.normal(size=(4000, 3)) * 2
    chosen = [random.choice(3, p=row) for row in probabilities(true, is_exclusive=True)]
    lesson = Lesson(true, np.eye(3)[chosen], is_exclusive=True)
    assert calibration(lesson, true * 4) == pytest.approx(0.25, rel=0.1)
    assert calibration(lesson, true) == pytest.approx(1, rel=0.1)


def test_the_interval_is_that_of_wilson() -> None:
    assert interval(0.5, 100) == pytest.approx((0.404, 0.596), abs=1e-3)
    assert interval(1.0, 10) == pytest.approx((0.722, 1.0), abs=1e-3)


def made(*, is_exclusive: bool = True) -> tuple[Head, Trained]:
    vectors, wanted = pictures(apart=3.0)
    if not is_exclusive:
        wanted[::4] = 0
    found = learnt(vectors, wanted)
    return head_of(found, "mine", built_in(), TAGS), found


@pytest.mark.parametrize("is_exclusive", [True, False])
def test_the_model_gives_the_logits_of_the_rule(is_exclusive: bool) -> None:
    head, found = made(is_exclusive=is_exclusive)
    session = open_session(head.entry, memoryview(head.graph + head.card), threads=1)
    vectors, _wanted = pictures(seed=7)
    for vector in vectors[:5]:
        # However long it is: what the base model gives has any length.
        (answer,) = session.answers(np.array([3 * vector], np.float32))
        np.testing.assert_allclose(answer[0], found.rule.logits(vector), atol=1e-3)
    assert head.entry.output.activation == ("softmax" if is_exclusive else "sigmoid")
    assert not contract_faults(head.entry)


def test_what_another_model_saw_is_judged_in_words() -> None:
    head, found = made()
    session = Guarded(open_session(head.entry, memoryview(head.graph), threads=1), None)
    need = ModelNeed("classify", "mine")
    assert base_of(need, session) == ModelNeed("embed", "embed")
    vectors, wanted = pictures(seed=0, apart=3.0)
    for vector, row in zip(vectors[:6], wanted, strict=False):
        seen = judged(session, Seen(vector=tuple(vector)), Pictured("small"))
        shares = probabilities(found.rule.logits(vector[None]), is_exclusive=True)[0]
        best = seen.annotations[0]
        assert (best.kind, best.label) == ("label", TAGS[int(row.argmax())])
        assert best.score == pytest.approx(shares.max(), abs=1e-4)


def test_a_vector_without_a_direction_is_refused() -> None:
    head, _found = made()
    session = Guarded(open_session(head.entry, memoryview(head.graph), threads=1), None)
    for vector in ((math.nan,) * SIZE, (1.0,) * 3):
        with pytest.raises(ModelFaulty):
            judged(session, Seen(vector=vector), Pictured("small"))


def test_what_takes_a_picture_has_no_base() -> None:
    entry = entry_of("vit")
    session = Guarded(open_session(entry, memoryview(data_of("vit")), threads=1), None)
    assert base_of(ModelNeed("classify", "vit"), session) is None


def test_over_goes_with_its_pin() -> None:
    entry, _found = made()
    facts = json.loads(entry.entry.to_json())
    for wrong in ({"over_sha256": None}, {"over": None}, {"over": "mine"}):
        with pytest.raises(UsageError, match="over names another model"):
            Entry.from_json(json.dumps(facts | wrong).encode())


def test_the_same_pictures_give_the_same_bytes() -> None:
    assert made()[0] == made()[0]


def test_the_card_says_what_it_was_made_from_and_how_right_it_was() -> None:
    head, found = made()
    text = head.card.decode()
    assert built_in().sha256 in text
    assert "| ape | 30 | 30 |" in text
    assert "personal data" in text
    assert f"{100 * found.figures.accuracy:.0f} %" in text
    assert "too few" not in text
