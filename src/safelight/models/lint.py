"""Lint: what a catalogue entry must be beyond its fields. A rule says in a sentence what is wrong.

The rules of one entry hold for users' own entries too, as far as they are about tensors and
answers; those of origin and licence are for what is pulled; those between entries are for a whole
catalogue.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

from safelight.errors import UsageError
from safelight.models.answers import DECODERS, USUAL
from safelight.models.entry import HINT, Entry

Rule = Callable[[Entry], Iterator[str]]

# Licences under which a model may be used for anything; with any other, its terms are read first.
FREE = ("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT")
# A part of an address that names one state of a repository for ever: a commit, a file's digest, or
# a release, whose files its makers may exchange: so the digest holds there alone.
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
MOVING = frozenset({"main", "master", "head", "latest", "nightly"})
SUFFIXES = {"onnx": (".onnx",), "tflite": (".tflite",), "torch": (".pth", ".pt")}
WHOLE = ("uint8", "int8", "int32", "int64")


def faults(entry: Entry) -> tuple[str, ...]:
    """What is wrong with one entry of the catalogue; empty if it is as it must be."""
    return tuple(f"{entry.name}: {fault}" for rule in RULES for fault in rule(entry))


def contract_faults(entry: Entry) -> tuple[str, ...]:
    """What is wrong with its tensors and answers, wherever the model comes from."""
    return tuple(f"{entry.name}: {fault}" for rule in CONTRACT_RULES for fault in rule(entry))


def require_whole(entry: Entry) -> None:
    """Raises UsageError for a contract that cannot be, with the first fault."""
    for fault in contract_faults(entry):
        raise UsageError(f"the catalogue entry is wrong: {fault}", hint=HINT)


def faults_between(entries: Iterable[Entry]) -> tuple[str, ...]:
    """What is wrong between the entries of one catalogue."""
    every = tuple(entries)
    return tuple(fault for rule in RULES_BETWEEN for fault in rule(every))


def _form(entry: Entry) -> Iterator[str]:
    runtime = {"tflite": "tflite", "fake": "fake"}.get(entry.form, "onnx")
    if entry.runtime not in (runtime, "fake"):
        yield f"a file of the form {entry.form} runs in {runtime}, not in {entry.runtime}"
    if entry.form == "torch" and entry.network is None:
        yield "weights that torch saved are read by the name of their network alone"
    if entry.form in ("onnx", "tflite") and entry.network is not None:
        yield f"a file of the form {entry.form} brings its own graph: it has no network"
    if entry.delegates != "usual" and entry.form != "tflite":
        yield "delegates are of TFLite models"


def _numbers(entry: Entry) -> Iterator[str]:
    if entry.input.unit and entry.input.number not in WHOLE:
        yield "unit and zero are for whole numbers"
    if entry.input.words is not None and entry.input.number not in WHOLE:
        yield "words come as whole numbers"
    if entry.input.words is not None and entry.aliases:
        yield "what reads words is found by the model that sees in the same space: no other word"
    if entry.input.words is None and entry.input.kind == "text":
        yield "an input of text says how words become numbers"


def _answer(entry: Entry) -> Iterator[str]:
    output = entry.output
    decoder = output.decoder or USUAL.get(output.kind, "")
    if entry.input.words is None and output.kind in ("labels", "boxes", "keypoints", "alpha"):
        is_drawn = output.kind == "alpha" and entry.input.kind != "rgb"
        if decoder not in DECODERS and not is_drawn:
            yield f"no decoder reads an answer of {output.kind} by {decoder or 'its kind alone'}"
    if output.kind in ("labels", "boxes") and not output.labels:
        yield f"an answer of {output.kind} has labels"
    if output.kind == "keypoints" and not output.points:
        yield "an answer of keypoints names its points"
    if output.kind in ("boxes", "keypoints") and not output.least:
        yield f"an answer of {output.kind} says how sure is sure enough"
    if output.tensors and output.tensors[0] != output.name:
        yield "name is the first of the tensors"
    if output.matte and (output.kind != "alpha" or output.is_yes_or_no):
        yield "a matte is a mask that says how much"
    if bool(output.gain) != (entry.text is not None):
        yield "gain goes with the model that reads texts into the same space"


def _origin(entry: Entry) -> Iterator[str]:
    if entry.url is None:
        if entry.pin not in ("built-in", "own"):
            yield f"a pin is {entry.pin} for what is pulled alone"
        return
    if entry.pin in ("built-in", "own"):
        yield f"what is pulled has another pin than {entry.pin}"
    if not entry.pin_source:
        yield "a pin says where it was read"
    if not entry.file.endswith(SUFFIXES.get(entry.form, ("",))):
        yield f"a file of the form {entry.form} ends in {' or '.join(SUFFIXES[entry.form])}"
    for url in (entry.url, *(part.url or "" for part in entry.parts)):
        yield from _revision(url)


def _revision(url: str) -> Iterator[str]:
    """Rule 1 of the catalogue: a revision, never a branch."""
    parts = urlsplit(url)
    words = parts.path.strip("/").split("/")
    if any(word.lower() in MOVING for word in words[:-1]):
        yield f"the address names what moves: {parts.path}"
    is_release = "/releases/download/" in parts.path
    if not is_release and not any(COMMIT.fullmatch(word) for word in words):
        yield f"the address names no revision: {parts.path}"
    if parts.query or parts.fragment or "@" in parts.netloc:
        yield "the address is host and path alone"


def _licence(entry: Entry) -> Iterator[str]:
    """Rules 2, 3 and 4: free is free for anything; everything else says what to know before."""
    if entry.licence_class == "free" and entry.licence not in FREE:
        yield f"{entry.licence} is no licence that is free for anything"
    if entry.licence_class != "free" and not entry.caveat:
        yield f"a model that is {entry.licence_class} says why, in its caveat"
    if entry.url is not None and entry.licence_text == "LICENSE of this program":
        yield "a pulled model says where its terms stand"
    if entry.licence_class != "free" and entry.aliases:
        yield f"a model that is {entry.licence_class} is found by its name alone, by no other word"
    if entry.experimental and entry.url is not None and "usual" in entry.aliases:
        yield "what is usual is no experiment"


def _measured(entry: Entry) -> Iterator[str]:
    """A quantised tower is not trusted before it was compared with the full one."""
    is_tower = entry.task in ("embed", "read") and entry.url is not None
    if is_tower and entry.precision == "int8" and not entry.experimental:
        yield "a quantised tower that was not compared with the full one is experimental"
    if entry.peak_bytes < entry.size_bytes and entry.url is not None:
        yield "a session needs at least the memory of its file"


def _names(entries: tuple[Entry, ...]) -> Iterator[str]:
    for name, count in Counter(entry.name for entry in entries).items():
        if count > 1:
            yield f"{count} entries are called {name}"
    digests: dict[str, str] = {}
    for entry in entries:
        parts = [(part.file, part.sha256) for part in entry.parts]
        for file, digest in [(entry.file, entry.sha256), *parts]:
            if digests.setdefault(file, digest) != digest:
                yield f"{entry.name}: another model has a file called {file} too"


def _aliases(entries: tuple[Entry, ...]) -> Iterator[str]:
    """An alias means one model of a task and scale, and is no name of another there."""
    names = {(entry.task, entry.output.scale, entry.name) for entry in entries}
    taken: dict[tuple[str, int, str], str] = {}
    for entry in entries:
        for alias in entry.aliases:
            key = (entry.task, entry.output.scale, alias)
            if key in names:
                yield f"{entry.name}: its alias {alias} is the name of another model"
            if taken.setdefault(key, entry.name) != entry.name:
                yield f"{entry.name}: {taken[key]} has the alias {alias} too"


def _others(entries: tuple[Entry, ...]) -> Iterator[str]:
    known = {entry.name: entry for entry in entries}
    for entry in entries:
        for word, name in (("exact", entry.exact), ("over", entry.over), ("text", entry.text)):
            if name is not None and name not in known:
                yield f"{entry.name}: {word} names {name}, which is not in the catalogue"
        reader = known.get(entry.text or "")
        if reader is None:
            continue
        if reader.task != "read" or reader.input.words is None:
            yield f"{entry.name}: {reader.name} reads no words"


CONTRACT_RULES: tuple[Rule, ...] = (_form, _numbers, _answer)
RULES: tuple[Rule, ...] = (*CONTRACT_RULES, _origin, _licence, _measured)
RULES_BETWEEN = (_names, _aliases, _others)
