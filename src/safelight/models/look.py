"""Look: a session looks at a picture and says what it sees. This runs in the worker."""

from __future__ import annotations

from dataclasses import replace

from safelight.annotation import Seen
from safelight.models.answers import DECODERS, POINTERS, decoder_of
from safelight.models.guard import Guarded
from safelight.models.parts import Found, found_in, merged, parts_of
from safelight.models.tensors import Part, View, prepared
from safelight.operation import ModelNeed, Sample

# A part is no smaller than so many displayed pixels on each side, no larger than so many pictures.
SMALLEST, LARGEST = 8.0, 2.5
# The task of a model that gives the vector of a picture.
VECTORS = "embed"


def look(session: Guarded, sample: Sample) -> Seen:
    """What the session's model sees in this picture, in displayed pixels, the surest first.

    Raises ModelMissing for a model that looks at no whole picture, ModelFaulty for an answer that
    its entry does not describe, MemoryExceeded.
    """
    facts = session.model
    further = parts_of(facts.input, sample) if facts.output.kind == "boxes" else []
    every: list[Found] = []
    for part in further:
        every += found_in(part, _seen(session, sample, part).annotations, sample)
    seen = _seen(session, sample, None)
    if not further:
        return seen
    every += (Found(note, is_cut=False) for note in seen.annotations)
    return replace(seen, annotations=merged(every, facts.output))


def base_of(need: ModelNeed, session: Guarded) -> ModelNeed | None:
    """What gives the vector that this model takes; None for one that takes a picture."""
    over = session.model.over
    return None if over is None else replace(need, task=VECTORS, name=over, scale=1)


def judged(session: Guarded, seen: Seen, sample: Sample) -> Seen:
    """What a model says of a picture by the vector that another one saw there.

    Raises ModelFaulty for an answer that its entry does not describe, MemoryExceeded.
    """
    import numpy as np

    answers = session.answers(np.array([seen.vector], np.float32))
    whole = Part(0, 0, sample.width, sample.height)
    view = View(whole, 1, 1, (sample.width, sample.height))
    return DECODERS[decoder_of(session.model.output)](answers, session.model.output, view)


def _seen(session: Guarded, sample: Sample, part: Part | None) -> Seen:
    """What is seen in a part, or in the whole, after as many looks as the entry says."""
    import numpy as np

    facts = session.model
    name = decoder_of(facts.output)
    for turn in range(facts.input.looks):
        tensor, view = prepared(facts.input, sample, part)
        answers = session.answers(tensor)
        is_last = turn == facts.input.looks - 1 or name not in POINTERS
        with np.errstate(over="ignore", invalid="ignore"):
            further = None if is_last else POINTERS[name](answers, facts.output, view)
        if further is None:
            break
        part = _sane(further, sample)
    with np.errstate(over="ignore", invalid="ignore"):
        return DECODERS[name](answers, facts.output, view)


def _sane(part: Part, sample: Sample) -> Part:
    """The part, its middle in the picture and its size neither nothing nor far beyond it."""
    x = min(max(part.left + part.width / 2, 0.0), float(sample.width))
    y = min(max(part.top + part.height / 2, 0.0), float(sample.height))
    longest = LARGEST * max(sample.width, sample.height)
    across, down = (min(max(side, SMALLEST), longest) for side in (part.width, part.height))
    return Part(x - across / 2, y - down / 2, across, down, part.turn)
