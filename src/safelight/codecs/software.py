"""Generative services and programs, by the words that they leave in pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Where a program names itself. A caption may only speak of a service, or of a runway.
PROGRAMS = (
    *("software", "creatortool", "history", "claim generator", "c2pa action", "aisystemused"),
    *("parameters", "prompt", "workflow", "sd-metadata", "dream", "invokeai", "generation"),
)
# Where a service leaves a whole sentence or its settings beside other people's words.
WORDS = ("description", "comment", "credit", "source", "title", "caption")
# Name, pattern, and whether the pattern is told apart from ordinary words.
SERVICES: tuple[tuple[str, str, bool], ...] = (
    ("Adobe Firefly", r"adobe firefly", True),
    ("Adobe Firefly", r"firefly", False),
    ("Black Forest Labs FLUX", r"black forest labs", True),
    ("Black Forest Labs FLUX", r"\bflux\b", False),
    ("Canva Magic Media", r"magic media", True),
    ("ChatGPT", r"\bchatgpt\b|\bgpt-4o\b|\bgpt-image", True),
    ("ComfyUI", r"\bcomfyui\b|\"class_type\"", True),
    ("DALL·E", r"dall[·.\- ]?e\b", True),
    ("Google AI", r"(made|edited|generated) with google ai", True),
    ("Google AI", r"google.*(ai|generative)\b|\bimagen\b|\bgemini\b", False),
    ("Grok", r"\bgrok\b|\bxai\b", False),
    ("Ideogram", r"\bideogram\b", False),
    ("InvokeAI", r"\binvoke-?ai\b", True),
    ("Leonardo.Ai", r"\bleonardo\.?ai\b", True),
    ("Meta AI", r"imagined with ai", True),
    ("Meta AI", r"\bmeta ai\b", False),
    ("Microsoft Designer", r"bing image creator|image creator from (microsoft|designer)", True),
    ("Midjourney", r"\bmidjourney\b|--v \d|--ar \d+:\d+", True),
    ("NovelAI", r"\bnovelai\b", True),
    ("OpenAI", r"\bopenai\b", False),
    ("Runway", r"\brunway\b", False),
    ("Stable Diffusion", r"stable diffusion|steps: \d+, sampler: |\bautomatic1111\b", True),
    ("Stable Diffusion", r"\bsdxl\b", False),
)
_FOUND = tuple((name, re.compile(words, re.IGNORECASE), sure) for name, words, sure in SERVICES)


def services_in(name: str, value: str) -> Iterator[str]:
    """The services that a finding of this name and value tells of."""
    place = name.lower()
    is_program = any(word in place for word in PROGRAMS)
    if is_program or any(word in place for word in WORDS):
        for service, words, is_sure in _FOUND:
            if (is_program or is_sure) and words.search(value):
                yield service
