"""The mark that says how a picture came to be: the IPTC digital source type."""

from __future__ import annotations

import re

SCHEME = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# The published terms, those retired included. Nothing else passes: a mark is no place for free
# words.
TERMS = (
    "algorithmicMedia",
    "algorithmicallyEnhanced",
    "algorithmicAlterations",
    "compositeCapture",
    "compositeSynthetic",
    "compositeWithTrainedAlgorithmicMedia",
    "composite",
    "computationalCapture",
    "dataDrivenMedia",
    "digitalArt",
    "digitalCapture",
    "digitalCreation",
    "humanEdits",
    "minorHumanEdits",
    "multiFrameComputationalCapture",
    "negativeFilm",
    "positiveFilm",
    "print",
    "screenCapture",
    "softwareImage",
    "trainedAlgorithmicData",
    "trainedAlgorithmicMedia",
    "virtualRecording",
)
_FOUND = re.compile(rb"digitalsourcetype/([A-Za-z]{4,40})")
# When several are found, the one that tells most about machines having made it goes first.
WEIGHT = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic")


# From what says least of machines to what says most; a mark gives way only to a later one.
STRENGTH = (
    *("negativeFilm", "positiveFilm", "print", "digitalCapture", "screenCapture"),
    *("computationalCapture", "multiFrameComputationalCapture", "virtualRecording"),
    *("compositeCapture", "minorHumanEdits", "humanEdits", "digitalArt", "digitalCreation"),
    *("softwareImage", "dataDrivenMedia", "composite", "algorithmicAlterations"),
    *("algorithmicallyEnhanced", "algorithmicMedia", "trainedAlgorithmicData"),
    *("compositeSynthetic", "compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicMedia"),
)

# The terms by which a model had a hand in the picture.
BY_AI = frozenset(
    {
        *("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"),
        *("trainedAlgorithmicData", "algorithmicallyEnhanced", "algorithmicAlterations"),
    }
)

# The terms that say that a trained model did it; an algorithm or a synthetic part may be none.
BY_TRAINED = frozenset(
    {"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicData"}
)

# What a model of this task does to a picture, as a term; other tasks change none.
MARK_OF_TASK = dict.fromkeys(("upscale", "denoise", "dejpeg", "cutout"), "algorithmicallyEnhanced")


def stronger(there: str, wished: str) -> str:
    """The address of the mark that says more of machines; wished is a term, or empty."""
    if not wished:
        return there
    term = there.removeprefix(SCHEME)
    if term in STRENGTH and STRENGTH.index(term) >= STRENGTH.index(wished):
        return there
    return SCHEME + wished


def mark_in(data: bytes | memoryview) -> str:
    """The published term found in these bytes (XML or CBOR), as its full address; empty when there
    is none.
    """
    found = {term for raw in _FOUND.findall(data) if (term := _term(raw.decode()))}
    for term in WEIGHT:
        if term in found:
            return SCHEME + term
    return SCHEME + min(found) if found else ""


def mark_said(words: str) -> str:
    """The published term that the words of a property say, as its full address: some programs write
    the term alone, or under an address of their own. Empty when they say none.
    """
    found = {word.strip().rpartition("/")[2] for word in words.split(";")}.intersection(TERMS)
    for term in (*WEIGHT, *sorted(found)):
        if term in found:
            return SCHEME + term
    return mark_in(words.encode())


def is_by_ai(words: str) -> bool:
    """True for a mark that says that a model made the picture, or had a hand in it."""
    return mark_said(words).removeprefix(SCHEME) in BY_AI


def is_by_trained(words: str) -> bool:
    """True for a mark that says that a trained model made the picture, or a part of it."""
    return mark_said(words).removeprefix(SCHEME) in BY_TRAINED


def _term(text: str) -> str:
    """The longest published term that the text starts with: CBOR has no byte between two texts."""
    fitting = [term for term in TERMS if text.startswith(term)]
    return max(fitting, key=len, default="")
