"""Names in a receipt: what our tables have, and nothing that a file made up."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib

import pytest

from safelight.audit.facts import MetadataFact
from safelight.audit.names import OTHER, public_name
from safelight.codecs.metadata import UNREADABLE, findings
from safelight.codecs.text_risks import DICOM_NAMES, TEXT_RISKS
from safelight.image import Change
from tests.audit.making import receipt_facts
from tests.audit.test_receipt import make

PERSON = "Jane Doe 48.208174 N"
HEAVY = ("cryptography", "numpy", "onnxruntime", "PIL", "pyvips", "rich", "http.client")


@pytest.mark.parametrize(
    "name",
    [
        *("GPSLatitude", "Artist", "InteropIndex", "IPTC City", "XMP creator", "XMP GPSLatitude"),
        *("Author", "date:create", "APP13", "ICC_Profile", "C2PA manifest", "unreadable block"),
    ],
)
def test_a_name_of_our_tables_is_told(name: str) -> None:
    assert public_name(name) == name


def test_every_keyword_that_a_reader_knows_is_told() -> None:
    known = {*TEXT_RISKS, *DICOM_NAMES, UNREADABLE}
    assert {public_name(name) for name in known} == known


@pytest.mark.parametrize(
    "name",
    [
        *(PERSON, "XMP JaneDoe", "jaNe", "48.2", "GPS Latitude", "IPTC Jane", "APP16", "author"),
        *("", "XMP ", "Artist\n", "Raw profile type Jane", "2 further frames"),
    ],
)
def test_every_other_name_is_not(name: str) -> None:
    assert public_name(name) == OTHER


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _payload() -> str:
    """The receipt of a picture whose keywords, property and chunk carry a person and a place."""
    xmp = (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF"
        " xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<r:Description xmlns:j='urn:j' j:JaneDoe='1'/></r:RDF></x:xmpmeta>"
    )
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
            _chunk(b"tEXt", PERSON.encode() + b"\0words"),
            _chunk(b"tEXt", b"Author\0words"),
            _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp.encode()),
            _chunk(b"jaNe", b"words"),
            _chunk(b"IDAT", zlib.compress(b"\0\0")),
            _chunk(b"IEND", b""),
        )
    )
    changes = [Change("removed", found) for found in findings(memoryview(png), "png")]
    fact = MetadataFact.of(changes, is_reencoded=False)
    assert sum(group.removed for group in fact.groups) == 4
    return make(receipt_facts(metadata=fact)).payload.decode()


CARRIED = (PERSON, "JaneDoe", "jaNe")


def test_free_text_of_a_container_does_not_reach_a_receipt() -> None:
    payload = _payload()
    assert [word for word in CARRIED if word in payload] == []
    assert OTHER in payload
    assert "Author" in payload


def test_control_without_the_tables_it_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safelight.audit.facts.public_name", str)
    payload = _payload()
    assert [word for word in CARRIED if word in payload] == list(CARRIED)


def test_the_tables_load_nothing_heavy() -> None:
    program = "import safelight.audit.names, sys, json; print(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert set(json.loads(ran.stdout)) & set(HEAVY) == set()
