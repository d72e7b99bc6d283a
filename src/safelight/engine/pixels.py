"""Pixels: the digest of what a picture shows, the same in every file that shows just that.

A cage decodes the picture into plain samples, upright, in sRGB or grey, frames one below the other
(see codecs/crossing). The digest is the SHA-256 of the text "safelight pixels 1", a zero byte,
bands and bits as one byte each, width, height and frames as four bytes each (little-endian), and
the samples (16 bit ones little-endian).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable

from safelight.codecs.crossing import Head
from safelight.engine.devices import Runner
from safelight.engine.sanitize import checked
from safelight.engine.source import Source, open_source
from safelight.formats import TABLE, Format
from safelight.limits import Limits
from safelight.recipe import Recipe
from safelight.worker.job import Answer, Crossing, Job

MAGIC = b"safelight pixels 1\0"
FACTS = struct.Struct("<BBIII")
# What a worker that decodes must be ready for; no step of it is applied.
DECODING = Recipe.from_steps([{"op": "sanitize"}])


def has_pixels(format: Format | None) -> bool:
    """Whether files of this format are decoded here."""
    return format is not None and TABLE[format].reads


def pixel_digest(host: Runner, source: Source, limits: Limits) -> str:
    """The digest, hexadecimal. Raises what decoding raises."""
    job = Job(source.fd, source.size_bytes, DECODING.canonical, crossing=Crossing.OUTPUT)
    with host.run(job) as answer:
        samples = checked(answer, limits)
        head = Head.parse(samples, limits)
        digest = hashlib.sha256(MAGIC)
        digest.update(FACTS.pack(head.bands, head.bits, head.width, head.height, head.frames))
        with samples[head.start :] as rest:
            digest.update(rest)
        return digest.hexdigest()


def pixel_digests(
    host_of: Callable[[Recipe, Format], Runner], source: Source, answer: Answer, limits: Limits
) -> tuple[str | None, str | None]:
    """Those of the input and of the output, each decoded in a cage of its own; None for what has no
    pixels here. host_of gives what works on a format. Raises what decoding raises.
    """

    def digest(format: Format | None, one: Source) -> str | None:
        if format is None or not has_pixels(format):
            return None
        return pixel_digest(host_of(DECODING, format), one, limits)

    before = digest(answer.input_format, source)
    if answer.output is None or not has_pixels(answer.format):
        return before, None
    with open_source(answer.output, limits.output_bytes, hashlib.sha256()) as made:
        return before, digest(answer.format, made)
