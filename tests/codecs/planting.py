"""Pictures with a canary in every place of a container where bytes can hide, by the name of the
place.
"""

from __future__ import annotations

import re
import struct
import zlib

from tests.codecs.making import (
    CANARY,
    XMP_HEAD,
    chunk,
    exif,
    extended,
    iptc,
    jpeg,
    picture,
    png,
    png_chunks,
    png_of,
    profile,
    resource,
    riff_chunk,
    riff_chunks,
    saved,
    segment,
    small_picture_exif,
    webp,
    webp_of,
    with_chunks,
    with_segments,
    xmp,
)

DC = "http://purl.org/dc/elements/1.1/"
SECRET_EXIF = exif(
    {0x013B: CANARY.decode(), 0x010E: CANARY.decode(), 0x0131: CANARY.decode()},
    inner={0x927C: CANARY * 9, 0x9286: b"ASCII\0\0\0" + CANARY, 0xA431: CANARY.decode()},
    gps={1: "N", 2: (48.0, 51.0, 29.0), 27: CANARY},
)
SECRET_XMP = xmp(
    f"<dc:creator><rdf:Seq><rdf:li>{CANARY.decode()}</rdf:li></rdf:Seq></dc:creator>", dc=DC
)
SECRET_IPTC = resource(0x0404, iptc(n80=CANARY)) + resource(0x040C, bytes(28) + CANARY)


def spiked_profile() -> bytes:
    """A profile with the canary in its name, its maker, a private tag and the gap at its end."""
    data = bytearray(profile(CANARY[:13]))
    count = struct.unpack_from(">I", data, 128)[0]
    table = bytes(data[132 : 132 + 12 * count])
    moved = b"".join(
        struct.pack(">4sII", name, at + 12, size)
        for name, at, size in struct.iter_unpack(">4sII", table)
    )
    secret = b"text\0\0\0\0" + CANARY
    end = len(data) + 12
    body = moved + struct.pack(">4sII", b"priv", end, len(secret)) + bytes(data[132 + 12 * count :])
    head = bytes(data[4:48]) + CANARY[:8] + bytes(data[56:100]) + bytes(28)
    whole = head + struct.pack(">I", count + 1) + body + secret + CANARY
    return struct.pack(">I", len(whole) + 4) + whole


def jpeg_plants() -> dict[str, bytes]:
    plain = jpeg(quality=80)
    found = {f"APP{n}": with_segments(plain, segment(0xE0 + n, CANARY)) for n in range(16)}
    found |= _jpeg_blocks(plain)
    found |= _jpeg_places(plain)
    found |= _jpeg_tables(plain)
    found |= _jpeg_scans(plain)
    return found


def _jpeg_blocks(plain: bytes) -> dict[str, bytes]:
    icc = spiked_profile()
    more = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + struct.pack(">II", 99, 0)
    blocks = {
        "EXIF": segment(0xE1, b"Exif\0\0" + SECRET_EXIF),
        "EXIF thumbnail": segment(0xE1, b"Exif\0\0" + small_picture_exif(CANARY * 3)),
        "XMP": segment(0xE1, XMP_HEAD + SECRET_XMP),
        "extended XMP": segment(0xE1, more + CANARY),
        "Photoshop": segment(0xED, b"Photoshop 3.0\0" + SECRET_IPTC),
        "ICC words": segment(0xE2, b"ICC_PROFILE\0\1\1" + icc),
        "ICC malformed": segment(0xE2, b"ICC_PROFILE\0\1\1" + CANARY * 20),
        "MPF": segment(0xE2, b"MPF\0" + CANARY),
        "C2PA": segment(0xEB, b"JP\0\1\0\0\0\1" + CANARY),
        "COM": segment(0xFE, CANARY),
        "JFIF thumbnail": segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\3\2" + CANARY + bytes(5)),
        "JFXX": segment(0xE0, b"JFXX\0\x10" + CANARY),
    }
    return {name: with_segments(plain, block) for name, block in blocks.items()}


def _jpeg_places(plain: bytes) -> dict[str, bytes]:
    steps = jpeg(progressive=True)
    second = steps.index(b"\xff\xda", steps.index(b"\xff\xda") + 2)
    inner = saved(picture(8, 8), "JPEG", comment=CANARY)
    adobe = jpeg(picture(mode="CMYK"))
    at = adobe.index(b"\xff\xee")
    tail = adobe[:at] + segment(0xEE, adobe[at + 4 : at + 16] + CANARY) + adobe[at + 16 :]
    return {
        "after the end": plain + CANARY,
        "a picture after the end": plain + inner,
        "between scans": steps[:second] + segment(0xE5, CANARY) + steps[second:],
        "comment between scans": steps[:second] + segment(0xFE, CANARY) + steps[second:],
        "between segments": with_segments(plain, segment(0xE9, b"") + b"\0" + CANARY),
        "after fill bytes": with_segments(plain, b"\xff\xff\xff" + segment(0xFE, CANARY)),
        "behind a restart mark": plain[:-2] + b"\xff\xd0" + CANARY + plain[-2:],
        "end of image within a comment": with_segments(plain, segment(0xFE, b"\xff\xd9" + CANARY)),
        "tail of APP14": tail,
    }


def _jpeg_tables(plain: bytes) -> dict[str, bytes]:
    table = (CANARY * 5)[:64]
    numbers = b"\x13" + bytes(15) + bytes([len(CANARY)]) + CANARY
    overridden = b"\0" + table
    return {
        "unused quantisation table": with_segments(plain, segment(0xDB, b"\3" + table)),
        "quantisation table that is replaced": with_segments(plain, segment(0xDB, overridden)),
        "unused Huffman table": with_segments(plain, segment(0xC4, numbers)),
    }


def _jpeg_scans(plain: bytes) -> dict[str, bytes]:
    steps = jpeg(progressive=True)
    second = steps.index(b"\xff\xda", steps.index(b"\xff\xda") + 2)
    late = segment(0xDB, b"\0" + (CANARY * 5)[:64])
    rows = jpeg(restart_marker_rows=1)
    steps_of_rows = jpeg(picture(83, 61), progressive=True, restart_marker_blocks=2)
    next_scan = steps_of_rows.index(b"\xff\xc4", steps_of_rows.index(b"\xff\xda"))
    count = len(re.findall(rb"\xff[\xd0-\xd7]", steps_of_rows[:next_scan]))
    mark = bytes((0xFF, 0xD0 + count % 8))
    density = b"JFIF\0\1\1" + CANARY[:5] + bytes(2)
    return {
        "quantisation table after its scan": steps[:second] + late + steps[second:],
        "late height": plain[:-2] + segment(0xDC, CANARY) * 2 + plain[-2:],
        "behind the last restart interval": rows[:-2] + b"\xff\xd0" + CANARY + rows[-2:],
        "behind the last interval of a scan": steps_of_rows[:next_scan]
        + mark
        + CANARY
        + steps_of_rows[next_scan:],
        "density": _with_head(plain, density),
    }


def _with_head(plain: bytes, head: bytes) -> bytes:
    """The JPEG with this JFIF head in place of its own."""
    size = struct.unpack_from(">H", plain, 4)[0]
    return plain[:2] + segment(0xE0, head) + plain[4 + size :]


def png_plants() -> dict[str, bytes]:
    plain = png()
    packed = zlib.compress(CANARY * 4)
    icc = b"name\0\0" + zlib.compress(spiked_profile())
    ancillary: dict[str, tuple[bytes, bytes]] = {
        "tEXt": (b"tEXt", b"Author\0" + CANARY),
        "zTXt": (b"zTXt", b"Comment\0\0" + packed),
        "iTXt": (b"iTXt", b"Title\0\0\0en\0Titel\0" + CANARY),
        "iTXt packed": (b"iTXt", b"Title\0\1\0en\0Titel\0" + packed),
        "iTXt keyword": (b"iTXt", CANARY + b"\0\0\0\0\0words"),
        "XMP": (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + SECRET_XMP),
        "eXIf": (b"eXIf", SECRET_EXIF),
        "raw profile": (b"tEXt", b"Raw profile type exif\0\nexif\n9\n" + CANARY.hex().encode()),
        "iCCP name": (b"iCCP", CANARY + b"\0\0" + zlib.compress(profile())),
        "iCCP words": (b"iCCP", icc),
        "iCCP malformed": (b"iCCP", b"name\0\0" + packed),
        "private": (b"prVt", CANARY),
        "caBX": (b"caBX", CANARY),
        "iDOT": (b"iDOT", CANARY * 2),
        "sPLT": (b"sPLT", CANARY + b"\0\x08" + bytes(6)),
        "hIST": (b"hIST", CANARY + CANARY),
        "tIME too long": (b"tIME", CANARY),
        "gAMA too long": (b"gAMA", CANARY),
        "cHRM too long": (b"cHRM", CANARY * 3),
        "pHYs too long": (b"pHYs", CANARY),
        "bKGD too long": (b"bKGD", CANARY),
        "tRNS too long": (b"tRNS", CANARY),
        "sBIT too long": (b"sBIT", CANARY),
        "words as colours": (b"cHRM", (CANARY * 3)[:32]),
        "words as a density": (b"pHYs", CANARY[:9]),
        "words as light": (b"cLLI", CANARY[:8]),
        "words as a display": (b"mDCV", (CANARY * 2)[:24]),
        "words as an old display": (b"mDCv", (CANARY * 2)[:24]),
        "words as code points": (b"cICP", CANARY[:4]),
        "suggested palette": (b"PLTE", (CANARY * 3)[:39]),
        "fdAT without animation": (b"fdAT", bytes(4) + CANARY),
        "acTL too long": (b"acTL", CANARY),
    }
    found = {name: with_chunks(plain, extra) for name, extra in ancillary.items()}
    return found | _png_places(plain) | _png_streams(plain)


def _png_places(plain: bytes) -> dict[str, bytes]:
    chunks = png_chunks(plain)
    end = chunks[:-1]
    few = png_chunks(png(picture(mode="1").convert("P"), bits=1))
    long = [(t, b[:6].ljust(6, b"\0") + CANARY + bytes(2) if t == b"PLTE" else b) for t, b in few]
    broken = chunk(b"tEXt", b"Author\0" + CANARY)[:-1] + b"\0"
    twice = [chunks[0], (b"gAMA", bytes(4)), (b"gAMA", CANARY[:4]), *chunks[1:]]
    return {
        "tRNS beyond the depth": with_chunks(plain, (b"tRNS", CANARY[:6])),
        "after IEND": plain + CANARY,
        "a chunk after IEND": plain + chunk(b"tEXt", b"Author\0" + CANARY),
        "after the pixels": png_of([*end, (b"tEXt", b"Author\0" + CANARY), chunks[-1]]),
        "a chunk with a wrong checksum": plain[:33] + broken + plain[33:],
        "a chunk twice": png_of(twice) + CANARY,
        "palette entries beyond the depth": png_of(long),
    }


def _png_streams(plain: bytes) -> dict[str, bytes]:
    chunks = png_chunks(plain)
    pixels = b"".join(body for type, body in chunks if type == b"IDAT")
    rows = zlib.decompress(pixels)
    head, end = chunks[0], chunks[-1]
    stored = zlib.compressobj(0)
    surplus = stored.compress(rows + CANARY * 3) + stored.flush()
    half = len(pixels) // 2
    return {
        "tail of IDAT": png_of([head, (b"IDAT", pixels + CANARY), end]),
        "an IDAT behind the stream": png_of([head, (b"IDAT", pixels), (b"IDAT", CANARY), end]),
        "in the last of many": png_of(
            [head, (b"IDAT", pixels[:half]), (b"IDAT", pixels[half:] + CANARY), end]
        ),
        "surplus rows": png_of([head, (b"IDAT", surplus), end]),
    }


def animated_png_plants() -> dict[str, bytes]:
    frames = [picture(20, 10), picture(20, 10).rotate(180)]
    plain = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    chunks = png_chunks(plain)
    at = [type for type, _ in chunks].index(b"fdAT")
    spiked = [*chunks]
    spiked[at] = (b"fdAT", chunks[at][1] + CANARY)
    number = max(struct.unpack_from(">I", body)[0] for type, body in chunks if type == b"fdAT")
    control = struct.pack(">I", number + 1) + next(b for t, b in chunks if t == b"fcTL")[4:]
    hidden = [(b"fcTL", control), (b"fdAT", struct.pack(">I", number + 2) + CANARY)]
    return {
        "tail of fdAT": png_of(spiked),
        "frames beyond the count": png_of([*chunks[:-1], *hidden, chunks[-1]]),
        "text within animation": png_of([*chunks[:at], (b"tEXt", b"k\0" + CANARY), *chunks[at:]]),
    }


def webp_plants() -> dict[str, bytes]:
    plain = webp(quality=70)
    (kind, coded), *_ = riff_chunks(plain)
    image = riff_chunk(kind, coded)
    head = extended(0x2C, 24, 16)
    icc = riff_chunk(b"ICCP", spiked_profile())
    return {
        "EXIF": webp_of(head, image, riff_chunk(b"EXIF", SECRET_EXIF)),
        "EXIF with a head": webp_of(head, image, riff_chunk(b"EXIF", b"Exif\0\0" + SECRET_EXIF)),
        "XMP": webp_of(head, image, riff_chunk(b"XMP ", SECRET_XMP)),
        "ICCP words": webp_of(head, icc, image),
        "ICCP malformed": webp_of(head, riff_chunk(b"ICCP", CANARY), image),
        "unknown": webp_of(head, image, riff_chunk(b"zzzz", CANARY)),
        "C2PA": webp_of(head, image, riff_chunk(b"C2PA", CANARY)),
        "unknown in a simple file": webp_of(image, riff_chunk(b"zzzz", CANARY)),
        "trailer": plain + CANARY,
        "bytes at the end of RIFF": webp_of(image, CANARY[:7]) + CANARY,
        "tail of VP8X": webp_of(riff_chunk(b"VP8X", head[8:18] + CANARY), image),
        "a second picture": webp_of(head, image, riff_chunk(b"VP8 ", CANARY)),
        "frames of a still": webp_of(head, image, riff_chunk(b"ANMF", bytes(16) + CANARY)),
        "a second profile": webp_of(head, icc, riff_chunk(b"ICCP", CANARY), image),
        "reserved bits": webp_of(riff_chunk(b"VP8X", b"\0" + CANARY[:3] + head[12:18]), image)
        + CANARY,
    }


def animated_webp_plants() -> dict[str, bytes]:
    frames = [picture(20, 10), picture(20, 10).rotate(180)]
    plain = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    chunks = riff_chunks(plain)
    at = [type for type, _ in chunks].index(b"ANMF")

    def with_frame(extra: bytes) -> bytes:
        changed = [*chunks]
        body = chunks[at][1]
        changed[at] = (b"ANMF", body + b"\0" * (len(body) % 2) + extra)
        return webp_of(*(riff_chunk(type, body) for type, body in changed))

    return {
        "unknown in ANMF": with_frame(riff_chunk(b"zzzz", CANARY)),
        "EXIF in ANMF": with_frame(riff_chunk(b"EXIF", CANARY)),
        "a second picture in ANMF": with_frame(riff_chunk(b"VP8 ", CANARY)),
        "tail of ANIM": webp_of(
            *(riff_chunk(type, body + CANARY if type == b"ANIM" else body) for type, body in chunks)
        ),
        "between frames": webp_of(
            *(riff_chunk(type, body) for type, body in chunks[: at + 1]),
            riff_chunk(b"XMP ", SECRET_XMP),
            *(riff_chunk(type, body) for type, body in chunks[at + 1 :]),
        ),
    }
