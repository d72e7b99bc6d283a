"""The map of what touched pictures: names made one, evidence, pseudonyms, what is unread."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.engine.engine import Engine
from safelight.proof.dataflow.drawing import svg
from safelight.proof.dataflow.ground import Ground
from safelight.proof.dataflow.naming import device_of, is_firmware, people_in, programs_in
from safelight.proof.dataflow.parts import Map
from safelight.proof.dataflow.table import lines
from tests.codecs import manifests
from tests.codecs.making import (
    dicom,
    iptc,
    jpeg,
    picture,
    png,
    resource,
    segment,
    with_chunks,
    with_segments,
)
from tests.proof.flows import described, mapped, names, taken

MM = "http://ns.adobe.com/xap/1.0/mm/"
EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"


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


def test_an_object_of_a_clinic_names_its_machine_and_its_people(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    data = dicom(
        picture(), Manufacturer="Acme Medical", ManufacturerModelName="Scan 5", StationName="ROOM7",
        DeviceSerialNumber="4711", SoftwareVersions="51.80", PatientName="Lee^Ann",
        OperatorsName="----", ReferringPhysicianName="Bo^Dr",
    )  # fmt: skip
    (folder / "a.dcm").write_bytes(data)
    found = mapped(folder, ground=ground, engine=engine)
    assert names(found, "device") == ["Acme Medical Scan 5", "ROOM7"]
    device = found.of_kind("device")[0]
    assert set(device.details) == {"serial number: 4711", "its own software 51.80"}
    assert {place.name: list(place.words) for place in found.of_kind("person")} == {
        "Lee^Ann": ["shows"],
        "Bo^Dr": ["asked for by"],
    }
    assert names(found, "program") == []


def test_a_picture_that_says_nothing_is_on_no_arrow(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    (folder / "a.jpg").write_bytes(jpeg())
    found = mapped(folder, ground=ground, engine=engine)
    assert [place for place in found.places if place.kind != "way"] == []
    assert found.roots[0].read == 1


def with_names(folder: Path) -> None:
    """Three pictures that name a person, a computer, and two cameras of one model."""
    for name, serial in (("a", "SN-12345"), ("b", "SN-12345"), ("c", "SN-777")):
        photo = taken(make="Acme", model="Q1", serial=serial, artist="Ann Lee", host="Ann's tower")
        (folder / f"{name}.jpg").write_bytes(photo)


def named_in(found: Map) -> set[str]:
    """What a map tells of these, in any of its forms."""
    told = json.dumps(found.document()) + "\n".join(lines(found)) + svg(found)
    return {word for word in ("Ann Lee", "SN-12345", "SN-777", "tower") if word in told}


def test_people_and_serial_numbers_have_pseudonyms(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    with_names(folder)
    hidden = mapped(folder, ground=ground, values="public", engine=engine)
    assert named_in(hidden) == set()
    assert names(hidden, "person") == ["person 1"]
    assert names(hidden, "device") == ["Acme Q1", "computer 1"]
    assert list(hidden.of_kind("device")[0].details) == ["serial number 1", "serial number 2"]


def test_where_they_are_asked_for_the_same_search_finds_them(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    with_names(folder)
    shown = mapped(folder, ground=ground, engine=engine)
    assert named_in(shown) == {"Ann Lee", "SN-12345", "SN-777", "tower"}
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


def test_a_prompt_is_shown_only_where_it_is_asked_for(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    prompt = "Ann Lee in a park Steps: 20, Sampler: Euler a"
    (folder / "a.png").write_bytes(with_chunks(png(), (b"tEXt", b"parameters\0" + prompt.encode())))
    found = mapped(folder, ground=ground, values="public", engine=engine)
    assert names(found, "ai") == ["Stable Diffusion"]
    assert evidence(found, "ai") == {("a.png", "parameters", "(hidden)")}
    shown = mapped(folder, ground=ground, engine=engine)
    assert evidence(shown, "ai") == {("a.png", "parameters", prompt)}


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
