"""The map of what touched pictures: names made one, evidence, pseudonyms, what is unread."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from safelight.engine.engine import Engine
from safelight.errors import InputMissing
from safelight.proof.dataflow.carriers import carrier, carriers_in
from safelight.proof.dataflow.ground import Ground
from safelight.proof.dataflow.machine import Machine
from safelight.proof.dataflow.naming import device_of, is_firmware, people_in, programs_in
from safelight.proof.dataflow.parts import Map
from safelight.proof.dataflow.survey import Walk, survey
from safelight.proof.dataflow.table import lines
from safelight.settings import Settings
from tests.codecs import manifests
from tests.codecs.making import (
    XMP_HEAD,
    exif,
    iptc,
    jpeg,
    png,
    resource,
    segment,
    with_chunks,
    with_segments,
    xmp,
)
from tests.proof.flows import bare, mapped, names

MAKE, MODEL, SOFTWARE, ARTIST, HOST = 0x010F, 0x0110, 0x0131, 0x013B, 0x013C
SERIAL = 0xC62F
MM = "http://ns.adobe.com/xap/1.0/mm/"
EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(Settings(), jobs=1) as opened:
        yield opened


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return bare(tmp_path / "system")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


def taken(**tags: str) -> bytes:
    """A photo with these tags of EXIF."""
    numbers = {"make": MAKE, "model": MODEL, "software": SOFTWARE, "artist": ARTIST, "host": HOST,
               "serial": SERIAL}  # fmt: skip
    block = exif({numbers[name]: value for name, value in tags.items()})
    return with_segments(jpeg(), segment(0xE1, b"Exif\0\0" + block))


def described(properties: str, **namespaces: str) -> bytes:
    return with_segments(jpeg(), segment(0xE1, XMP_HEAD + xmp(properties, **namespaces)))


def step(agent: str, when: str) -> str:
    return f"<rdf:li s:action='saved' s:softwareAgent='{agent}' s:when='{when}'/>"


def evidence(found: Map, kind: str) -> set[tuple[str, str, str]]:
    """File name, tag and value behind the arrows of one kind."""
    ids = {place.id for place in found.places if place.kind == kind}
    return {
        (Path(one.file).name, one.tag, one.value)
        for arrow in found.arrows
        if arrow.source in ids
        for one in arrow.evidence
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Adobe Photoshop 24.1 (20221029.m.1946 73a94a1) (Macintosh)", ["Adobe Photoshop"]),
        ("Adobe Photoshop CS5 Windows", ["Adobe Photoshop"]),
        ("Adobe Photoshop for Macintosh", ["Adobe Photoshop"]),
        ("GIMP 2.99.5 (Linux)", ["GIMP"]),
        ("IrfanView", ["IrfanView"]),
        ("pdfTeX-1.40.14", ["pdfTeX"]),
        ("digiKam-1.0.0-beta2 (rev. : 979154)", ["digiKam"]),
        ("make_test_images/0.12.0 c2pa-rs/0.12.0", ["make_test_images", "c2pa-rs"]),
        ("TestApp c2patool/0.3.0", ["TestApp", "c2patool"]),
        ("cavif - https://github.com/link-u/cavif", ["cavif"]),
        ("libheif (1.9.1) / Rav1e encoder", ["libheif"]),
        ("#Mainconcept MP4 Sound Media Handler", ["Mainconcept"]),
        ("Lavf57.71.100", ["Lavf"]),
        ("darktable 2.5.0+346~g25ce", ["darktable"]),
        ("VideoHandler", []),
        ("AVIF Still Picture", []),
        ("Alias Data Handler", []),
        ("N/A", []),
        ("  ", []),
        ("Perfect Image", ["Perfect Image"]),
    ],
)
def test_a_program_has_one_name_in_all_its_versions(value: str, expected: list[str]) -> None:
    assert [name for name, _ in programs_in(value)] == expected


def test_a_version_is_kept_beside_the_name() -> None:
    assert list(programs_in("Adobe Photoshop 24.1 (Macintosh)")) == [
        ("Adobe Photoshop", "24.1 (Macintosh)")
    ]
    assert list(programs_in("a_b/1.2")) == [("a_b", "1.2")]


@pytest.mark.parametrize(
    ("make", "model", "expected"),
    [
        ("NIKON CORPORATION", "NIKON D70", ("NIKON CORPORATION", "D70")),
        ("Canon", "Canon EOS 40D", ("Canon", "EOS 40D")),
        ("Apple", "iPhone 7", ("Apple", "iPhone 7")),
        ("", "SLP800", ("", "SLP800")),
        ("Nikon", "", ("Nikon", "")),
    ],
)
def test_a_maker_is_said_once(make: str, model: str, expected: tuple[str, str]) -> None:
    assert device_of(make, model) == expected


@pytest.mark.parametrize("value", ["14.4.2", "Ver.1.01", "v981-79", "K10D Ver 1.30", "Version 1.3"])
def test_what_a_device_runs_itself_is_no_program(value: str) -> None:
    assert is_firmware(value, "PENTAX Corporation", "PENTAX K10D")
    assert not is_firmware("GIMP 2.10", "PENTAX Corporation", "PENTAX K10D")


def test_people_stand_in_lists() -> None:
    assert list(people_in("Ann  Lee; N/A; Bo")) == ["Ann Lee", "Bo"]


def test_devices_programs_and_people_are_named_with_their_evidence(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    photo = taken(make="Acme", model="Acme Q1", software="Edit It 3.1", artist="Ann Lee")
    (folder / "a.jpg").write_bytes(photo)
    (folder / "b.jpg").write_bytes(taken(make="Acme", model="Acme Q1", software="1.0.2"))
    found = mapped(folder, ground=ground, engine=engine)
    assert names(found, "device") == ["Acme Q1"]
    assert len(found.of_kind("device")[0].pictures) == 2
    assert names(found, "program") == ["Edit It"]
    assert names(found, "person") == ["Ann Lee"]
    assert evidence(found, "program") == {("a.jpg", "Software", "Edit It 3.1")}
    assert evidence(found, "person") == {("a.jpg", "Artist", "Ann Lee")}
    assert ("b.jpg", "Model", "Acme Q1") in evidence(found, "device")
    assert list(found.of_kind("device")[0].details) == ["its own software 1.0.2"]


def test_a_picture_that_says_nothing_is_on_no_arrow(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    (folder / "a.jpg").write_bytes(jpeg())
    found = mapped(folder, ground=ground, engine=engine)
    assert [place for place in found.places if place.kind != "way"] == []
    assert found.roots[0].read == 1


def test_people_and_serial_numbers_have_pseudonyms_unless_asked_for(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    for name, serial in (("a", "SN-12345"), ("b", "SN-12345"), ("c", "SN-777")):
        photo = taken(make="Acme", model="Q1", serial=serial, artist="Ann Lee", host="Ann's tower")
        (folder / f"{name}.jpg").write_bytes(photo)
    hidden = mapped(folder, ground=ground, values="public", engine=engine)
    told = json.dumps(hidden.document()) + "\n".join(lines(hidden))
    assert not any(word in told for word in ("Ann", "SN-12345", "SN-777", "tower"))
    assert names(hidden, "person") == ["person 1"]
    assert names(hidden, "device") == ["Acme Q1", "computer 1"]
    assert list(hidden.of_kind("device")[0].details) == ["serial number 1", "serial number 2"]
    shown = mapped(folder, ground=ground, engine=engine)
    assert names(shown, "person") == ["Ann Lee"]
    assert list(shown.of_kind("device")[0].details) == [
        "serial number: SN-12345",
        "serial number: SN-777",
    ]


def test_with_hidden_values_no_value_of_a_file_is_told(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    (folder / "a.jpg").write_bytes(taken(make="Acme", model="Q1", software="Edit It 3.1-canary"))
    found = mapped(folder, ground=ground, values="none", engine=engine)
    assert evidence(found, "program") == {("a.jpg", "Software", "(hidden)")}


def test_a_history_gives_each_step_its_time(folder: Path, ground: Ground, engine: Engine) -> None:
    seq = step("Tool 2.0", "2021-03-04T05:06:07Z") + step("Other 1.0", "2020-01-02T03:04:05Z")
    history = f"<mm:History><rdf:Seq>{seq}</rdf:Seq></mm:History>"
    (folder / "a.jpg").write_bytes(described(history, mm=MM, s=EVENT))
    found = mapped(folder, ground=ground, engine=engine)
    assert [(one.when, one.what) for one in found.steps] == [
        ("2020-01-02T03:04:05Z", "saved, Other 1.0"),
        ("2021-03-04T05:06:07Z", "saved, Tool 2.0"),
    ]
    assert sorted(place.label + min(place.times) for place in found.of_kind("program")) == [
        "Other2020-01-02 03:04:05",
        "Tool2021-03-04 05:06:07",
    ]


AI: dict[str, tuple[Callable[[], bytes], str]] = {
    "a prompt in PNG": (
        lambda: with_chunks(
            png(), (b"tEXt", b"parameters\0cat\nSteps: 20, Sampler: Euler a, Size")
        ),
        "Stable Diffusion",
    ),
    "a field for it": (
        lambda: described("<i:AISystemUsed>Vision Maker</i:AISystemUsed>", i=EXTENSION),
        "Vision Maker",
    ),
    "a mark without a name": (
        lambda: described(
            f"<i:DigitalSourceType>{TERMS}trainedAlgorithmicMedia</i:DigitalSourceType>",
            i=EXTENSION,
        ),
        "AI that is not named",
    ),
    "credentials": (lambda: with_chunks(png(), (b"caBX", manifests.full())), "Adobe Firefly"),
    "a program of a service": (lambda: taken(software="Midjourney"), "Midjourney"),
}


@pytest.mark.parametrize("way", AI)
def test_an_ai_service_is_named(folder: Path, ground: Ground, engine: Engine, way: str) -> None:
    make, service = AI[way]
    (folder / "a").write_bytes(make())
    found = mapped(folder, ground=ground, engine=engine)
    assert names(found, "ai") == [service]
    assert service not in names(found, "program")


@pytest.mark.parametrize(
    "photo",
    [
        lambda: taken(artist="Gemini Runway", software="Adobe Photoshop 22.0"),
        lambda: described(
            f"<i:DigitalSourceType>{TERMS}digitalCapture</i:DigitalSourceType>", i=EXTENSION
        ),
    ],
)
def test_a_picture_without_one_names_none(
    folder: Path, ground: Ground, engine: Engine, photo: Callable[[], bytes]
) -> None:
    (folder / "a.jpg").write_bytes(photo())
    assert names(mapped(folder, ground=ground, engine=engine), "ai") == []


def test_a_service_that_gave_it_out_and_a_host_of_its_credentials(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    block = resource(0x0404, b"\x1c\x02\x28\x00\x10FBMD0100canary12")
    marked = with_segments(jpeg(), segment(0xED, b"Photoshop 3.0\0" + block))
    (folder / "a.jpg").write_bytes(marked)
    remote = "<t:provenance>https://credentials.example/m/1</t:provenance>"
    (folder / "b.jpg").write_bytes(described(remote, t="http://purl.org/dc/terms/"))
    found = mapped(folder, ground=ground, engine=engine)
    assert names(found, "online") == ["credentials.example", "Facebook or Instagram"]
    assert "canary" not in json.dumps(found.document())


def test_a_sidecar_is_read_in_the_cage(folder: Path, ground: Ground, engine: Engine) -> None:
    packet = xmp("<x:CreatorTool>Sorter 4.0</x:CreatorTool>", x="http://ns.adobe.com/xap/1.0/")
    (folder / "a.xmp").write_bytes(packet)
    found = mapped(folder, ground=ground, engine=engine)
    assert names(found, "program") == ["Sorter"]
    assert (found.roots[0].read, found.roots[0].searched) == (0, 1)


def test_blocks_in_files_of_other_formats_are_found_by_their_marks(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    packet = xmp("<x:CreatorTool>Sorter 4.0</x:CreatorTool>", x="http://ns.adobe.com/xap/1.0/")
    block = b"Exif\0\0" + exif({MAKE: "Acme", MODEL: "Q1"})
    (folder / "a.odd").write_bytes(b"no picture" + block + b"rest" + packet)
    raw = exif({MODEL: "Raw One"})
    (folder / "b.odd").write_bytes({b"II": b"IIRO", b"MM": b"MMOR"}[raw[:2]] + raw[4:])
    (folder / "c.odd").write_bytes(b"before" + taken(model="Within"))
    (folder / "d.odd").write_bytes(b"nothing that shows")
    (folder / "e.odd").write_bytes(b"RIFF....AVI ISFT\x08\0\0\0Filmer 2\0")
    (folder / "f.odd").write_bytes(b"")
    found = mapped(folder, ground=ground, engine=engine)
    assert set(names(found, "device")) == {"Acme Q1", "Raw One", "Within"}
    assert set(names(found, "program")) == {"Sorter", "Filmer"}
    assert [Path(file).name for file in found.roots[0].unread] == ["d.odd", "f.odd"]


def test_a_carrier_holds_what_was_put_in_and_nothing_else() -> None:
    made = carrier(exif=b"MM\0*abc", xmp=b"<x/>")
    assert made.count(b"MM\0*abc") == made.count(b"<x/>") == 1
    assert list(carriers_in(b"nothing")) == []


def test_what_cannot_be_read_is_listed_and_ends_nothing(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    (folder / "a.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "c.jpg.enc").write_bytes(b"not what it says")
    (folder / "b.jpg").write_bytes(taken(model="Q1"))
    found = mapped(folder, ground=ground, engine=engine)
    assert names(found, "device") == ["Q1"]
    assert [Path(file).name for file in found.roots[0].unread] == ["a.jpg", "c.jpg.enc"]
    assert "1 picture read, 2 not read" in next(lines(found))


def test_who_has_had_enough_waits_for_no_further_file(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    for at in range(40):
        (folder / f"{at:02}.jpg").write_bytes(jpeg())
    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        survey(engine, Walk([folder]), machine=Machine(ground), progress=stop)
    assert told == [(1, 40)]


def test_folders_below_are_looked_into_where_asked(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    (folder / "below").mkdir()
    (folder / "below" / "a.jpg").write_bytes(taken(model="Deep"))
    (folder / ".hidden.jpg").write_bytes(taken(model="Hidden"))
    (folder / "out.jpg").symlink_to("/etc/hostname")
    assert names(mapped(folder, ground=ground, engine=engine), "device") == []
    deep = mapped(folder, ground=ground, engine=engine, recursive=True)
    assert names(deep, "device") == ["Deep"]
    assert deep.roots[0].unread == {}


def test_each_named_folder_has_arrows_of_its_own(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    other = folder.with_name("other")
    other.mkdir()
    (folder / "a.jpg").write_bytes(taken(model="Q1"))
    (other / "b.jpg").write_bytes(taken(model="Q1"))
    found = mapped(folder, other / "b.jpg", ground=ground, engine=engine)
    device = found.of_kind("device")[0]
    assert [arrow.target for arrow in found.at(device)] == ["pictures-1", "pictures-2"]


def test_a_folder_that_is_not_there_is_refused(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    with pytest.raises(InputMissing, match="there is no"):
        mapped(folder / "nothing", ground=ground, engine=engine)


def test_the_table_names_everything_with_one_evidence(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    seq = "".join(step("Tool 2.0", f"2021-03-04T05:06:{at:02}Z") for at in range(14))
    history = f"<mm:History><rdf:Seq>{seq}</rdf:Seq></mm:History>"
    (folder / "a.jpg").write_bytes(described(history, mm=MM, s=EVENT))
    for at in range(10):
        (folder / f"z{at}.odd").write_bytes(b"nothing")
    text = "\n".join(lines(mapped(folder, ground=ground, engine=engine)))
    assert "Programs: 1" in text
    assert "Tool  (2021-03-04)" in text
    assert "went through [claimed]" in text
    assert "AI services: none found" in text
    assert "and 2 more; --json lists all" in text
    assert "Steps that histories list: 14, 14 with a time" in text
    assert "\n  pixels are not looked at" in text


def test_the_caption_of_a_writer_is_a_person(folder: Path, ground: Ground, engine: Engine) -> None:
    block = segment(0xED, b"Photoshop 3.0\0" + resource(0x0404, iptc(n80=b"Bo")))
    (folder / "a.jpg").write_bytes(with_segments(jpeg(), block))
    assert names(mapped(folder, ground=ground, engine=engine), "person") == ["Bo"]
