"""What a manifest claims is told, whole or cut into segments; what cannot be is refused in time."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.codecs import metadata
from safelight.codecs.blocks import Block
from safelight.codecs.c2pa import c2pa_findings, contents, joined
from safelight.codecs.cbor import MAX_DEPTH, read_cbor
from safelight.codecs.reading import short_is_broken
from safelight.codecs.routing import route
from safelight.codecs.software import services_in, telling
from safelight.errors import ContainerBroken
from safelight.image import Risk
from tests.codecs import manifests
from tests.codecs.making import jpeg, segment, with_segments

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-60_000, 60_000) | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_values_come_back_as_they_were_written(value: Any) -> None:
    assert read_cbor(memoryview(manifests.cbor(value))) == value


def test_floats_bytes_tags_and_unknown_lengths() -> None:
    assert read_cbor(memoryview(manifests.cbor(1.5))) == 1.5
    assert bytes(read_cbor(memoryview(manifests.cbor(b"abc")))) == b"abc"
    assert read_cbor(memoryview(b"\xc0" + manifests.cbor("2026"))) == "2026"
    assert read_cbor(memoryview(b"\x9f\x01\x02\xff")) == [1, 2]
    assert read_cbor(memoryview(b"\xbf\x61a\x01\xff")) == {"a": 1}
    assert read_cbor(memoryview(b"\x7f\x61a\x61b\xff")) == "ab"
    assert bytes(read_cbor(memoryview(b"\x5f\x41a\x41b\xff"))) == b"ab"
    assert read_cbor(memoryview(b"\xa1\x01\x02")) == {"1": 2}
    assert read_cbor(memoryview(b"\xf8\x20")) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\x1c",
        b"\x1f",
        b"\x44abc",
        b"\x9f\x01",
        b"\x81" * (MAX_DEPTH + 2) + b"\x01",
        b"\x9b" + struct.pack(">Q", 2**62) + b"\x01" * 30_000,
    ],
    ids=["empty", "break", "bad head", "no length", "short", "open", "deep", "many"],
)
def test_what_is_no_value_is_refused(data: bytes) -> None:
    with pytest.raises(ContainerBroken):
        read_cbor(memoryview(data))


def claimed(store: bytes) -> set[tuple[Risk, str, str]]:
    found = c2pa_findings(memoryview(store))
    return {(finding.group, finding.name, finding.value) for finding in found}


def test_every_claim_is_told_in_its_group() -> None:
    assert claimed(manifests.full()) == {
        (Risk.THUMBNAIL, "C2PA thumbnail", "7 bytes"),
        (
            Risk.HISTORY,
            "C2PA action",
            "c2pa.created; Adobe Firefly 3; trainedAlgorithmicMedia; 2026-01-02T03:04:05Z",
        ),
        (Risk.HISTORY, "C2PA softwareAgent", "Adobe Firefly 3"),
        (Risk.IDENTITY, "C2PA author", "Ada Muster"),
        (Risk.PLACE, "C2PA GPSLatitude", "52,31.2N"),
        (Risk.DEVICE, "C2PA Make", "Acme"),
        (Risk.IDENTITY, "C2PA ingredient", "client-42.psd"),
        (Risk.OTHER, "C2PA vendor.secret", "4 bytes"),
        (Risk.HISTORY, "C2PA claim generator", "Studio 1.2"),
    }


def test_older_spellings_are_understood() -> None:
    found = claimed(
        manifests.store(
            manifests.assertion("c2pa.claim", {"claim_generator": "Tool/1", "dc:title": "a.jpg"}),
            manifests.assertion("c2pa.actions", {"actions": [7, {"softwareAgent": "Gimp"}]}),
            manifests.assertion("c2pa.actions", {"actions": 7}),
            manifests.assertion("c2pa.ingredient.v3", {"title": 8.5}),
            manifests.assertion("c2pa.ingredient", [1]),
        )
    )
    assert found == {
        (Risk.HISTORY, "C2PA claim generator", "Tool/1"),
        (Risk.IDENTITY, "C2PA title", "a.jpg"),
        (Risk.HISTORY, "C2PA action", "Gimp"),
        (Risk.HISTORY, "C2PA softwareAgent", "Gimp"),
        (Risk.IDENTITY, "C2PA ingredient", "8.5"),
    }


def test_a_jpeg_cuts_a_manifest_and_it_is_read_as_one() -> None:
    whole = manifests.full()
    parts = [
        segment(0xEB, b"JP\2\x11" + struct.pack(">I", 1) + whole[:300]),
        segment(0xEB, b"JP\2\x11" + struct.pack(">I", 2) + whole[:8] + whole[300:]),
    ]
    found = metadata.findings(memoryview(with_segments(jpeg(), *parts)), "jpeg")
    names = {finding.name for finding in found}
    assert {"C2PA author", "C2PA claim generator", "C2PA manifest"} <= names
    assert "unreadable block" not in names
    # The control: the second half alone is no manifest.
    half = metadata.findings(memoryview(with_segments(jpeg(), parts[1])), "jpeg")
    assert "unreadable block" in {finding.name for finding in half}


def test_a_manifest_of_thousands_of_boxes_is_refused() -> None:
    with pytest.raises(ContainerBroken, match="too many"):
        list(contents(memoryview(manifests.box(b"free", b"") * 5_000)))


def test_a_manifest_of_many_claims_is_cut_and_that_is_told() -> None:
    many = [manifests.assertion(f"vendor.{number}", {}) for number in range(100)]
    found = list(c2pa_findings(memoryview(manifests.store(*many))))
    assert found[-1].value == "more than 60 claims"


@given(st.integers(0, 1_000), st.integers(0, 255), st.integers(0, 1_000))
def test_a_changed_manifest_never_surprises(at: int, value: int, cut: int) -> None:
    data = bytearray(manifests.full())
    data[at % len(data)] = value
    store = memoryview(bytes(data[: len(data) - cut % 50]))
    with contextlib.suppress(ContainerBroken), short_is_broken():
        list(c2pa_findings(store))


def test_real_manifests_are_read(shared_data: Path) -> None:
    read = 0
    for path in sorted((shared_data / "metadata" / "c2pa").rglob("*.jpg")):
        data = path.read_bytes()
        assert route(data[:132]) == "jpeg"
        found = metadata.findings(memoryview(data), "jpeg")
        if any(finding.name == "C2PA manifest" for finding in found):
            read += 1
            assert any(finding.name == "C2PA claim generator" for finding in found), path.name
    assert read >= 8


def test_blocks_of_other_containers_are_whole() -> None:
    block = Block("c2pa", "caBX", memoryview(b"12345678"))
    assert joined([block]) == [block.data]


@pytest.mark.parametrize(
    ("name", "value", "service"),
    [
        ("Software", "Adobe Firefly", "Adobe Firefly"),
        ("parameters", "a cat Steps: 20, Sampler: Euler a, CFG scale: 7", "Stable Diffusion"),
        ("XMP Credit", "Made with Google AI", "Google AI"),
        ("Description", "a castle --ar 16:9 --v 6.0 Job ID: 1", "Midjourney"),
        ("prompt", '{"3": {"class_type": "KSampler"}}', "ComfyUI"),
        ("C2PA claim generator", "ChatGPT", "ChatGPT"),
        ("C2PA action", "c2pa.created; Grok", "Grok"),
        ("C2PA claim generator", "Adobe_Firefly/1.0", "Adobe Firefly"),
        ("XMP CreatorTool", "Gemini 2.5 Flash Image", "Google AI"),
        ("workflow", '{"last_node_id": 9, "nodes": []}', "ComfyUI"),
        ("invokeai_metadata", '{"app_version": "4.2.0"}', "InvokeAI"),
        ("parameters", '{"prompt": "a cat", "version": "Fooocus v2.5.0"}', "Fooocus"),
        ("parameters", '{"sui_image_params": {"prompt": "a cat"}}', "SwarmUI"),
        ("parameters", "a cat Steps: 20, Model: flux1-dev", "Black Forest Labs FLUX"),
        ("IPTC Caption-Abstract", "a minister, generated with ChatGPT", "ChatGPT"),
    ],
)
def test_a_service_is_known_by_what_it_leaves(name: str, value: str, service: str) -> None:
    assert service in services_in(name, value)


LONG = "a cat on a wall, " * 100


@pytest.mark.parametrize(
    ("words", "service"),
    [
        (f"{LONG} Negative prompt: {LONG} Steps: 20, Sampler: Euler a", "Stable Diffusion"),
        (f'{{"3": {{"inputs": {{"text": "{LONG}"}}, "class_type": "KSampler"}}}}', "ComfyUI"),
        (f'{{"prompt": "{LONG}", "version": "Fooocus v2.5.0"}}', "Fooocus"),
        (f"{LONG} --ar 3:2 --v 6.0 Job ID: 1", "Midjourney"),
    ],
)
def test_what_a_service_leaves_behind_a_long_prompt_is_kept(words: str, service: str) -> None:
    line = telling(words.encode())
    assert service in services_in("parameters", line)
    assert len(line) <= 200
    assert telling(words) == line
    assert list(services_in("parameters", telling(LONG))) == []


def test_a_prompt_that_speaks_of_services_names_the_one_that_made_it_alone() -> None:
    told = "a runway, grok, openai, flux of firefly, ideogram Steps: 20, Sampler: Euler a"
    assert list(services_in("parameters", told)) == ["Stable Diffusion"]
    nodes = '{"3": {"class_type": "KSampler", "inputs": {"text": "grok on a runway, gemini"}}}'
    assert list(services_in("prompt", nodes)) == ["ComfyUI"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Description", "Landing on the runway, in flux, near Gemini"),
        ("XMP title", "Fireflies at dusk"),
        ("Make", "Canon"),
        ("Software", "GIMP 2.10"),
        ("Artist", "Leonardo"),
        ("IPTC Caption-Abstract", "A minister presents ChatGPT and Stable Diffusion to a school"),
        ("XMP title", "a poster of Midjourney in the rooms of OpenAI"),
        ("UserComment", "ffmpeg --v 6 run"),
        ("Software", "Editor de imagen 3.1"),
        ("Software", "Google Shanghai 2"),
        ("Software", "Gemini Scanner 2"),
        ("Software", "Firefly 8SE"),
        ("XMP History", "Open firefly.jpg, runway, flux"),
        ("parameters", "exposure=3 runway flux"),
    ],
)
def test_ordinary_words_name_no_service(name: str, value: str) -> None:
    assert list(services_in(name, value)) == []
