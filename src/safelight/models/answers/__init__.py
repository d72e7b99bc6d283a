"""Answers: what the tensors that a model gives mean. One file for each family of models.

A decoder takes the tensors in the order of the entry, the entry's output and the view, and gives
what was seen, in displayed pixels. Each file says which tensors and which numbers (anchors of the
entry) it takes. All run in the cage, on answers of models that nobody vouches for: an answer that
does not have the shape that it must raises ModelFaulty.
"""

from __future__ import annotations

from collections.abc import Callable

from safelight.annotation import Seen
from safelight.errors import ModelMissing
from safelight.models.answers import (
    blazepose,
    classes,
    fastestdet,
    labels,
    mask,
    movenet,
    ssd,
    ultraface,
    vector,
    yolo,
    yolox,
    yunet,
)
from safelight.models.answers.shapes import Answers
from safelight.models.contract import ModelOutput
from safelight.models.tensors import Part, View

Decoder = Callable[[Answers, ModelOutput, View], Seen]
Pointer = Callable[[Answers, ModelOutput, View], Part | None]

DECODERS: dict[str, Decoder] = {
    "blazepose": blazepose.read,
    "classes": classes.read,
    "fastestdet": fastestdet.read,
    "labels": labels.read,
    "mask": mask.read,
    "movenet": movenet.read,
    "ssd": ssd.read,
    "ultraface": ultraface.read,
    "vector": vector.read,
    "yolo": yolo.read,
    "yolox": yolox.read,
    "yunet": yunet.read,
}
# What an answer of this kind is read by where the entry names no decoder.
USUAL = {"labels": "labels", "alpha": "mask", "vector": "vector"}
# Decoders whose answer says where to look again, closer.
POINTERS: dict[str, Pointer] = {"blazepose": blazepose.region, "movenet": movenet.region}


def decoder_of(output: ModelOutput) -> str:
    """The name of the decoder that reads this output. Raises ModelMissing where there is none."""
    name = output.decoder or USUAL.get(output.kind, "")
    if name not in DECODERS:
        raise ModelMissing(
            f"no decoder reads an answer of {output.kind} by {name or 'its kind alone'}",
            hint="docs/handbook/own-models.md lists the words of output.decoder",
        )
    return name
