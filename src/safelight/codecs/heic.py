"""HEIC: HEVC pictures, and others of its family, in a HEIF container."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.codecs.blocks import Block
from safelight.codecs.heif import File, opened
from safelight.codecs.heif_blocks import blocks_of
from safelight.codecs.heif_header import header_of
from safelight.image import Header


def header(data: memoryview) -> Header:
    """The primary item as displayed. Raises ContainerBroken."""
    return header_of(opened(data), "heic")


def walk(data: memoryview) -> File:
    """The container in its pieces. Raises ContainerBroken."""
    return opened(data)


def blocks(data: memoryview, walked: File | None = None) -> Iterator[Block]:
    """Everything in the file that the shown picture does not need."""
    return blocks_of(walked or opened(data))
