"""Generative services and programs, by the words that they leave in pictures.

Three kinds of places tell of them, and each is read in its own way: where a program names itself,
any of its names counts; where a picture is credited, only names that are no ordinary words; where
settings and people's own words stand, only what a service writes around them. A prompt may speak
of a runway, a caption of ChatGPT: neither made the picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safelight.codecs.reading import printable, text_of

# Where a program names itself.
PROGRAMS = ("software", "creatortool", "claim generator", "c2pa action", "aisystemused")
# Where it is said whose work a picture is.
CREDITS = ("credit", "source")
# Where a service leaves its settings, or a whole sentence beside other people's words.
WORDS = (
    *("description", "comment", "title", "caption", "history", "parameters", "prompt", "workflow"),
    *("sd-metadata", "dream", "invokeai", "generation"),
)
# Names of texts that one program alone writes.
OWN = {
    "invokeai_metadata": "InvokeAI", "invokeai_graph": "InvokeAI", "invokeai_workflow": "InvokeAI",
    "dream": "InvokeAI", "fooocus_scheme": "Fooocus",
}  # fmt: skip
# Names that are no ordinary words.
NAMES: tuple[tuple[str, str], ...] = (
    ("Adobe Firefly", r"adobe[ _]firefly"),
    ("Black Forest Labs FLUX", r"black forest labs"),
    ("Canva Magic Media", r"magic media"),
    ("ChatGPT", r"\bchatgpt\b|\bgpt-4o\b|\bgpt-image"),
    ("ComfyUI", r"\bcomfyui\b"),
    ("DALL·E", r"dall[·.\- ]?e\b"),
    ("Google AI", r"(made|edited|generated) with google ai"),
    ("InvokeAI", r"\binvoke-?ai\b"),
    ("Leonardo.Ai", r"\bleonardo\.?ai\b"),
    ("Meta AI", r"imagined with ai"),
    ("Microsoft Designer", r"bing image creator|image creator from (microsoft|designer)"),
    ("Midjourney", r"\bmidjourney\b"),
    ("NovelAI", r"\bnovelai\b"),
    ("Stable Diffusion", r"stable diffusion|\bautomatic1111\b"),
)
# Names that are ordinary words as well.
PLAIN_NAMES: tuple[tuple[str, str], ...] = (
    ("Adobe Firefly", r"\bfirefly\b(?! \d+[a-z])"),
    ("Black Forest Labs FLUX", r"\bflux(\b|\.?\d)"),
    ("Google AI", r"\bgoogle\b.*\b(ai|generative|imagen)\b|^imagen[ -]?\d"),
    ("Google AI", r"\bgemini( app\b| ai\b|[ -]?\d|$)"),
    ("Grok", r"\bgrok\b|\bxai\b"),
    ("Ideogram", r"\bideogram\b"),
    ("Meta AI", r"\bmeta ai\b"),
    ("OpenAI", r"\bopenai\b"),
    ("Runway", r"\brunway\b"),
    ("Stable Diffusion", r"\bsdxl\b"),
)
# What a service writes around a prompt.
SETTINGS: tuple[tuple[str, str], ...] = (
    ("Black Forest Labs FLUX", r"\bmodel: flux|\"(base_)?model\": ?\"flux"),
    ("ComfyUI", r"\"class_type\"|\"last_node_id\""),
    ("Fooocus", r"\"version\": ?\"fooocus"),
    ("InvokeAI", r"invoke-ai/invokeai"),
    ("Meta AI", r"imagined with ai"),
    ("Midjourney", r"--ar \d+:\d+|\bjob id: \w|--v \d\S* --\w"),
    ("NovelAI", r"novelai generated"),
    ("Stable Diffusion", r"steps: \d+, sampler:"),
    ("SwarmUI", r"\"sui_image_params\""),
)
# Of a text that is searched for what a service left, and of what it left.
MOST_SEARCHED, MOST_LEFT, MOST_SERVICES = 65_536, 30, 3
_MADE = r"\b(made|created|generated|edited|drawn) (with|by|using) (the )?"
Patterns = tuple[tuple[str, re.Pattern[str]], ...]


def _compiled(*listed: tuple[str, str]) -> Patterns:
    return tuple((name, re.compile(words, re.IGNORECASE)) for name, words in listed)


_NAMED = _compiled(*NAMES, *PLAIN_NAMES)
_CREDITED = _compiled(*NAMES)
_LEFT = _compiled(*SETTINGS, *((name, f"{_MADE}({words})") for name, words in NAMES),
                  ("Google AI", f"{_MADE}google ai"))  # fmt: skip


def services_in(name: str, value: str) -> Iterator[str]:
    """The services that a finding of this name and value tells of, each once."""
    found = dict.fromkeys(
        service for service, words in _patterns_for(name.lower()) if words.search(value)
    )
    if own := OWN.get(name.lower()):
        found[own] = None
    yield from found


def telling(words: str | bytes | memoryview, limit: int = 200) -> str:
    """Words as one printable line of at most limit characters. Of words that are cut the line ends
    with what a service left in them: that stands behind a prompt, which may be long.
    """
    text = words[:MOST_SEARCHED] if isinstance(words, str) else text_of(words, MOST_SEARCHED)
    line = printable(text, limit)
    if len(text) <= limit:
        return line
    met = [found for _, pattern in _LEFT if (found := pattern.search(text))]
    left = " … ".join(
        dict.fromkeys(printable(found[0], MOST_LEFT) for found in met[:MOST_SERVICES])
    )
    return f"{printable(text, limit - len(left) - 2)} {left}" if left else line


def _patterns_for(place: str) -> Patterns:
    if any(word in place for word in PROGRAMS):
        return _NAMED + _LEFT
    credited = _CREDITED if any(word in place for word in CREDITS) else ()
    return credited + _LEFT if credited or any(word in place for word in WORDS) else ()
