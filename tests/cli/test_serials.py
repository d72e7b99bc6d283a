"""Wherever ExifTool finds a serial number, `--fail-on serial` is met; a file without any passes."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from functools import cache
from pathlib import Path

import pytest

from safelight.cli.findings import NOTES_MEET, asked
from safelight.codecs import metadata, routing
from safelight.codecs.maker_notes import SENTENCE, is_unread_note, serials
from safelight.engine.plain import plain
from safelight.image import Finding, Risk
from tests.cli.testscript import Script
from tests.codecs.making import exif, jpeg, segment, with_segments

FOLDERS = ("metadata", "formats", "video", "medical")
KINDS = ("SerialNumber", "InternalSerialNumber", "LensSerialNumber", "CameraSerialNumber")
MAKER_NOTE, MAKE = 0x927C, 0x010F


@cache
def witnessed(shared_data: Path) -> dict[str, set[str]]:
    """The files in which ExifTool finds a serial number, and which it finds."""
    tool = shutil.which("exiftool")
    if tool is None:
        raise FileNotFoundError("exiftool is needed: apt install libimage-exiftool-perl")
    folders = [str(shared_data / name) for name in FOLDERS if (shared_data / name).is_dir()]
    line = [tool, "-j", "-a", "-G1", "-u", "-r", "-ext", "*", *(f"-{kind}" for kind in KINDS)]
    answer = subprocess.run([*line, *folders], capture_output=True, check=False, timeout=300)
    found = {}
    for file in json.loads(answer.stdout):
        values = {str(value).strip() for tag, value in file.items() if tag != "SourceFile"}
        if values - {""}:
            found[file["SourceFile"]] = values
    return found


def met(data: bytes) -> list[Finding]:
    """What meets `--fail-on serial`."""
    format = routing.route(data[: routing.ROUTE_BYTES])
    found = metadata.findings(memoryview(data), format) if format is not None else ()
    return [f for f in found if "serial" in f.name.lower() or is_unread_note(f)]


def test_the_witness_finds_none_that_is_missed(shared_data: Path) -> None:
    missed, seen = [], 0
    for name in witnessed(shared_data):
        data = Path(name).read_bytes()
        if routing.route(data[: routing.ROUTE_BYTES]) is not None:
            seen += 1
            missed += [] if met(data) else [name]
    assert seen >= 18
    assert missed == []


def test_what_is_read_from_notes_is_what_the_witness_reads(shared_data: Path) -> None:
    folder, read = shared_data / "metadata", 0
    for name, number in (
        ("exiftool/Canon1DmkIII.jpg", "500292"),
        ("exiftool/NikonD2Hs.jpg", "3001006"),
        ("exiv2/exiv2-nikon-d70.jpg", "NO= 100005e5"),
        ("exiv2/exiv2-canon-eos-300d.jpg", "570004681"),
    ):
        plainly = {f.value for f in met((folder / name).read_bytes()) if "Serial" in f.name}
        assert plainly == {number}
        witness = {
            value.lower().lstrip("0") for value in witnessed(shared_data)[str(folder / name)]
        }
        read += number.lower() in witness
    assert read == 4


def nikon(*entries: tuple[int, bytes]) -> bytes:
    """A note with these texts."""
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    rows, values = b"", b""
    start = len(head) + 12 * len(entries) + 4
    for number, text in entries:
        rows += struct.pack("<HHII", number, 2, len(text), start + len(values))
        values += text
    return b"Nikon\0\2\x10\0\0" + head + rows + bytes(4) + values


def fujifilm(text: bytes) -> bytes:
    rows = struct.pack("<HHHII", 1, 0x10, 2, len(text), 12 + 2 + 12 + 4)
    return b"FUJIFILM" + struct.pack("<I", 12) + rows + bytes(4) + text


def pentax(text: bytes) -> bytes:
    rows = struct.pack(">HHHII", 1, 0x0229, 2, len(text), 10 + 2 + 12 + 4)
    return b"PENTAX \0MM" + rows + bytes(4) + text


def olympus(text: bytes) -> bytes:
    first = struct.pack("<HHHII", 1, 0x2010, 13, 1, 30) + bytes(4)
    inner = struct.pack("<HHHII", 1, 0x0101, 2, len(text), 30 + 2 + 12 + 4) + bytes(4)
    return b"OLYMPUS\0II\3\0" + first + inner + text


@pytest.mark.parametrize(
    ("note", "name"),
    [
        (nikon((0x1D, b"CANARY-4711\0")), "SerialNumber"),
        (fujifilm(b"CANARY-4711\0"), "InternalSerialNumber"),
        (pentax(b"CANARY-4711\0"), "SerialNumber"),
        (olympus(b"CANARY-4711\0"), "SerialNumber"),
    ],
)
def test_plain_notes_are_read_and_broken_ones_are_not(note: bytes, name: str) -> None:
    found = Finding(Risk.DEVICE, name, "CANARY-4711")
    assert list(serials(memoryview(note), "", "<")) == [found]
    for end in range(len(note)):
        assert set(serials(memoryview(note[:end]), "", "<")) <= {found}
    data = jpeg(exif=exif({MAKE: "Maker"}, inner={MAKER_NOTE: note}))
    assert found in met(data)


def test_a_note_that_is_not_understood_may_hold_one(tmp_path: Path, home: Path) -> None:
    script = Script(tmp_path, home, is_a_process=False)
    secret = exif({MAKE: "Maker"}, inner={MAKER_NOTE: b"no one knows"})
    script.write_bytes("note.jpg", jpeg(exif=secret))
    script.write_bytes("heat.jpg", with_segments(jpeg(), segment(0xE1, b"FLIR\0\1\0\0secret")))
    script.write_bytes("web.jpg", with_segments(jpeg(), segment(0xEC, b"Ducky\0\1\0\4\0\0\0\x3c")))
    script.write_bytes("plain.jpg", jpeg(exif=exif({MAKE: "Maker", 0x0110: "A model"})))
    script.play(
        f'run inspect note.jpg --fail-on serial\nexit 4\nstdout "{SENTENCE}$"\n'
        f'stderr "1 entry in 1 file; {NOTES_MEET}$"\n'
        'run inspect heat.jpg --fail-on serialnumber\nexit 4\nstdout "hold a serial number$"\n'
        "run inspect note.jpg --fail-on gps\n"
        "run inspect web.jpg --fail-on serial\n"
        "run inspect plain.jpg --fail-on serial\n! stdout 'serial'\n"
        "run scrub note.jpg -o clean.jpg\nrun inspect clean.jpg --fail-on serial\n"
    )


def test_a_number_that_is_shown_is_not_said_to_be_unknown() -> None:
    notes = [Finding(Risk.DEVICE, "MakerNote", "9 bytes")]
    assert SENTENCE in plain(notes)[Risk.DEVICE]
    shown = [*notes, Finding(Risk.DEVICE, "SerialNumber", "4711")]
    assert SENTENCE not in plain(shown)[Risk.DEVICE]
    assert asked("internalserialnumber") == ["internalserialnumber"]
