"""A server from outside: its parts, the killing of them, and a careless one."""

from __future__ import annotations

import base64
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from safelight.errors import SafelightError
from safelight.proof.remanence.canary import Mark
from safelight.proof.remanence.search import Found, search
from safelight.proof.serving.served import Served
from safelight.proof.serving.talk import Talk, multipart
from safelight.proof.serving.ways import API, PNG, SMALL, Shot, Way, form
from tests.proof.trials import is_worker, processor_s
from tests.server import careless, starter

FRONT, BACK = "safelight.server.front.main", "safelight.server.back.main"
# Work of a second or two, and of a few.
LONG = f"{API}/resize?width=4000&enlarge=true"
HEAVY = f"{API}/resize?width=9000&enlarge=true"
# A worker that has worked for so long is in the middle of a picture.
BUSY_S = 0.1
TRIES = 20

NAMED = "small"
RECIPE = '{"steps": [{"op": "resize", "width": 64}]}'
# What such a server is started with.
DOORS = ("--compat", "removebg,rembg")


def _named(talk: Talk, shot: Shot) -> str:
    return talk.ask("POST", f"{API}/run/{NAMED}", shot.data, {"Content-Type": PNG}).code


def _removebg(talk: Talk, shot: Shot) -> str:
    return _by_door(talk, "/compat/removebg/v1.0/removebg", ("image_file", shot.name, shot.data))


def _removebg_in_letters(talk: Talk, shot: Shot) -> str:
    letters = base64.b64encode(shot.data)
    return _by_door(talk, "/compat/removebg/v1.0/removebg", ("image_file_b64", "", letters))


def _rembg(talk: Talk, shot: Shot) -> str:
    return _by_door(talk, "/compat/rembg/api/remove", ("file", shot.name, shot.data))


def _by_door(talk: Talk, path: str, part: tuple[str, str, bytes]) -> str:
    name, file_name, data = part
    body, kind = multipart([(name, file_name, PNG if file_name else "text/plain", data)])
    return talk.ask("POST", path, body, {"Content-Type": kind, "X-API-Key": talk.token}).code


# Ways of a server that has a named recipe and doors for programs written for others.
MORE_WAYS = (
    Way("named recipe", _named),
    Way("by the door of remove.bg", _removebg),
    Way("by the door of remove.bg, in letters", _removebg_in_letters),
    Way("by the door of rembg", _rembg),
)


def of_module(served: Served, module: str) -> int:
    """The process that runs this module. Raises LookupError while there is none."""
    for pid in served.processes:
        with suppress(OSError):
            if module in Path(f"/proc/{pid}/cmdline").read_text():
                return pid
    raise LookupError(module)


def answers(talk: Talk) -> bool:
    """Whether a picture comes through."""
    try:
        return talk.ask("POST", SMALL, Shot(Mark(), 1).data, {"Content-Type": PNG}).code == "done"
    except SafelightError:
        return False


def begun(talk: Talk, shot: Shot) -> str:
    """Where the job is that works on this picture for some seconds."""
    kinds = {"Content-Type": PNG, "Prefer": "respond-async"}
    path = talk.ask("POST", HEAVY, shot.data, kinds).headers["location"]
    while talk.ask("GET", path).facts["state"] == "queued":
        time.sleep(0.02)
    time.sleep(0.2)
    return path


@contextmanager
def worker_killed(served: Served) -> Iterator[list[int]]:
    """Meanwhile the first worker that is in the middle of a picture is killed; gives it."""
    over, killed = threading.Event(), list[int]()

    def watch() -> None:
        while not over.wait(0.01) and not killed:
            for pid in served.processes:
                if processor_s(pid) > BUSY_S and is_worker(pid):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                        killed.append(pid)
                        break

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def with_its_worker_killed(served: Served, talk: Talk, shot: Shot) -> tuple[str, int]:
    """How the work ended, and how many workers were killed. Whoever has much else to do may look
    only when the work is over: then the picture is sent again.
    """
    for _ in range(TRIES):
        with worker_killed(served) as killed:
            answer = talk.ask("POST", LONG, shot.data, {"Content-Type": PNG})
        if killed or answer.code != "done":
            break
    return answer.code, len(killed)


def leaked(served: Served, leak: str, *, side: int = 160) -> tuple[Found, int]:
    """What is found of a picture that a careless server leaks so, and how much was written
    meanwhile.
    """
    mark, talk = Mark(), Talk(served.socket, served.token)
    body, kind = form(Shot(mark, 1, side=side), {"width": 64})
    before = served.written_bytes()
    told = {"Content-Type": kind, careless.LEAK: leak}
    answer = talk.ask("POST", f"{API}/resize", body, told)
    if answer.code != "done":
        raise SafelightError(f"the careless server answered {answer.code}")
    written = served.written_bytes() - before
    time.sleep(0.3)
    few = [served.pid, of_module(served, starter.CARELESS)]
    return search(mark, few, [served.ground.folder]), written
