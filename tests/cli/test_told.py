"""What the command tells of a picture: services, programs, places, and what it could not read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from safelight.worker import launch
from tests.cli.testscript import Script
from tests.codecs.making import png, with_chunks

Files = dict[str, bytes]


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
        f"stdout '^  AI-origin mark  no mark, but an AI service left its name: {service}$'\n"
        f"run {verb} plain.png\n! stdout 'AI-origin|service left'\n"
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
