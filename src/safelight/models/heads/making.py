"""Making: a rule for tags as a model of its own: a small ONNX file, its entry, and its card."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safelight.models.contract import ModelInput, ModelOutput
from safelight.models.entry import Entry, Part
from safelight.models.forms.graph import Graph, Value
from safelight.models.heads.card import card_of
from safelight.models.heads.training import Trained

INPUT, OUTPUT = "vector", "logits"
# What a session of onnxruntime takes for so small a graph, and how often it holds the weights.
SESSION_BYTES, TIMES = 4_000_000, 3
# Logits lie within, whatever the vector.
WIDEST = 10_000.0


@dataclass(frozen=True, slots=True)
class Head:
    """A model over another one's vector, and the card that goes with it."""

    entry: Entry
    graph: bytes
    card: bytes

    @property
    def files(self) -> tuple[bytes, ...]:
        """In the order of the entry: the model, then its parts."""
        return self.graph, self.card


def head_of(trained: Trained, name: str, base: Entry, tags: Sequence[str]) -> Head:
    """The model of this name that gives these tags, over the vector of base."""
    graph = _graph(trained)
    card = card_of(trained, name, base).encode()
    given = base.output.range
    entry = Entry(
        name=name,
        title=f"Your own tags over {base.name}"[:300],
        task="classify",
        file=f"{name}.onnx",
        sha256=hashlib.sha256(graph).hexdigest(),
        size_bytes=len(graph),
        licence="your own",
        licence_class=base.licence_class,
        caveat=base.caveat,
        licence_text=f"yours; {base.name}, whose vector it takes, has terms of its own",
        pin="own",
        pin_source="made on this computer",
        source="safelight models train-tags",
        card=f"{name}.md",
        runtime="onnx",
        precision="fp32",
        peak_bytes=SESSION_BYTES + TIMES * len(graph),
        over=base.name,
        over_sha256=base.sha256,
        parts=(Part(file=f"{name}.md", role="card", sha256=hashlib.sha256(card).hexdigest(),
                    size_bytes=len(card)),),
        input=ModelInput(name=INPUT, layout="NCHW", channels=1, kind="vector",
                         range=given, mean=(0.0,), std=(1.0,), tile=0, halo=0,
                         ground=base.input.ground),
        output=ModelOutput(name=OUTPUT, kind="labels", range=(-WIDEST, WIDEST),
                           activation="softmax" if trained.is_exclusive else "sigmoid",
                           labels=tuple(tags), most=max(100, len(tags))),
    )  # fmt: skip
    return Head(entry, graph, card)


def _graph(trained: Trained) -> bytes:
    """The vector, made of length 1, times a matrix, plus offsets."""
    rule, graph = trained.rule, Graph()
    length = graph.node("LpNormalization", INPUT, axis=1, p=2)
    matrix = graph.constant(rule.matrix.astype(np.float32))
    offsets = graph.constant(rule.offsets.astype(np.float32))
    logits = graph.node("Gemm", length, matrix, offsets)
    return graph.to_bytes([Value(INPUT, (1, len(rule.matrix)))], [(OUTPUT, logits)])
