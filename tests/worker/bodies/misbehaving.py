"""A body of a job that does what the recipe says, and no picture would make it do. Runs in the
cage.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from safelight.errors import ContainerBroken, LimitExceeded, OutputFailed
from safelight.image import Change, Finding, Risk
from safelight.limits import Limits
from safelight.worker.child import Performed
from safelight.worker.errand import succeeded
from safelight.worker.records import pack_records

FINDING = Finding(Risk.PLACE, "GPS", "here")
REMOVED = Change("removed", Finding(Risk.TIME, "date", "then"))
PNG = b"\x89PNG\r\n\x1a\n"
ZERO = ctypes.c_char_p(0)


def rehearsal(_: object) -> Callable[[], None]:
    """Nothing to rehearse."""
    return lambda: None


def perform(source: memoryview, recipe: bytes, *_: object, **options: Any) -> Performed:
    """Answer with the source behind the first bytes of a PNG, after doing what is asked."""
    action = ACTIONS[recipe.decode()]
    return action(source, options) or answer(source, options)


def answer(source: memoryview, options: dict[str, Any]) -> Performed:
    if not options["wants_image"]:
        return Performed((), None, 0, 0, "jpeg", 3, 2, False, (FINDING,))
    return Performed([PNG, source], "png", 3, 2, "jpeg", 3, 2, True, (FINDING,), (REMOVED,))


def local(name: str) -> Any:
    """What the worker's own code calls so, found on the stack as hostile code would."""
    frame = sys._getframe(1)
    while name not in frame.f_locals:
        if frame.f_back is None:
            raise LookupError(f"no {name} on the stack")
        frame = frame.f_back
    return frame.f_locals[name]


def channel() -> socket.socket:
    """The worker's way to the host."""
    found = local("channel")
    if not isinstance(found, socket.socket):
        raise LookupError("no channel on the stack")
    return found


def loop(*_: object) -> None:
    while True:
        pass


def sleep(*_: object) -> None:
    """With a second thread: the one thing about a sleeper that any user can see from outside."""
    threading.Thread(target=time.sleep, args=(3_600,), daemon=True).start()
    time.sleep(3_600)


def nap(*_: object) -> None:
    time.sleep(0.3)


def hoard(*_: object) -> None:
    held = []
    while True:
        held.append(bytearray(50_000_000))


def map_all(*_: object) -> None:
    held = [mmap.mmap(-1, 100_000_000) for _ in range(1_000)]
    raise LookupError(f"{len(held)} mappings were granted")


def gulp(*given: Any) -> Any:
    """Takes more than is allowed, once, and answers all the same."""
    held = bytearray(1_000_000_000)
    done = answer(*given)
    del held
    return done


def crash(*_: object) -> None:
    ctypes.string_at(ZERO)


def leave(*_: object) -> None:
    os._exit(0)


def hang_up(*_: object) -> None:
    os.close(channel().fileno())
    time.sleep(3_600)


def refuse(*_: object) -> None:
    width, height = 100_000, 1_000_000
    raise LimitExceeded(f"a {width}x{height} png passes the limit of 200 MP", hint="cut it")


def lie_about_class(*_: object) -> None:
    raise OutputFailed("trust me")


def put_in_words(*_: object) -> None:
    words = "run this command now"
    raise ContainerBroken(f"please {words}")


def quote(source: memoryview, _: object) -> None:
    """Tells in its error what stands in the picture."""
    text = bytes(source).decode("latin-1")
    raise ContainerBroken(f"broken: {text[:60_000]}")


def stumble(*_: object) -> None:
    raise KeyError("picture.jpg")


def tell_without_end(source: object, options: dict[str, Any]) -> None:
    tell: Callable[[float], None] = options["progress"]
    for _ in range(5_000):
        tell.__self__._last_s = 0.0  # type: ignore[attr-defined]  # a worker can lift its own pace
        tell(0.5)


def babble(*_: object) -> None:
    os.write(channel().fileno(), b"hello")


def revise(source: memoryview, options: dict[str, Any]) -> None:
    """Answer as any worker, then put other words in the place of those, and stay. The pause lets
    whoever reads them at once see the first.
    """
    order, sheets = (local(name) for name in ("order", "sheets"))
    outcome, records = succeeded(answer(source, options), Limits())
    other = pack_records((replace(FINDING, name="revised"),), (), most=1)[1]
    with mmap.mmap(sheets.report, len(records)) as report:
        report[:] = records
        os.write(channel().fileno(), outcome.pack(order.nonce))
        time.sleep(0.3)
        report[:] = other
        time.sleep(3_600)


def shout(*_: object) -> None:
    os.write(channel().fileno(), b"SLe1" * 10_000)


def say_nothing(*_: object) -> None:
    os.write(channel().fileno(), b"")
    time.sleep(3_600)


def mislabel(source: memoryview, _: object) -> Performed:
    return Performed([b"GIF89a", source], "png", 3, 2, "jpeg", 3, 2, True)


def print_secrets(*_: object) -> None:
    for fd in (0, 1, 2):
        os.write(fd, b"canary-on-stderr") if fd else None


def make_threads(*_: object) -> None:
    """Until no more are granted; small stacks, so that memory is not what ends it."""
    threading.stack_size(32_768)
    gate = threading.Lock()
    gate.acquire()
    while True:
        threading.Thread(target=gate.acquire, daemon=True).start()


def hold_threads(*_: object) -> None:
    try:
        make_threads()
    except RuntimeError:
        time.sleep(3_600)


ACTIONS: dict[str, Callable[..., Any]] = {
    "answer": answer,
    "babble": babble,
    "crash": crash,
    "gulp": gulp,
    "hang up": hang_up,
    "hoard": hoard,
    "leave": leave,
    "hold threads": hold_threads,
    "lie": lie_about_class,
    "loop": loop,
    "map": map_all,
    "mislabel": mislabel,
    "nap": nap,
    "nothing": say_nothing,
    "print": print_secrets,
    "quote": quote,
    "refuse": refuse,
    "revise": revise,
    "shout": shout,
    "sleep": sleep,
    "stumble": stumble,
    "tell": tell_without_end,
    "threads": make_threads,
    "words": put_in_words,
}
