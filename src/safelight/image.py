"""Image: a frozen value that every operation takes and gives.

An Image holds what the container's header said, a decoder that has not run yet, the metadata as
found, annotations, and a wish for its encoding. Pixels are a lazy libvips pipeline; nothing is
decoded until an operation or the encoder pulls. This module imports no image library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, Literal, Protocol, get_args

from safelight.annotation import DECISIONS, SIGHTS, Annotation, Decision
from safelight.formats import TABLE, Format

MarkRule = Literal["stays", "refused", "gives way"]
Chroma = Literal["4:2:0", "4:4:4"]
Profile = Literal["share", "strict", "minimal", "none"]


class Risk(IntEnum):
    """The group that a piece of metadata belongs to, by what it can reveal."""

    PLACE = 1
    IDENTITY = 2
    DEVICE = 3
    TIME = 4
    HISTORY = 5
    THUMBNAIL = 6
    PROVENANCE = 7
    RIGHTS = 8
    COLOUR = 9
    ORIENTATION = 10
    SETTINGS = 11
    OTHER = 12


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of metadata: risk group, tag name in the field's terms, printable value (may be
    empty).
    """

    group: Risk
    name: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one piece of metadata: removed, kept or added."""

    what: Literal["removed", "kept", "added"]
    finding: Finding


# What a comparison of two pictures measures: mean squared error (samples from 0 to 1), structural
# similarity, pixels in all and those that are alike in every sample, the largest difference of a
# sample (0..1), and the step between two samples (1/255 or 1/65,535).
Measure = Literal["error", "ssim", "pixels", "identical", "largest", "step"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
# A result whose confidence is below this should be looked at.
DOUBTFUL = 0.75
# As many stay lazy. libvips takes a megabyte for each frame of a pipeline, whatever its size.
FEW_FRAMES = 16


@dataclass(frozen=True, slots=True)
class Header:
    """Facts of the container, read without decoding.

    width and height in stored pixels, 0 for what has none (a document, a video); orientation 1..8
    as EXIF defines it; bits per sample 1..32;
    bands as stored, alpha included; a palette counts as rgb. quality 1..100 is what a JPEG's own
    tables say it was saved with; None for other formats, and where they do not say. is_even: every
    frame has the size and the kind of the first.
    """

    format: Format
    width: int
    height: int
    orientation: int = 1
    frames: int = 1
    bits: int = 8
    bands: int = 3
    has_alpha: bool = False
    colour: Literal["grey", "rgb", "cmyk", "other"] = "rgb"
    quality: int | None = None
    is_even: bool = True

    @property
    def frames_opened(self) -> int:
        """How many frames go through a pipeline: all, or the first where they are not alike."""
        return self.frames if TABLE[self.format].frames and self.is_even else 1


@dataclass(frozen=True, slots=True)
class Wish:
    """How the image wishes to be encoded. A format of None is that of the input.

    quality 1..100 for lossy formats; without it the format's usual one, but not less than
    least_quality; lossless for webp, avif; effort 0..9, higher is slower and smaller. background
    (red, green, blue, 0..255) goes under transparency where the format has none. progressive:
    coarse first, then finer. chroma: colour in full or at half the width and height. depth: bits of
    a sample. to_bytes: how large the file may be, by whatever quality that takes. profile names
    what a scrub keeps, keep lists risk groups (lower case names) kept besides. mark is a term of
    the IPTC digital source types that the result is to carry. Where one is there that says more of
    machines, mark_rule decides: it stays, the job is refused, or it gives way. drops_mark leaves
    none.
    """

    format: Format | None = None
    quality: int | None = None
    least_quality: int = 0
    lossless: bool = False
    effort: int | None = None
    background: tuple[int, int, int] = (255, 255, 255)
    profile: Profile = "share"
    keep: tuple[str, ...] = ()
    mark: str = ""
    mark_rule: MarkRule = "stays"
    drops_mark: bool = False
    progressive: bool = False
    chroma: Chroma | None = None
    depth: int | None = None
    to_bytes: int | None = None

    @property
    def is_plain(self) -> bool:
        """True if nothing is asked that only a new encoding can give, size of the file apart."""
        given = (self.quality, self.effort, self.chroma, self.depth)
        return not (self.lossless or self.progressive) and all(one is None for one in given)


class Decoder(Protocol):
    """Opens the pixels of one container, when asked and not before."""

    def full(self) -> Any:
        """The whole picture, upright, as a lazy libvips image; frames one below the other."""

    def at_least(self, width: int, height: int) -> Any:
        """Upright, decoded as small as the format allows but with no side under width, height."""


def each_frame(pixels: Any, change: Callable[[Any], Any]) -> Any:
    """A libvips image of frames, one below the other, with one change made to each.

    Where they are many, they are worked out one after the other into memory.
    """
    down, count = pixels.get_page_height(), pixels.height // pixels.get_page_height()
    if count > FEW_FRAMES:
        pixels = pixels.copy_memory()
    frames = (change(pixels.crop(0, at * down, pixels.width, down)) for at in range(count))
    first = next(frames)
    if count <= FEW_FRAMES:
        return first.pagejoin(list(frames))
    size = len(known := first.write_to_memory())
    samples = bytearray(size * count)
    samples[:size] = known
    for at, frame in enumerate(frames, 1):
        samples[at * size : (at + 1) * size] = frame.write_to_memory()
    sides = (first.width, first.height * count, first.bands, first.format)
    whole = type(first).new_from_memory(samples, *sides)
    whole = whole.copy(interpretation=first.interpretation, xres=first.xres, yres=first.yres)
    for name in set(first.get_fields()) - set(whole.get_fields()):
        whole.set_type(first.get_typeof(name), name, first.get(name))
    whole.set("page-height", first.height)
    return whole


def no_findings() -> tuple[Finding, ...]:
    return ()


def no_trouble() -> Exception | None:
    return None


@dataclass(frozen=True)
class Image:
    """A picture on its way. All sizes are of one frame as displayed (orientation applied).

    trouble tells, once the pixels were pulled, why an operation stopped giving them; None when all
    went well. recheck looks at the result decoded again, where an encoder kept every pixel, and
    raises VerificationFailed for one that is not what it must be; any further change of the pixels
    makes it void. is_whole: it shows what the input shows, at most in another size; only then may
    what lies beside the pixels and belongs to them, as a gain map, go along.
    """

    header: Header
    decoder: Decoder
    read_findings: Callable[[], tuple[Finding, ...]] = no_findings
    pixels: Any = None
    annotations: tuple[Annotation, ...] = ()
    vector: tuple[float, ...] = ()
    measures: Mapping[Measure, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    wish: Wish = field(default_factory=Wish)
    trouble: Callable[[], Exception | None] = no_trouble
    recheck: Callable[[Image], None] | None = None
    is_whole: bool = True

    @property
    def is_untouched(self) -> bool:
        """True as long as no operation has changed a pixel."""
        return self.pixels is None

    @property
    def width(self) -> int:
        if self.pixels is not None:
            return int(self.pixels.width)
        return self.header.height if self.header.orientation >= 5 else self.header.width

    @property
    def height(self) -> int:
        if self.pixels is not None:
            return int(self.pixels.get_page_height())
        return self.header.width if self.header.orientation >= 5 else self.header.height

    @property
    def frames(self) -> int:
        """How many frames the pipeline gives; 1 for a still picture."""
        if self.pixels is not None:
            return int(self.pixels.height) // self.height
        return self.header.frames_opened

    @property
    def confidence(self) -> float | None:
        """How sure the models were, 0..1: the least of what the operations noted; None if none."""
        scores = [note.score for note in self.annotations if note.kind == "confidence"]
        return min(scores, default=None)

    @property
    def decided(self) -> dict[Decision, float]:
        """What operations decided by looking at the picture, 0..100; the last word of each kind."""
        scores = {note.kind: note.score for note in self.annotations}
        return {kind: scores[kind] * 100 for kind in DECISIONS if kind in scores}

    @property
    def sights(self) -> tuple[Annotation, ...]:
        """What was seen in the picture: labels, boxes and poses, in the order they were found."""
        return tuple(note for note in self.annotations if note.kind in SIGHTS)

    @property
    def vips(self) -> Any:
        """The lazy libvips pipeline: 8 or 16 bit, in the picture's own colour space, alpha last."""
        return self.decoder.full() if self.pixels is None else self.pixels

    def at_least(self, width: int, height: int) -> Any:
        """Like vips, but shrunk while loading where nothing was changed yet and the format can."""
        return self.decoder.at_least(width, height) if self.pixels is None else self.pixels

    def with_pixels(self, pixels: Any) -> Image:
        return replace(self, pixels=pixels, recheck=None, is_whole=False)

    def whole_as(self, before: Image) -> Image:
        """The same picture; whole, if the one before was: only its size has changed since."""
        return replace(self, is_whole=before.is_whole)

    def map_frames(self, change: Callable[[Any], Any]) -> Image:
        """The same picture with one change made to every frame; change takes and gives a libvips
        image.
        """
        pixels = self.vips
        if self.frames == 1:
            return self.with_pixels(change(pixels))
        return self.with_pixels(each_frame(pixels, change))

    def with_wish(self, **changes: Any) -> Image:
        """The same picture with some fields of its wish changed."""
        return replace(self, wish=replace(self.wish, **changes))

    def with_findings(self) -> Image:
        """The same picture, its metadata read and listed."""
        return replace(self, findings=self.read_findings())

    def with_vector(self, vector: tuple[float, ...]) -> Image:
        """The same picture with a direction, of length 1, that alike pictures nearly share."""
        return replace(self, vector=vector)

    def with_measures(self, measures: Mapping[Measure, float]) -> Image:
        """The same picture with what a comparison measured."""
        return replace(self, measures=measures)

    def with_annotations(self, *more: Annotation) -> Image:
        return replace(self, annotations=self.annotations + more)
