"""The doors for clients of others, entered by those clients: only base URL and key are changed."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from PIL import Image
from removebg import removebg

from safelight.engine.engine import Engine
from safelight.server.endpoint import discovered
from safelight.server.options import ServeOptions
from safelight.settings import load
from tests.client.served import Near, served
from tests.ops.drawn_mug import drawn_mug

LOOPBACK = pytest.mark.opens_sockets("others' clients speak to a port, on loopback")


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Near]:
    folder = tmp_path_factory.mktemp("doors")
    settings = load({"state_dir": folder / "state"}, {}, folder)
    doors = ("removebg", "rembg")
    options = ServeOptions(jobs=2, max_bytes=1_000_000, timeout_s=120, compat=doors)
    with (
        Engine(settings, jobs=2, door="server") as engine,
        served(engine, options, folder, has_port=True) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def mug() -> bytes:
    out = io.BytesIO()
    Image.fromarray(drawn_mug(120, 100).picture).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def theirs(doors: Near, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> removebg.RemoveBg:
    """Their client, with our base URL and our key."""
    monkeypatch.setattr(removebg, "API_ENDPOINT", removebg_url(doors, "removebg"))
    return removebg.RemoveBg(doors.token, str(tmp_path / "errors.log"))


def removebg_url(doors: Near, last: str) -> str:
    return f"http://127.0.0.1:{doors.port}/compat/removebg/v1.0/{last}"


def rembg_url(doors: Near) -> str:
    return f"http://127.0.0.1:{doors.port}/compat/rembg/api/remove"


def is_cut_out(data: bytes) -> bool:
    """The mug is there and the ground is not."""
    with Image.open(io.BytesIO(data)) as opened:
        alpha = opened.convert("RGBA").getchannel("A")
    width, height = alpha.size
    return bool(
        alpha.getpixel((round(width * 0.45), height // 2)) == 255 and alpha.getpixel((1, 1)) == 0
    )


@LOOPBACK
def test_their_client_of_removebg_sends_a_file(
    theirs: removebg.RemoveBg, mug: bytes, tmp_path: Path
) -> None:
    picture = tmp_path / "mug.png"
    picture.write_bytes(mug)
    theirs.remove_background_from_img_file(str(picture), size="hd")
    assert is_cut_out((tmp_path / "mug.png_no_bg.png").read_bytes())


@LOOPBACK
def test_their_client_of_removebg_sends_base64(
    theirs: removebg.RemoveBg, mug: bytes, tmp_path: Path
) -> None:
    target = tmp_path / "cut.png"
    text = base64.b64encode(mug).decode()
    theirs.remove_background_from_base64_img(text, new_file_name=str(target))
    assert is_cut_out(target.read_bytes())
    theirs.remove_background_from_base64_img(text, new_file_name=str(target), bg_color="0000ff")
    with Image.open(target) as opened:
        assert opened.format == "JPEG"
        colour = opened.convert("RGB").getpixel((1, 1))
    assert isinstance(colour, tuple)
    assert max(colour[:2]) < 30 < 225 < colour[2]


@LOOPBACK
def test_a_picture_by_its_address_is_refused_at_every_door(
    theirs: removebg.RemoveBg, doors: Near, tmp_path: Path
) -> None:
    with pytest.raises(requests.HTTPError) as told:
        theirs.remove_background_from_img_url(
            "http://127.0.0.1:9/x.png", new_file_name=str(tmp_path / "x.png")
        )
    (error,) = told.value.response.json()["errors"]
    assert told.value.response.status_code == 400
    assert "opens no address" in error["title"]
    assert not (tmp_path / "x.png").exists()
    logging.getLogger().handlers.clear()
    asked = {"url": "http://127.0.0.1:9/x.png"}
    headers = {"X-API-Key": doors.token}
    told_there = requests.post(rembg_url(doors), params=asked, headers=headers, timeout=120)
    assert (told_there.status_code, "opens no address" in told_there.json()["detail"]) == (
        400,
        True,
    )
    got = requests.get(rembg_url(doors), params=asked, headers=headers, timeout=120)
    assert got.status_code == 405


@LOOPBACK
def test_the_answer_of_removebg_has_the_headers_that_its_clients_read(
    doors: Near, mug: bytes
) -> None:
    found = requests.post(
        removebg_url(doors, "removebg"),
        files={"image_file": mug},
        data={"type": "product", "crop": "true", "crop_margin": "10%", "format": "webp"},
        headers={"X-Api-Key": doors.token},
        timeout=120,
    )
    assert found.status_code == 200
    assert found.headers["Content-Type"] == "image/webp"
    assert (found.headers["X-Type"], found.headers["X-Credits-Charged"]) == ("product", "0")
    with Image.open(io.BytesIO(found.content)) as opened:
        assert opened.size == (int(found.headers["X-Width"]), int(found.headers["X-Height"]))
        assert opened.width < 120
    assert int(found.headers["X-RateLimit-Remaining"]) <= int(found.headers["X-RateLimit-Limit"])
    assert found.headers["Safelight-Receipt"]


@LOOPBACK
def test_removebg_answers_in_json_where_that_alone_is_accepted(doors: Near, mug: bytes) -> None:
    headers = {"X-Api-Key": doors.token, "Accept": "application/json"}
    url = removebg_url(doors, "removebg")
    found = requests.post(url, files={"image_file": mug}, headers=headers, timeout=120)
    assert is_cut_out(base64.b64decode(found.json()["data"]["result_b64"], validate=True))


@LOOPBACK
@pytest.mark.parametrize(
    ("words", "size", "mode"),
    [
        ({"size": "preview"}, (500, 417), "RGBA"),
        ({"size": "full", "channels": "alpha"}, (1000, 834), "L"),
        ({"format": "jpg"}, (1000, 834), "RGB"),
    ],
)
def test_sizes_and_channels_of_removebg(
    doors: Near, words: dict[str, str], size: tuple[int, int], mode: str
) -> None:
    out = io.BytesIO()
    Image.fromarray(drawn_mug(1000, 834).picture).save(out, "JPEG")
    found = requests.post(
        removebg_url(doors, "removebg"),
        files={"image_file": out.getvalue()},
        data=words,
        headers={"X-Api-Key": doors.token},
        timeout=120,
    )
    assert found.status_code == 200, found.text
    with Image.open(io.BytesIO(found.content)) as opened:
        assert (opened.size, opened.mode) == (size, mode)


@LOOPBACK
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (422, {"add_shadow": "true"}),
        (422, {"shadow_type": "drop"}),
        (422, {"format": "zip"}),
        (422, {"scale": "80%"}),
        (422, {"roi": "10% 10% 90% 90%"}),
        (422, {"crop": "true", "crop_margin": "30px"}),
        (422, {"size": "enormous"}),
        (422, {"bg_color": "no colour"}),
        (400, {"image_file_b64": "AAAA"}),
    ],
)
def test_what_is_not_done_is_refused_in_their_words(
    doors: Near, mug: bytes, status: int, words: dict[str, str]
) -> None:
    found = requests.post(
        removebg_url(doors, "removebg"),
        files={"image_file": mug},
        data=words,
        headers={"X-Api-Key": doors.token},
        timeout=120,
    )
    assert found.status_code == status, found.text
    assert found.json()["errors"][0]["title"]


@LOOPBACK
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"data": {"image_file_b64": "!!!!"}}),
        (400, {"data": {"image_file_b64": "AAAAA"}}),
        (400, {"data": {"size": "full"}}),
        (415, {"json": {"image_file_b64": "AAAA"}}),
        (413, {"data": {"image_file_b64": "A" * 2_000_000}}),
        (415, {"data": {"image_file_b64": "AAAA"}}),
        (400, {"data": {"n" * 100: "x"}}),
        (400, {"data": "image_file_b64=QUJD%4", "headers": True}),
    ],
)
def test_a_broken_form_is_told_as_one(doors: Near, status: int, body: dict[str, object]) -> None:
    headers = {"X-Api-Key": doors.token}
    if body.pop("headers", None):
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    found = requests.post(removebg_url(doors, "removebg"), headers=headers, timeout=120, **body)
    assert found.status_code == status, found.text
    assert found.json()["errors"][0]["title"]
    assert doors.house.memory.left_bytes == doors.house.memory.most_bytes


@LOOPBACK
def test_a_stranger_is_refused_in_their_words(doors: Near, mug: bytes) -> None:
    for key in ({}, {"X-Api-Key": "another"}):
        found = requests.post(
            removebg_url(doors, "removebg"), files={"image_file": mug}, headers=key, timeout=120
        )
        assert (found.status_code, "errors" in found.json()) == (401, True)
        found = requests.post(rembg_url(doors), files={"file": mug}, headers=key, timeout=120)
        assert (found.status_code, "detail" in found.json()) == (401, True)


@LOOPBACK
def test_the_account_charges_nothing(doors: Near) -> None:
    found = requests.get(
        removebg_url(doors, "account"), headers={"X-Api-Key": doors.token}, timeout=120
    )
    assert found.json()["data"]["attributes"]["credits"]["total"] == 0


@LOOPBACK
def test_rembg_is_asked_as_its_pages_say(doors: Near, mug: bytes) -> None:
    """Its own package has no client: its pages show curl, which sends the same form."""
    headers = {"X-API-Key": doors.token}
    found = requests.post(rembg_url(doors), files={"file": mug}, headers=headers, timeout=120)
    assert (found.status_code, found.headers["Content-Type"]) == (200, "image/png")
    assert is_cut_out(found.content)
    words = {"om": "true", "a": "true", "af": "240", "ppm": "true"}
    found = requests.post(
        rembg_url(doors), files={"file": mug}, data=words, headers=headers, timeout=120
    )
    with Image.open(io.BytesIO(found.content)) as opened:
        assert opened.mode == "L"
    found = requests.post(
        rembg_url(doors),
        files={"file": mug},
        params={"bgc": "0,0,255,255"},
        headers=headers,
        timeout=120,
    )
    with Image.open(io.BytesIO(found.content)) as opened:
        assert opened.convert("RGB").getpixel((1, 1)) == (0, 0, 255)


@LOOPBACK
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (503, {"model": "u2net"}),
        (503, {"model": "no-such-model"}),
        (422, {"bgc": "0,0,255,128"}),
        (422, {"bgc": "0,0,256"}),
        (422, {"extras": '{"model_path": "/etc/passwd"}'}),
    ],
)
def test_what_rembg_is_asked_and_is_not_here(
    doors: Near, mug: bytes, status: int, words: dict[str, str]
) -> None:
    found = requests.post(
        rembg_url(doors),
        files={"file": mug},
        data=words,
        params={name: word for name, word in words.items() if name in ("bgc", "extras")},
        headers={"X-API-Key": doors.token},
        timeout=120,
    )
    assert found.status_code == status, found.text
    assert found.json()["detail"]


@LOOPBACK
def test_a_form_without_its_picture(doors: Near) -> None:
    found = requests.post(
        rembg_url(doors),
        files={"other": b"x"},
        headers={"X-API-Key": doors.token},
        timeout=120,
    )
    assert found.status_code == 400


def test_a_door_is_there_only_when_it_is_asked_for() -> None:
    assert not [one for one in discovered() if "compat" in one.path]
    paths = {one.path for one in discovered(("rembg",))}
    assert "/compat/rembg/api/remove" in paths
    assert not [path for path in paths if "removebg" in path]
