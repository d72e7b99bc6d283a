"""Checking: words that a recipe chooses by must be said by its models; and what a worker claims
besides its output must belong to the recipe.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from safelight.annotation import Annotation
from safelight.engine.stock import Models
from safelight.errors import ParameterInvalid, WireBroken
from safelight.formats import Format
from safelight.models.contract import ModelOutput
from safelight.ops.looking.labels import ANY
from safelight.recipe import Recipe
from safelight.worker.job import Answer
from safelight.worker.seen import NAME
from safelight.worker.text import clean, cut

# What each kind of output that lies somewhere in the picture is seen as.
PLACED = {"boxes": "box", "keypoints": "pose"}
# How many words a hint tells.
TOLD = 8


def check_picks(recipe: Recipe, models: Models) -> None:
    """Raises ParameterInvalid for a word by which a step chooses and that no other step says:
    nothing would ever be chosen, and nobody would be told.
    """
    picking = [(step, word) for step in recipe.steps for word in step.picks()]
    if not picking:
        return
    outputs = [models.entry(place).output for place in range(len(models.needed))]
    placed = [output for output in outputs if output.kind in PLACED]
    if any(not output.labels for output in placed):
        return
    said = [word for output in placed for word in _said(recipe, output)]
    known = {word.casefold() for word in said} | ({ANY} if said else set())
    for step, word in picking:
        if word.casefold() not in known:
            raise ParameterInvalid(
                f"{step.name} would never find {word!r}: no step before it calls anything that",
                hint=_words_of(said or [word for output in placed for word in output.labels]),
            )


def _words_of(words: Sequence[str]) -> str:
    if not words:
        return "put one before it that finds things or people: detect, pose"
    return f"words are: {', '.join(words[:TOLD])}" + " and more" * (len(words) > TOLD)


def _said(recipe: Recipe, output: ModelOutput) -> Iterator[str]:
    """The words for what lies somewhere in the picture, of those that some step looks for."""
    for word in output.labels:
        note = Annotation(PLACED[output.kind], word, 1.0)
        if any(step.asks_for(note) for step in recipe.steps):
            yield word


def check_answer(answer: Answer, recipe: Recipe, before: Format, models: Models) -> None:
    """Raises WireBroken for whatever the recipe does not ask for; before is the input's format."""
    if answer.input_format != before:
        raise WireBroken("the worker read another format than the input's first bytes name")
    if answer.output is not None and answer.format != recipe.target_of(before):
        raise WireBroken("the worker wrote another format than the recipe asks for")
    steps = recipe.steps
    if bool(answer.vector) != any(step.gives_vector for step in steps):
        raise WireBroken("the worker's vector is not what the recipe asks for")
    if bool(answer.measures) != any(step.gives_measures for step in steps):
        raise WireBroken("the worker's measures are not what the recipe asks for")
    is_due = any(step.gives_confidence for step in steps)
    is_given = answer.confidence is not None
    if is_given != is_due and (is_given or not _has_yes_or_no(models)):
        raise WireBroken("the worker's confidence is not what the recipe asks for")
    if not answer.decided.keys() <= {kind for step in steps for kind in step.decides()}:
        raise WireBroken("the worker decided what the recipe does not leave open")
    if any(place >= len(models.needed) for place in answer.ran):
        raise WireBroken("the worker ran what is no model of the recipe")
    if any(not models.has_twin(retry.model) for retry in answer.retries):
        raise WireBroken("the worker asked a twin of a model that has none")
    _check_sights(answer, recipe, models)


def _has_yes_or_no(models: Models) -> bool:
    """Whether one of the models says what something is, and not how sure that is."""
    return any(models.entry(place).output.is_yes_or_no for place in range(len(models.needed)))


def _check_sights(answer: Answer, recipe: Recipe, models: Models) -> None:
    if not all(any(step.asks_for(sight) for step in recipe.steps) for sight in answer.sights):
        raise WireBroken("the worker saw what the recipe does not look for")
    words = _words(recipe, models)
    used = {sight.label for sight in answer.sights}
    used |= {point.name for sight in answer.sights for point in sight.points}
    if not all(word in words or (word.isdecimal() and word.isascii()) for word in used):
        raise WireBroken("the worker calls what it saw by no word of the recipe or its models")


def _words(recipe: Recipe, models: Models) -> frozenset[str]:
    """Every word that something may be called by, as it comes through the wall; a model that has
    none gives numbers.
    """
    known = {word for step in recipe.steps for word in step.own_words()}
    for place in range(len(models.needed)):
        output = models.entry(place).output
        known.update(output.labels, (cut(point, NAME).decode() for point in output.points))
    return frozenset(map(clean, known))
