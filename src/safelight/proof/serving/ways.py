"""Ways: how a picture gets through a server, each once with a picture that carries canaries."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from safelight.errors import Unavailable
from safelight.proof.remanence.canary import Mark, picture
from safelight.proof.serving.talk import Answer, Talk, multipart

API = "/api/v1"
PNG = "image/png"
SMALL = f"{API}/resize?width=64"
STEPS = [{"op": "resize", "width": 64}, {"op": "scrub"}]
PIECE_BYTES = 4_096
JOB_TIMEOUT_S = 60
PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture with canaries, under a name with one. side is that of its raster; where it is
    not packed, an output that keeps the pixels carries them too.
    """

    mark: Mark
    number: int
    side: int = 160
    is_packed: bool = True

    @property
    def data(self) -> bytes:
        return picture(self.mark, self.number, side=self.side, is_packed=self.is_packed)

    @property
    def name(self) -> str:
        return f"{self.mark.name(self.number)}.png"


@dataclass(frozen=True, slots=True)
class Way:
    """go brings a picture through and gives the code that it ended with, which must be this."""

    name: str
    go: Callable[[Talk, Shot], str]
    code: str = "done"


def _raw(talk: Talk, shot: Shot) -> str:
    kinds = {"Content-Type": PNG, "Accept": "image/*"}
    return talk.ask("POST", SMALL, shot.data, kinds).code


def _chunked(talk: Talk, shot: Shot) -> str:
    kinds = {"Content-Type": PNG, "Accept": "image/*"}
    return talk.ask("POST", SMALL, _pieces(shot.data), kinds).code


def _pieces(data: bytes) -> Iterator[bytes]:
    yield from (data[start : start + PIECE_BYTES] for start in range(0, len(data), PIECE_BYTES))


def form(shot: Shot, words: object, *, part: str = "options") -> tuple[bytes, str]:
    """The picture under its name, and words in their part, as a page sends them; the content
    type.
    """
    return multipart(
        (
            (part, "", "application/json", json.dumps(words).encode()),
            ("file", shot.name, PNG, shot.data),
        )
    )


def _multipart(talk: Talk, shot: Shot) -> str:
    body, kind = form(shot, {"width": 64})
    return talk.ask("POST", f"{API}/resize", body, {"Content-Type": kind}).code


def _told(talk: Talk, shot: Shot) -> str:
    """As JSON with a link to the result, which is fetched once and then gone."""
    kinds = {"Content-Type": PNG, "Accept": "application/json"}
    answer = talk.ask("POST", SMALL, shot.data, kinds)
    return _fetched(talk, answer) if answer.code == "done" else answer.code


def _fetched(talk: Talk, answer: Answer) -> str:
    asset = answer.facts["asset"]
    path = asset if isinstance(asset, str) else asset["url"]
    first = talk.ask("GET", path)
    again = talk.ask("GET", path)
    return first.code if again.code != "done" else "still there"


def _both(talk: Talk, shot: Shot) -> str:
    kinds = {"Content-Type": PNG, "Accept": "multipart/mixed"}
    return talk.ask("POST", SMALL, shot.data, kinds).code


def _looked_at(talk: Talk, shot: Shot) -> str:
    """An analysis: values of metadata go back in the answer."""
    answer = talk.ask("POST", f"{API}/inspect", shot.data, {"Content-Type": PNG})
    if answer.code == "done" and shot.mark.said.encode() not in answer.body:
        return "the answer shows nothing"
    return answer.code


def _kept_pixels(talk: Talk, shot: Shot) -> str:
    """A scrub that copies the pixels as they are: the answer carries canaries."""
    open_shot = Shot(shot.mark, shot.number, shot.side, is_packed=False)
    answer = talk.ask("POST", f"{API}/scrub", open_shot.data, {"Content-Type": PNG})
    if answer.code == "done" and not shot.mark.count(answer.body)["pixels"]:
        return "the answer carries nothing"
    return answer.code


def _recipe(talk: Talk, shot: Shot) -> str:
    body, kind = form(shot, {"steps": STEPS}, part="recipe")
    return talk.ask("POST", f"{API}/run", body, {"Content-Type": kind}).code


def _uploaded(talk: Talk, shot: Shot) -> str:
    """An upload, a job that works on it, its result; the upload, which stays for more, goes."""
    sent = talk.ask("POST", f"{API}/uploads", shot.data, {"Content-Type": PNG})
    if sent.code != "done":
        return sent.code
    order = {"steps": STEPS, "inputs": [sent.facts["id"]]}
    kinds = {"Content-Type": "application/json"}
    begun = talk.ask("POST", f"{API}/jobs", json.dumps(order).encode(), kinds)
    code = _waited(talk, begun) if begun.code == "done" else begun.code
    gone = talk.ask("DELETE", f"{API}/uploads/{sent.facts['id']}")
    return gone.code if code == "done" else code


def _later(talk: Talk, shot: Shot) -> str:
    """Asked to answer at once, and asked again until it is done."""
    kinds = {"Content-Type": PNG, "Prefer": "respond-async"}
    begun = talk.ask("POST", SMALL, shot.data, kinds)
    return _waited(talk, begun) if begun.code == "done" else begun.code


def _waited(talk: Talk, begun: Answer) -> str:
    """Wait for a job and fetch what it made."""
    path, end = begun.headers["location"], time.monotonic() + JOB_TIMEOUT_S
    while (job := talk.ask("GET", path)).code == "done":
        state = job.facts["state"]
        if state not in ("queued", "running"):
            break
        if time.monotonic() > end:
            raise Unavailable("a job of the server did not end")
        time.sleep(PAUSE_S)
    else:
        return job.code
    items = talk.ask("GET", f"{path}/items").facts["items"]
    for item in items:
        if item["state"] == "done":
            got = talk.ask("GET", item["asset"])
            if got.code != "done":
                return got.code
    return str(state)


WAYS = (
    Way("raw", _raw),
    Way("in chunks", _chunked),
    Way("multipart", _multipart),
    Way("told, then fetched", _told),
    Way("picture and receipt", _both),
    Way("looked at", _looked_at),
    Way("pixels kept", _kept_pixels),
    Way("recipe", _recipe),
    Way("upload and job", _uploaded),
    Way("later", _later),
)
