"""Refusals: pictures that a server does not work on, or stops to; each with its code."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from safelight.proof.remanence.canary import SIGNATURE
from safelight.proof.serving.talk import CLOSED, Talk, multipart
from safelight.proof.serving.ways import API, PNG, SMALL, Shot, Way, form

LATER = {"Content-Type": PNG, "Prefer": "respond-async"}
SLOW = f"{API}/resize?width=9000&enlarge=true"
# More than any server takes that was not told otherwise.
HUGE_BYTES = 1 << 40


def _unknown(talk: Talk, shot: Shot) -> str:
    return talk.ask("POST", SMALL, b"?" * 200 + shot.data, {"Content-Type": PNG}).code


def _broken(talk: Talk, shot: Shot) -> str:
    return talk.ask("POST", SMALL, shot.data[: len(shot.data) // 2], {"Content-Type": PNG}).code


def _lying(talk: Talk, shot: Shot) -> str:
    """A header that speaks of more pixels than anybody may have."""
    data, start = shot.data, len(SIGNATURE) + 8
    lie = data[:start] + b"\0\0\xea\x60\0\0\xea\x60" + data[start + 8 :]
    return talk.ask("POST", SMALL, lie, {"Content-Type": PNG}).code


def _too_large(talk: Talk, shot: Shot) -> str:
    """Told by its size: refused before it is read."""
    size = {"Content-Type": PNG, "Content-Length": str(HUGE_BYTES), "Expect": "100-continue"}
    return talk.ask("POST", SMALL, b"", size).code


def _parameter(talk: Talk, shot: Shot) -> str:
    return talk.ask("POST", f"{API}/resize?width=-1", shot.data, {"Content-Type": PNG}).code


def _options(talk: Talk, shot: Shot) -> str:
    """A parameter that does not exist and is called as the picture is."""
    body, kind = form(shot, {shot.name: 1})
    return talk.ask("POST", f"{API}/resize", body, {"Content-Type": kind}).code


def _model(talk: Talk, shot: Shot) -> str:
    path = f"{API}/upscale?model=none-such"
    return talk.ask("POST", path, shot.data, {"Content-Type": PNG}).code


def _path(talk: Talk, shot: Shot) -> str:
    """A path, a query and a header with the picture's name in them."""
    named = {"Content-Type": PNG, "Referer": shot.name, "Idempotency-Key": shot.name}
    return talk.ask("POST", f"{API}/{shot.name}?of={shot.name}", shot.data, named).code


def _nobody(talk: Talk, shot: Shot) -> str:
    return replace(talk, token="").ask("POST", SMALL, shot.data, {"Content-Type": PNG}).code


def _foreign(talk: Talk, shot: Shot) -> str:
    kinds = {"Content-Type": PNG, "Host": f"{shot.mark.text}.example"}
    return talk.ask("POST", SMALL, shot.data, kinds).code


def _origin(talk: Talk, shot: Shot) -> str:
    kinds = {"Content-Type": PNG, "Origin": f"https://{shot.mark.text}.example"}
    return talk.ask("POST", SMALL, shot.data, kinds).code


def _digest(talk: Talk, shot: Shot) -> str:
    """Not what its digest says, after all of it came."""
    wrong = f"sha-256=:{'A' * 43}=:"
    return talk.ask("POST", SMALL, shot.data, {"Content-Type": PNG, "Content-Digest": wrong}).code


def _cut_form(talk: Talk, shot: Shot) -> str:
    body, kind = form(shot, {"width": 64})
    return talk.ask("POST", f"{API}/resize", body[: len(body) // 2], {"Content-Type": kind}).code


def _two(talk: Talk, shot: Shot) -> str:
    """Twice the picture where one is asked for."""
    file = ("file", shot.name, PNG, shot.data)
    body, kind = multipart((("options", "", "application/json", b'{"width": 64}'), file, file))
    return talk.ask("POST", f"{API}/resize", body, {"Content-Type": kind}).code


def _recipe(talk: Talk, shot: Shot) -> str:
    body, kind = form(shot, {"steps": [{"op": shot.name}]}, part="recipe")
    return talk.ask("POST", f"{API}/run", body, {"Content-Type": kind}).code


def _cancelled(talk: Talk, shot: Shot) -> str:
    """A job that is deleted while its picture is worked on."""
    begun = talk.ask("POST", SLOW, shot.data, LATER)
    if begun.code != "done":
        return begun.code
    time.sleep(0.3)
    gone = talk.ask("DELETE", begun.headers["location"])
    return gone.code if gone.code != "done" else talk.ask("GET", begun.headers["location"]).code


def _dropped(talk: Talk, shot: Shot) -> str:
    """An upload that is deleted; a job that then asks for it."""
    sent = talk.ask("POST", f"{API}/uploads", shot.data, {"Content-Type": PNG})
    if sent.code != "done":
        return sent.code
    talk.ask("DELETE", f"{API}/uploads/{sent.facts['id']}")
    order = {"steps": [{"op": "scrub"}], "inputs": [sent.facts["id"]]}
    kinds = {"Content-Type": "application/json"}
    return talk.ask("POST", f"{API}/jobs", json.dumps(order).encode(), kinds).code


def _broken_off(talk: Talk, shot: Shot) -> str:
    data = shot.data
    talk.break_off(SMALL, data[: len(data) // 2], len(data), {"Content-Type": PNG})
    return CLOSED


def _broken_off_in_chunks(talk: Talk, shot: Shot) -> str:
    data = shot.data
    talk.break_off(SMALL, data[: len(data) // 2], -1, {"Content-Type": PNG})
    return CLOSED


def _broken_off_form(talk: Talk, shot: Shot) -> str:
    body, kind = form(shot, {"width": 64})
    half = body[: len(body) // 2]
    talk.break_off(f"{API}/resize", half, len(body), {"Content-Type": kind})
    return CLOSED


def _hung_up_at_work(talk: Talk, shot: Shot) -> str:
    """Who asked is gone before the answer comes."""
    data = shot.data
    talk.break_off(SLOW, data, len(data), {"Content-Type": PNG})
    return CLOSED


def _hung_up_at_answer(talk: Talk, shot: Shot) -> str:
    """In the middle of a large result, which carries canaries."""
    large = Shot(shot.mark, shot.number, side=900, is_packed=False)
    talk.read_some("POST", f"{API}/scrub", large.data, {"Content-Type": PNG})
    return CLOSED


REFUSED = (
    Way("unknown", _unknown, "format-unknown"),
    Way("broken", _broken, "container-broken"),
    Way("too many pixels", _lying, "limit-exceeded"),
    Way("too many bytes", _too_large, "body-too-large"),
    Way("parameter", _parameter, "parameter-invalid"),
    Way("options", _options, "parameter-invalid"),
    Way("model", _model, "model-missing"),
    Way("path", _path, "path-unknown"),
    Way("nobody", _nobody, "caller-unknown"),
    Way("foreign host", _foreign, "host-foreign"),
    Way("foreign page", _origin, "origin-foreign"),
    Way("other digest", _digest, "digest-wrong"),
    Way("form cut short", _cut_form, "usage"),
    Way("two pictures", _two, "usage"),
    Way("no such step", _recipe, "recipe-invalid"),
    Way("upload dropped", _dropped, "gone"),
)
BROKEN_OFF = (
    Way("broken off", _broken_off, CLOSED),
    Way("broken off in chunks", _broken_off_in_chunks, CLOSED),
    Way("broken off in a form", _broken_off_form, CLOSED),
    Way("hung up in the answer", _hung_up_at_answer, CLOSED),
    Way("hung up at work", _hung_up_at_work, CLOSED),
    Way("cancelled", _cancelled, "gone"),
)
