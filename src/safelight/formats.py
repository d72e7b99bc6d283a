"""Format: one row of a table for each. What the rest asks of a format stands in its row.

A further format is a row here, its signature in codecs/routing.py, and its modules in codecs/:
`NAME.py` reads the container, `NAME_clean.py` rewrites it without decoding (if scrubs),
`NAME_pixels.py` opens its pixels (if reads, and no loader of libvips does it alone),
`NAME_save.py` writes them (if writes, and no saver of libvips does it alone).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

# What a job can take in. The order is the number on the wire: add at the end.
# fmt: off
Format = Literal[
    "jpeg", "png", "webp", "tiff", "gif", "avif",
    "heic", "bmp", "dicom", "pdf", "svg", "mp4", "webm",
]
# fmt: on
FORMATS: tuple[Format, ...] = get_args(Format)
# What an encoder can be asked for: the rows with `writes`.
Writable = Literal["jpeg", "png", "webp", "tiff", "gif", "avif", "bmp", "dicom"]
WRITABLE: tuple[Writable, ...] = get_args(Writable)
Kind = Literal["picture", "document", "video"]
Kept = Literal["icc", "alpha", "animation", "depth", "pages", "gain map"]
# What the further frames of a file are; a pipeline holds them all, one below the other.
Frames = Literal["animation", "pages"]
Ask = Literal["progressive", "chroma"]
Stored = Literal["grey", "cmyk", "values"]


@dataclass(frozen=True, slots=True)
class Facts:
    """One row of the table. endings: of file names, ours first. reads and writes are of pixels;
    scrubs: metadata is removed without decoding. keeps: what a new encoding can hold; keeps_stored:
    what a scrub leaves as it was. extra: what to install for reads, or None. lossy: it has a
    quality; largest_side in pixels; note: one sentence for the published table. loader, saver: of
    libvips, where one does it alone; libraries: modules that its own parts import late. frames:
    what its further frames are, None if only the first is opened; stores: what it holds beside RGB.
    depths: bits of a sample that it can be written with; asks: what else an encoder can be asked.
    depth_of_frames: the most bits of a sample where there are several frames, None if as many.
    most_colours of a frame, None if as many as its samples tell apart.
    mark: what writes the mark of origin into a new encoding; None: it has no place for it.
    """

    title: str
    endings: tuple[str, ...]
    kind: Kind = "picture"
    reads: bool = True
    writes: bool = False
    scrubs: bool = False
    keeps: frozenset[Kept] = frozenset()
    keeps_stored: frozenset[Kept] = frozenset()
    extra: str | None = None
    lossy: bool = False
    lossless: bool = True
    largest_side: int = 65_535
    note: str = ""
    mark: Literal["encoder", "rewriter"] | None = None
    loader: str = ""
    saver: str = ""
    libraries: tuple[str, ...] = ()
    frames: Frames | None = None
    stores: frozenset[Stored] = frozenset()
    depths: tuple[int, ...] = (8,)
    depth_of_frames: int | None = None
    most_colours: int | None = None
    asks: frozenset[Ask] = frozenset()


TABLE: dict[Format, Facts] = {
    "jpeg": Facts(
        "JPEG",
        ("jpg", "jpeg", "jpe", "jfif"),
        writes=True,
        scrubs=True,
        keeps=frozenset({"icc", "gain map"}),
        keeps_stored=frozenset({"icc", "gain map"}),
        lossy=True,
        lossless=False,
        largest_side=65_500,
        loader="jpegload_source",
        saver="jpegsave_target",
        stores=frozenset({"grey", "cmyk"}),
        mark="encoder",
        note="baseline, progressive, CMYK; a gain map stays unless the picture is cut or turned",
        asks=frozenset({"progressive", "chroma"}),
    ),
    "png": Facts(
        "PNG, APNG",
        ("png", "apng"),
        writes=True,
        scrubs=True,
        keeps=frozenset({"icc", "alpha", "animation", "depth"}),
        keeps_stored=frozenset({"icc", "alpha", "animation", "depth"}),
        largest_side=1_000_000,
        frames="animation",
        stores=frozenset({"grey"}),
        mark="encoder",
        note="8 and 16 bit, palette; of an animation every frame as it is seen",
        depths=(8, 16),
        asks=frozenset({"progressive"}),
    ),
    "webp": Facts(
        "WebP",
        ("webp",),
        writes=True,
        scrubs=True,
        keeps=frozenset({"icc", "alpha", "animation"}),
        keeps_stored=frozenset({"icc", "alpha", "animation"}),
        lossy=True,
        largest_side=16_383,
        loader="webpload_source",
        saver="webpsave_target",
        frames="animation",
        mark="encoder",
        note="lossy and lossless; 8 bit",
    ),
    "tiff": Facts(
        "TIFF, BigTIFF",
        ("tif", "tiff"),
        writes=True,
        scrubs=True,
        keeps=frozenset({"icc", "alpha", "depth", "pages"}),
        keeps_stored=frozenset({"icc", "alpha", "depth", "pages"}),
        largest_side=1_000_000,
        frames="pages",
        stores=frozenset({"grey", "cmyk"}),
        mark="encoder",
        note="strips, tiles, planes, Lab, 16 bit, float; pages where all are alike, else the first",
        depths=(8, 16),
    ),
    "gif": Facts(
        "GIF",
        ("gif",),
        writes=True,
        scrubs=True,
        keeps=frozenset({"alpha", "animation"}),
        keeps_stored=frozenset({"icc", "alpha", "animation"}),
        loader="gifload_source",
        frames="animation",
        mark="rewriter",
        note="written with at most 256 colours a frame; a pixel is there or not",
        most_colours=256,
    ),
    "avif": Facts(
        "AVIF",
        ("avif", "avifs"),
        writes=True,
        scrubs=True,
        keeps=frozenset({"icc", "alpha", "animation", "depth"}),
        keeps_stored=frozenset({"icc", "alpha", "animation", "depth", "gain map"}),
        lossy=True,
        largest_side=16_384,
        libraries=("PIL.AvifImagePlugin",),
        frames="animation",
        stores=frozenset({"grey"}),
        mark="encoder",
        note="16 bit is written as 10, lossless as 12; an animation in 8 bit, with loss",
        depths=(8, 10, 12),
        depth_of_frames=8,
        asks=frozenset({"chroma"}),
    ),
    "heic": Facts(
        "HEIC, HEIF",
        ("heic", "heif", "hif"),
        scrubs=True,
        keeps_stored=frozenset({"icc", "alpha", "animation", "depth", "gain map"}),
        extra="heic",
        libraries=("pillow_heif",),
        note="10 and 12 bit arrive as 16",
    ),
    "bmp": Facts(
        "BMP",
        ("bmp", "dib"),
        writes=True,
        keeps=frozenset({"icc", "alpha"}),
        scrubs=True,
        keeps_stored=frozenset({"icc", "alpha"}),
        note="all depths, runs and masks; written with 24 bit, with transparency 32",
    ),
    "dicom": Facts(
        "DICOM",
        ("dcm", "dicom"),
        writes=True,
        scrubs=True,
        keeps=frozenset({"depth"}),
        keeps_stored=frozenset({"icc", "depth", "pages"}),
        extra="medical",
        libraries=(
            *("pydicom", "pydicom.pixels", "pydicom.pixels.processing", "pydicom.uid"),
            *("pydicom.pixels.decoders.native", "pydicom.pixels.decoders.rle"),
            "pydicom.pixels.decoders.pillow",
            # Of the character sets that names of patients may be written in.
            *("encodings.shift_jis", "encodings.iso2022_jp", "encodings.iso2022_jp_2"),
            *("encodings.euc_kr", "encodings.gb18030", "encodings.gb2312", "encodings.gbk"),
            *(f"encodings.iso8859_{number}" for number in (*range(1, 12), 15)),
            "encodings.tis_620",
        ),
        stores=frozenset({"grey", "values"}),
        note="the first frame; written as a new object without a patient",
        depths=(8, 16),
    ),
    "pdf": Facts(
        "PDF",
        ("pdf",),
        kind="document",
        reads=False,
        scrubs=True,
        extra="pdf",
        libraries=("pikepdf", "lxml.etree", "lxml._elementpath", "gzip"),
        note="its pages are not drawn",
    ),
    "svg": Facts(
        "SVG", ("svg",), kind="document", reads=False, scrubs=True, note="it is not drawn"
    ),
    "mp4": Facts(
        "MP4, MOV", ("mp4", "mov", "m4v", "3gp", "qt"), kind="video", reads=False, scrubs=True
    ),
    "webm": Facts("WebM, Matroska", ("webm", "mkv"), kind="video", reads=False, scrubs=True),
}

# Usual endings of files.
EXTENSIONS: dict[Format, str] = {format: facts.endings[0] for format, facts in TABLE.items()}
SPELLINGS: dict[Format, frozenset[str]] = {
    format: frozenset(f".{ending}" for ending in facts.endings) for format, facts in TABLE.items()
}
# Formats that can be asked for all frames of an animation; of any other, the first picture is made.
ANIMATED: tuple[Format, ...] = tuple(
    format for format, facts in TABLE.items() if "animation" in facts.keeps
)
LOSSY: tuple[Format, ...] = tuple(format for format, facts in TABLE.items() if facts.lossy)


def carrying(what: Kept) -> tuple[Format, ...]:
    """The formats that a new encoding keeps this in."""
    return tuple(format for format, facts in TABLE.items() if what in facts.keeps)


def keeps_pixels(format: Format, *, lossless: bool) -> bool:
    """True if a new encoding keeps every pixel; lossless: that was wished where one can choose."""
    facts = TABLE[format]
    return facts.lossless and (lossless or not facts.lossy)


def holds_frames_of(target: Format, source: Format) -> bool:
    """True if a new encoding in target holds the further frames of source as what they are."""
    frames = TABLE[source].frames
    return frames is not None and frames in TABLE[target].keeps


def is_picture(format: Format) -> bool:
    """False for documents and videos: they have no pixels of their own here, only metadata."""
    return TABLE[format].kind == "picture"


# As the registry of media types has those that are not image/ and our own name.
MEDIA_TYPES: dict[Format, str] = {
    "dicom": "application/dicom",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "mp4": "video/mp4",
    "webm": "video/webm",
}


def media_type(format: Format) -> str:
    """What HTTP calls bytes of this format."""
    return MEDIA_TYPES.get(format, f"image/{format}")
