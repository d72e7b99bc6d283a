"""The door for clients of remove.bg: POST /compat/removebg/v1.0/removebg, GET .../account.

Faithful: the names of fields and sizes, X-API-Key (our token), binary answers, X-Type, X-Width,
X-Height, X-Credits-Charged (0), headers of the rate, the list of errors. Different: a picture named
by its address is refused, as are shadows, regions, placing and zip archives; size is the whole
picture where nothing is said; X-Type says what was said, as nobody looks what is shown; base64
comes in forms alone. Answers are bytes, or base64 in JSON for who accepts that alone.
"""

from __future__ import annotations

import math
import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from safelight.errors import MediaUnknown, ParameterInvalid, SafelightError, UsageError
from safelight.limits import MEGA
from safelight.recipe import Recipe
from safelight.server.blob import Blob
from safelight.server.compat.urlencoded import FORM_WORDS, read_words
from safelight.server.compat.working import decoded, worked
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.body.reading import FORM, Body, Expected, media_type, read_body
from safelight.server.front.jobs.asking import checked

FILES = {"image_file": 1, "image_file_b64": 1, "bg_image_file": 1}
# How many pixels a result has at most, in millions, by the names that its clients know.
SIZES = {"preview": 0.25, "small": 0.25, "regular": 0.25, "medium": 1.5, "hd": 4.0,
         "4k": 10.0, "50MP": 50.0}  # fmt: skip
FORMATS = {"png": "png", "jpg": "jpeg", "webp": "webp"}
TYPES = ("person", "product", "car", "animal", "transportation", "graphics")
# What stands around the base64 of an answer that was asked for as JSON.
JSON_WORDS = (b'{"data": {"result_b64": "', b'"}}')
HEX = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


class Asked(BaseModel):
    """What its clients may ask for, besides the picture in image_file or image_file_b64."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    size: Literal["preview", "small", "regular", "medium", "hd", "4k", "50MP", "full", "auto"] = (
        Field("full", description="of the result, at most; full and auto are the whole picture")
    )
    type: str = Field("auto", max_length=32, description="what is shown; given back as it came")
    format: Literal["auto", "png", "jpg", "webp", "zip"] = Field(
        "auto", description="of the result; zip is refused"
    )
    channels: Literal["rgba", "alpha"] = Field("rgba", description="alpha: the mask alone")
    bg_color: str | None = Field(None, max_length=64, description="colour of the ground")
    crop: bool = Field(False, description="cut to the subject")
    crop_margin: str = Field("0", max_length=32, description="around it, in percent or pixels")
    semitransparency: bool = Field(True, description="heeded always")
    add_shadow: bool = Field(False, description="refused")
    shadow_type: str = Field("none", max_length=32, description="refused but for none")
    scale: str = Field("original", max_length=32, description="refused but for original")
    position: str = Field("original", max_length=64, description="refused but for original")
    roi: str = Field("0% 0% 100% 100%", max_length=64, description="refused but for the whole")


WORDS = (*Asked.model_fields, "image_url", "bg_image_url", "type_level")


async def remove(call: Call) -> Response:
    with await _body(call) as body:
        _refuse_addresses(body)
        given = {name: word for name, word in body.fields.items() if word != ""}
        asked = checked(Asked, given)
        grounds = {blob.sha256: blob for blob in body.blobs.get("bg_image_file", ())}
        recipe = recipe_of(asked, next(iter(grounds), ""))
        picture = await _picture(call, body)
        body.take("bg_image_file")
        done = await worked(call, recipe, picture, grounds)
    document = done.document
    headers = {
        "X-Type": asked.type if asked.type in TYPES else "other",
        "X-Width": str(document["width"]),
        "X-Height": str(document["height"]),
        "X-Credits-Charged": "0",
        **_rate(call),
    }
    if call.request.headers.get("accept", "").strip().lower() == "application/json":
        return await done.coded(call.house.memory, JSON_WORDS, headers)
    return done.response(headers)


async def account(_call: Call) -> Response:
    credits = {"total": 0, "subscription": 0, "payg": 0, "enterprise": 0}
    attributes = {"credits": credits, "api": {"free_calls": 0, "sizes": "all"}}
    return JSONResponse({"data": {"attributes": attributes}})


def recipe_of(asked: Asked, ground: str = "") -> Recipe:
    """ground: SHA-256 of a picture that came along. Raises ParameterInvalid."""
    _refuse_more(asked)
    cut: dict[str, Any] = {"op": "cutout", "mask_only": asked.channels == "alpha"}
    if asked.crop:
        cut |= {"crop": True, "margin": _margin(asked.crop_margin)}
    if not cut["mask_only"] and (asked.bg_color or ground):
        cut["bg"] = f"picture:{ground}" if ground else _colour(asked.bg_color or "")
    has_ground = "bg" in cut
    format = FORMATS.get(asked.format, "jpeg" if has_ground else "png")
    if format == "jpeg" and not has_ground and not cut["mask_only"]:
        cut["bg"] = "#ffffff"  # as its clients know it: what was transparent is white
    steps = [*_smaller(asked.size), cut | {"format": format}]
    return Recipe.from_steps(steps)


def _smaller(size: str) -> list[dict[str, Any]]:
    """No side longer than that of a square of so many pixels: so they are never more."""
    if size not in SIZES:
        return []
    return [{"op": "resize", "long": math.isqrt(int(SIZES[size] * MEGA))}]


def _refuse_more(asked: Asked) -> None:
    """Raises ParameterInvalid for what is not done here, rather than leave it undone in silence."""
    usual = Asked()
    refused = {
        "format": asked.format == "zip",
        "add_shadow": asked.add_shadow,
        "shadow_type": asked.shadow_type not in ("none", "auto"),
        "scale": asked.scale != usual.scale,
        "position": asked.position not in (usual.position, "center"),
        "roi": asked.roi.split() != usual.roi.split(),
    }
    for name, is_asked in refused.items():
        if is_asked:
            raise ParameterInvalid(f"{name}: this is not done here", fields=((name, "not done"),))


def _colour(text: str) -> str:
    """Raises ParameterInvalid where it is neither hexadecimal, opaque, nor a name."""
    found = HEX.fullmatch(text)
    return f"#{found[1].lower()}" if found else text.lower()


def _margin(text: str) -> float:
    """In percent of the longer side of the subject. Raises ParameterInvalid."""
    number = text.strip().removesuffix("%")
    if (
        not re.fullmatch(r"\d{1,3}(\.\d{1,3})?", number)
        or float(number) > 100
        or (not text.strip().endswith("%") and float(number) != 0)
    ):
        raise ParameterInvalid("crop_margin: in percent, from 0% to 100%")
    return float(number)


async def _body(call: Call) -> Body:
    house, kind = call.house, media_type(call.request)
    if kind == FORM:
        most = house.options.max_bytes * 4 // 3
        expected = Expected(FILES, WORDS, others="ignored")
        return await read_body(call.request, house.memory, most, expected)
    if kind == FORM_WORDS:
        return await read_words(call.request, house.memory, house.options.max_bytes, WORDS)
    raise MediaUnknown(hint="send multipart/form-data with a part image_file")


async def _picture(call: Call, body: Body) -> Blob:
    """The one that came, whichever way. Raises UsageError."""
    plain, coded = body.take("image_file"), body.take("image_file_b64")
    if len(plain) + len(coded) != 1:
        for blob in (*plain, *coded):
            blob.close()
        raise UsageError("one picture is needed", hint="send it in image_file or image_file_b64")
    if plain:
        return plain[0]
    return await decoded(call.house.memory, coded[0], call.house.options.max_bytes)


def _refuse_addresses(body: Body) -> None:
    for name in ("image_url", "bg_image_url"):
        if body.fields.get(name):
            raise UsageError(
                f"{name}: the server opens no address", hint="send the picture in image_file"
            )


def _rate(call: Call) -> dict[str, str]:
    """How many pictures may wait, and how many more just now."""
    queue, waiting = call.house.options.queue, call.house.desk.schedule.waiting
    left = max(0, queue - waiting)
    return {
        "X-RateLimit-Limit": str(queue),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": "0",
    }


def failing(error: SafelightError, _request_id: str) -> Response:
    """A problem as its clients read it."""
    told = {"title": error.message, "code": error.code.replace("-", "_"), "detail": error.hint}
    headers = {}
    if (after_s := getattr(error, "retry_after_s", None)) is not None:
        headers["Retry-After"] = str(after_s)
    return JSONResponse({"errors": [told]}, error.status, headers)


PATH = "/compat/removebg/v1.0"
endpoints = (
    Endpoint(
        "POST", f"{PATH}/removebg", remove, "Cut out, as clients of remove.bg ask for it",
        tag="compat", options=Asked, body="picture", answer="picture", is_rooted=True,
        failing=failing, errors=(MediaUnknown, UsageError),
    ),
    Endpoint(
        "GET", f"{PATH}/account", account, "An account without credits, as nothing is charged",
        tag="compat", answer="json", is_rooted=True, failing=failing,
    ),
)  # fmt: skip
