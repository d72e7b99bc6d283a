"""What the command tells of a picture: services, programs, places, and what it could not read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from safelight.worker import launch
from tests.cli.testscript import Script
from tests.codecs import manifests
from tests.codecs.making import (
    XMP_HEAD,
    exif,
    jpeg,
    png,
    segment,
    with_chunks,
    with_segments,
    xmp,
)
from tests.codecs.making_heif import whole
from tests.codecs.planting_mp4 import box, film, item, tunes
from tests.codecs.planting_pdf import document

DC = "http://purl.org/dc/elements/1.1/"


@pytest.fixture
def told(tmp_path: Path, home: Path) -> Script:
    """A script in an empty folder."""
    return Script(tmp_path, home, is_a_process=False)


def texts(**words: str) -> bytes:
    """A PNG with these texts."""
    return with_chunks(
        png(), *((b"tEXt", f"{key}\0{text}".encode("latin-1")) for key, text in words.items())
    )


SERVICES = {
    "Stable Diffusion": {"parameters": "a cat Steps: 20, Sampler: Euler a, CFG scale: 7"},
    "ComfyUI": {"prompt": '{"3": {"class_type": "KSampler"}}'},
    "Midjourney": {"Description": "a cat --v 6 --ar 3:2"},
    "NovelAI": {"Software": "NovelAI"},
}


@pytest.mark.parametrize("verb", ["inspect", "mark show"])
@pytest.mark.parametrize("service", SERVICES)
def test_an_ai_service_is_shown_where_there_is_no_mark(
    told: Script, verb: str, service: str
) -> None:
    told.write_bytes("made.png", texts(**SERVICES[service]))
    told.write_bytes("plain.png", texts(Software="GIMP 2.10"))
    told.play(
        f"run {verb} made.png\n"
        f"stdout '^  origin  no mark, but an AI service left its name: {service}$'\n"
        f"run {verb} plain.png\n! stdout 'origin  |service left'\n"
        f"run {verb} made.png --hide-values\n! stdout '{service}'"
    )


def test_a_long_value_is_broken_and_not_cut_in_the_middle(told: Script) -> None:
    told.write_bytes("long.png", texts(parameters=" ".join(f"word{n:02}" for n in range(25))))
    told.play(
        "run inspect long.png\n"
        r"stdout '^    parameters                   word00 .* word13$\n^ {33}word14 .* word24$'"
    )


IMPORTS = "raise ImportError('no module named lost')"


def test_a_broken_installation_is_not_blamed_on_the_picture(
    told: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.write_bytes("a.png", png())
    told.write_bytes("b.png", png())
    told.play("run inspect a.png")
    monkeypatch.setattr(launch, "command", lambda *_words: [sys.executable, "-I", "-c", IMPORTS])
    told.play(
        "run inspect a.png\nexit 1\n"
        "stderr 'hint: a part of this installation cannot be loaded: install Safelight anew'\n"
        "! stderr hostile\n"
        "run inspect a.png b.png --json\nexit 1\n"
        "stderr 'install Safelight anew'\n! stderr hostile"
    )
    monkeypatch.setattr(launch, "command", lambda *_words: ["/bin/false"])
    told.play("run inspect a.png\nexit 1\nstderr '^hint: safelight doctor$'\n! stderr anew")


def test_frames_that_differ_in_number_come_with_a_way_out(told: Script) -> None:
    told.play(
        "picture moving.gif frames\npicture still.png\n"
        "run compare moving.gif still.png\nexit 2\n"
        "stderr 'have 3 and 1 frames: compare takes as many$'\n"
        "stderr '^hint: for the first frames, .*safelight convert FILE --to bmp$'\n"
        "run convert moving.gif --to bmp -o first.bmp\n"
        "run compare first.bmp still.png\nstdout 'PSNR'"
    )


def test_a_quiet_verify_prints_errors_only(told: Script) -> None:
    told.play(
        "picture photo.jpg gps\nrun scrub photo.jpg -o out/\n"
        "run verify out/photo.jpg -q\nsilent stdout\nsilent stderr\n"
        "run verify out/photo.jpg\nstdout '^signature'"
    )
    output = told.folder / "out" / "photo.jpg"
    output.write_bytes(output.read_bytes() + b"\0")
    told.play(
        "run verify -q out/photo.jpg\nexit 5\nsilent stdout\n"
        "stderr '^safelight: out/photo.jpg: output: '\n! stderr 'signature'"
    )


GPS = exif({0x010F: "Maker"}, gps={1: "N", 2: (48.0, 8.0, 2.0), 3: "E", 4: (11.0, 34.0, 31.0)})


def raw_profile(words: bytes) -> bytes:
    """A PNG with EXIF as ImageMagick writes it."""
    return with_chunks(png(), (b"tEXt", b"Raw profile type exif\0" + words))


def test_a_raw_profile_with_a_wrong_length_is_read(told: Script) -> None:
    digits = (b"Exif\0\0" + GPS).hex().encode()
    told.write_bytes("wrong.png", raw_profile(b"\nexif\n    7\n" + digits + b"\n}}}\xd1\1"))
    told.write_bytes("none.png", raw_profile(b"\nexif\n    7\n}}}"))
    told.play(
        "run inspect wrong.png --fail-on gps\nexit 4\n"
        "stdout 'near Munich, Germany$'\n! stdout unreadable\n"
        "run inspect none.png\n"
        r"stdout '^    unreadable block             EXIF, 15 bytes$'"
        "\nstdout '^  other  holds a block that could not be understood, 15 bytes in all$'"
    )


def test_a_raw_profile_may_hold_xmp_in_the_place_of_exif(told: Script) -> None:
    packet = b"http://ns.adobe.com/xap/1.0/\0" + xmp("<d:title>words</d:title>", d=DC)
    words = b"Raw profile type APP1\0\nAPP1\n  9\n" + packet.hex().encode()
    told.write_bytes("a.png", with_chunks(png(), (b"tEXt", words)))
    told.play("run inspect a.png\nstdout '^    XMP title +words$'\n! stdout unreadable")


def test_blocks_that_nobody_can_read_are_told_with_their_size(told: Script) -> None:
    told.write_bytes("bad.png", with_chunks(png(), (b"eXIf", b"garbage"), (b"tIME", b"odd")))
    told.play(
        "run inspect bad.png\n"
        "stdout '^    unreadable block             EXIF, 7 bytes$'\n"
        "stdout '^  other  holds 2 blocks that could not be understood, 10 bytes in all$'\n"
        "! stdout 'fit no group'"
    )


def test_a_block_that_nobody_can_read_may_hold_what_must_not_be_there(told: Script) -> None:
    told.write_bytes("bad.png", with_chunks(png(), (b"eXIf", b"garbage")))
    told.write_bytes("good.png", with_chunks(png(), (b"eXIf", exif({0x010F: "Maker"}))))
    told.play(
        "run inspect bad.png --fail-on gps,serial\nexit 4\n"
        "stderr '^safelight: --fail-on gps,serial: 1 entry in 1 file; a block that could not be "
        "read may hold anything$'\n"
        "run inspect good.png --fail-on gps,serial\nsilent stderr\n"
        "run inspect good.png --fail-on make\nexit 4\n! stderr 'may hold'"
    )


def history(agent: str) -> bytes:
    """A packet in which a program did something."""
    return xmp(
        "<m:History><rdf:Seq><rdf:li s:action='saved' s:instanceID='xmp.iid:1' "
        f"s:softwareAgent='{agent}' s:changed='/'/></rdf:Seq></m:History>",
        m="http://ns.adobe.com/xap/1.0/mm/",
        s="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    )


def produced(pdf: Any) -> None:
    pdf.docinfo["/Producer"] = "pdfTeX-1.40"


PROGRAMS = {
    "Adobe Bridge 2025": lambda: with_segments(
        jpeg(), segment(0xE1, XMP_HEAD + history("Adobe Bridge 2025"))
    ),
    "HandBrake 0.9": lambda: film(inside=box(b"udta", tunes(item(b"\xa9too", b"HandBrake 0.9")))),
    "pdfTeX-1.40": lambda: document(produced),
    "Studio 1.2, Adobe Firefly 3": lambda: with_chunks(png(), (b"caBX", manifests.full())),
    "cavif - example": lambda: whole("avif", handler=b"cavif - example").written(),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_that_touched_it_is_named(told: Script, program: str) -> None:
    told.write_bytes("made", PROGRAMS[program]())
    told.play(f"run inspect made\nstdout '^  edit history  says what touched it: {program}$'")


def test_where_no_program_is_named_none_is(told: Script) -> None:
    told.write_bytes("made.avif", whole("avif", handler=b"PictureHandler").written())
    told.play("run inspect made.avif\nstdout 'says what was done to it$'\n! stdout 'touched it'")


def test_a_position_outside_the_globe_is_none(told: Script) -> None:
    place: dict[int, object] = {1: "N", 2: (213.0, 38.0, 24.0), 3: "E", 4: (103.0, 0.0, 0.0)}
    told.write_bytes("odd.jpg", jpeg(exif=exif({}, gps=place)))
    told.write_bytes("far.jpg", jpeg(exif=exif({}, gps=place | {1: "S", 2: (48.0, 0.0, 0.0)})))
    told.play(
        "run inspect odd.jpg\n"
        "stdout '^  place  holds a position that is not on Earth: 213.64, 103$'\n"
        "run inspect far.jpg\nstdout '^  place  says where it was taken, far from any town$'"
    )


def test_what_stands_behind_a_jfif_header_is_told_for_what_it_is(told: Script) -> None:
    head = b"JFIF\0\1\1\0\0\1\0\1"
    bodies = {"apple": b"\0\0AMPF", "small": b"\1\1abc", "both": b"\1\1abctail"}
    for name, body in bodies.items():
        told.write_bytes(f"{name}.jpg", with_segments(jpeg(), segment(0xE0, head + body)))
    told.play(
        r"run inspect apple.jpg"
        "\n"
        r"stdout '^    APP0 \(Apple AMPF\) +4 bytes$'"
        "\n"
        "! stdout thumbnail\n"
        "run inspect small.jpg\nstdout '^    JFIF thumbnail +3 bytes$'\n! stdout tail\n"
        "run inspect both.jpg\nstdout '^    JFIF thumbnail +3 bytes$'\n"
        "stdout '^    JFIF tail +4 bytes$'"
    )


def test_a_motion_photo_is_no_device(told: Script) -> None:
    camera = "http://ns.google.com/photos/1.0/camera/"
    packet = xmp("<c:MotionPhoto>1</c:MotionPhoto><c:Other>2</c:Other>", c=camera)
    told.write_bytes("a.jpg", with_segments(jpeg(), segment(0xE1, XMP_HEAD + packet)))
    told.play(
        "run inspect a.jpg --json\n"
        "json type=finding group=thumbnail name='XMP MotionPhoto'\n"
        "json type=finding group=device name='XMP Other'"
    )
