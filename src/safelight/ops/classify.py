"""Say what a picture shows, in words that the model knows or that you give."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Any

from pydantic import Field, field_validator

from safelight.annotation import Annotation
from safelight.errors import ModelMissing
from safelight.image import Image
from safelight.operation import SENSITIVE, Context, ModelNeed, Operation
from safelight.ops.looking.labels import LABELS, is_asked
from safelight.ops.looking.sample import shown_to

Text = Annotated[str, Field(min_length=1, max_length=64)]


class Classify(Operation, name="classify", gives_image=False, gives_sights=True):
    """Say what a picture shows: words, each with a score.

    Without labels the words are those that the model was trained on. With labels, as "a cat,a dog",
    a model that reads words and pictures alike compares the picture with each of them: say a few
    that exclude each other, in whole phrases. The scores are how sure the model is, not how right;
    of words that all miss, one still comes first. What was seen goes to the standard output alone
    and into no receipt. Of an animation, the first frame is looked at.
    """

    model: str = Field(
        "usual",
        min_length=1,
        max_length=64,
        description="name or alias of the model: safelight models list",
    )
    labels: tuple[Text, ...] = Field(
        (),
        max_length=LABELS,
        description="words of your own to choose from",
        examples=["'a cat,a dog'"],
        json_schema_extra=SENSITIVE,
    )
    top: int = Field(5, ge=1, le=100, description="how many words at most, the surest first")
    least: float = Field(0.0, ge=0, le=1, description="how sure the model must be of a word")

    @field_validator("labels")
    @classmethod
    def _shown(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        if not all(label.isprintable() and label.strip() for label in labels):
            raise ValueError("a label is one printable line")
        if len(set(labels)) < len(labels):
            raise ValueError("a label stands there twice: they would share one score")
        return labels

    def needs(self) -> tuple[ModelNeed, ...]:
        """The one model; with labels, the one that sees and the one that reads."""
        if not self.labels:
            return (ModelNeed("classify", self.model),)
        return (ModelNeed("embed", self.model), ModelNeed("read", self.model))

    def own_words(self) -> tuple[str, ...]:
        """The labels, as they were given."""
        return self.labels

    def asks_for(self, sight: Annotation) -> bool:
        """A word, one of the labels if there are any, sure enough."""
        return sight.kind == "label" and is_asked(sight, self.labels, self.least)

    def apply(self, image: Image, ctx: Context) -> Image:
        """The same picture, with words among its annotations, the surest first.

        Raises ModelMissing for a model that knows no words.
        """
        need = self.needs()[0]
        shown = shown_to(image, ctx, need)
        seen = ctx.look(need, shown)
        words = self._compared(seen.vector, ctx) if self.labels else seen.annotations
        if any(sight.kind != "label" for sight in words):
            raise ModelMissing(
                "the model has no words for a picture",
                hint="safelight models list --available --task classify",
            )
        return shown.image.with_annotations(*islice(filter(self.asks_for, words), self.top))

    def _compared(self, vector: Sequence[float], ctx: Context) -> Sequence[Annotation]:
        """Each label with its score, by how near it is to the picture."""
        seeing, reading = self.needs()
        facts = ctx.session(seeing).model.output
        texts = ctx.read(reading, self.labels)
        if not vector or not facts.gain or any(len(text) != len(vector) for text in texts):
            raise ModelMissing(
                "the model does not compare a picture with words",
                hint="leave --labels away, or name a model that reads: safelight models list",
            )
        length = math.hypot(*vector)
        nearness = [_product(vector, text) / max(length, 1e-12) for text in texts]
        scores = shares([facts.gain * one + facts.offset for one in nearness], facts.activation)
        words = [
            Annotation("label", label, score)
            for label, score in zip(self.labels, scores, strict=True)
        ]
        return sorted(words, key=lambda word: -word.score)


def _product(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def shares(logits: Sequence[float], activation: Any) -> list[float]:
    """From 0 to 1: each by itself for sigmoid, all together 1 for softmax."""
    if activation == "sigmoid":
        return [1 / (1 + math.exp(-min(max(one, -700), 700))) for one in logits]
    most = max(logits)
    weights = [math.exp(one - most) for one in logits]
    return [weight / sum(weights) for weight in weights]
