"""A body that opens every model it was handed, and tells whether it was open already, and the shape
and the greatest value of each answer to a grey picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from safelight.image import Finding, Risk
from safelight.models.entry import Entry
from safelight.models.guard import Guarded
from safelight.models.runtimes import open_session
from safelight.models.session import Session, shape_of
from safelight.worker.child import Model, Performed

SIDES = (64, 48)
INHERITED = "inherited"


def rehearsal(_: object) -> Callable[[], None]:
    """Nothing to rehearse."""
    return lambda: None


def tensor_of(entry: Entry) -> Any:
    """A grey picture in the size of the model."""
    import numpy as np

    facts = entry.input
    is_first = facts.layout == "NCHW"
    tile = (1, facts.channels, *SIDES) if is_first else (1, *SIDES, facts.channels)
    shape = shape_of(facts) or tile
    low, high = facts.range
    return np.full(shape, (low + high) / 2, np.float32)


def told(session: Session) -> tuple[Finding, ...]:
    """What the model answers, as findings."""
    answers = Guarded(session, None).answers(tensor_of(session.model))
    return tuple(
        Finding(Risk.OTHER, f"answer {place}", f"{answer.shape} {float(answer.max()):.3g}")
        for place, answer in enumerate(answers)
    )


def perform(
    source: memoryview, recipe: bytes, models: Sequence[Model], *_: object, **options: Any
) -> Performed:
    """Open, run, tell."""
    found: list[Finding] = []
    for model in models:
        entry = Entry.from_json(model.entry_json)
        session = options["held"](model.entry_json)
        found.append(Finding(Risk.OTHER, INHERITED, "no" if session is None else "yes"))
        session = session or open_session(entry, model.data, threads=options["threads"])
        found += told(session)
    return Performed((), None, 0, 0, "jpeg", 1, 1, is_reencoded=False, findings=tuple(found))
