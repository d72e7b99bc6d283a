"""Small pictures of every container, made in code, and the pieces to build hostile ones from."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable

from PIL import Image, ImageCms

from safelight.codecs import scrub
from safelight.formats import Format
from safelight.image import Wish

CANARY = b"CANARY-6f1d2b"
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def picture(width: int = 24, height: int = 16, mode: str = "RGB") -> Image.Image:
    """A gradient with an edge, so that every block of pixels differs."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    image.paste((200, 30, 90), (0, 0, max(1, width // 2), max(1, height // 3)))
    return image.convert(mode)


def jpeg(image: Image.Image | None = None, **options: object) -> bytes:
    return saved(image or picture(), "JPEG", **options)


def png(image: Image.Image | None = None, **options: object) -> bytes:
    return saved(image or picture(), "PNG", **options)


def webp(image: Image.Image | None = None, **options: object) -> bytes:
    return saved(image or picture(), "WEBP", **options)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    block = options.get("exif")
    if kind == "JPEG" and isinstance(block, bytes):
        options["exif"] = b"Exif\0\0" + block
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def in_format(image: Image.Image, format: Format) -> bytes:
    """The picture in any format that a job can be given with pixels; never with our own encoder
    where another library has one.
    """
    if format == "heic":
        from pillow_heif import from_pillow

        out = io.BytesIO()
        from_pillow(image).save(out, quality=-1)
        return out.getvalue()
    if format == "dicom":
        return dicom(image)
    return saved(image, format.upper())


def dicom(image: Image.Image, **tags: object) -> bytes:
    """A plain object with these tags besides."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    bits = 16 if image.mode.startswith("I;16") else 8
    made.SOPClassUID, made.SOPInstanceUID = SecondaryCaptureImageStorage, "1.2.3"
    made.Rows, made.Columns = image.height, image.width
    made.SamplesPerPixel = len(image.getbands())
    made.PhotometricInterpretation = "MONOCHROME2" if made.SamplesPerPixel == 1 else "RGB"
    if made.SamplesPerPixel > 1:
        made.PlanarConfiguration = 0
    made.BitsAllocated = made.BitsStored = bits
    made.HighBit, made.PixelRepresentation = bits - 1, 0
    pixels = image.tobytes()
    made.PixelData = pixels + bytes(len(pixels) % 2)
    for name, value in tags.items():
        setattr(made, name, value)
    out = io.BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    """One JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_segments(data: bytes, *segments: bytes) -> bytes:
    """A JPEG with these right after its start."""
    return data[:2] + b"".join(segments) + data[2:]


def chunk(type: bytes, body: bytes) -> bytes:
    """One PNG chunk with a right checksum."""
    return struct.pack(">I", len(body)) + type + body + struct.pack(">I", zlib.crc32(type + body))


def png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a PNG, read by other code than the one under test."""
    found, at = [], 8
    while at < len(data):
        size = struct.unpack_from(">I", data, at)[0]
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += size + 12
    return found


def png_of(chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(type, body) for type, body in chunks)


def with_chunks(data: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    """A PNG with these chunks before its pixels."""
    chunks = png_chunks(data)
    at = [type for type, _ in chunks].index(b"IDAT")
    return png_of([*chunks[:at], *extra, *chunks[at:]])


def riff_chunk(type: bytes, body: bytes, padding: bytes = b"\0") -> bytes:
    return type + struct.pack("<I", len(body)) + body + padding * (len(body) % 2)


def riff_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a WebP, read by other code than the one under test."""
    found, at = [], 12
    while at + 8 <= len(data):
        size = struct.unpack_from("<I", data, at + 4)[0]
        found.append((data[at : at + 4], data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def webp_of(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def extended(flags: int, width: int, height: int) -> bytes:
    """A VP8X chunk."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff_chunk(b"VP8X", struct.pack("<I", flags) + sides)


def exif(
    main: dict[int, object] | None = None,
    *,
    inner: dict[int, object] | None = None,
    gps: dict[int, object] | None = None,
) -> bytes:
    """A TIFF structure with these tags, written by Pillow."""
    block = Image.Exif()
    block.update(main or {})
    block.get_ifd(0x8769).update(inner or {})
    block.get_ifd(0x8825).update(gps or {})
    return block.tobytes().removeprefix(b"Exif\0\0")


def small_picture_exif(thumbnail: bytes) -> bytes:
    """A TIFF structure whose second directory holds a small picture."""
    first = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, 1, 0, 26)
    second = struct.pack(">HHHIIHHIII", 2, 0x0201, 4, 1, 56, 0x0202, 4, 1, len(thumbnail), 0)
    return first + second + thumbnail


def xmp(properties: str, **namespaces: str) -> bytes:
    """A packet with these properties as they are written."""
    spaces = "".join(f" xmlns:{prefix}='{space}'" for prefix, space in namespaces.items())
    return (
        f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='{RDF}'><rdf:Description "
        f"rdf:about=''{spaces}>{properties}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def iptc(**values: bytes) -> bytes:
    """IIM records of the application record by number, as `n80=b"name"`."""
    return b"".join(
        struct.pack(">BBBH", 0x1C, 2, int(name[1:]), len(value)) + value
        for name, value in values.items()
    )


def resource(number: int, body: bytes) -> bytes:
    """One Photoshop image resource."""
    return struct.pack(">4sHHI", b"8BIM", number, 0, len(body)) + body + b"\0" * (len(body) % 2)


def profile(name: bytes = b"sRGB built-in") -> bytes:
    """An sRGB profile as another library writes it, with this name of the same length in it."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    wide = "sRGB built-in".encode("utf-16-be")
    return data.replace(wide, name.decode().ljust(13)[:13].encode("utf-16-be"))


def scrubbed(data: bytes, format: Format, **wish: object) -> bytes:
    """The clean file."""
    pieces, _ = scrub.rewrite(memoryview(data), format, Wish(**wish))  # type: ignore[arg-type] # any field
    return b"".join(pieces)
