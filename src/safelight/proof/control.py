"""The control of the proof: the same attacks in a throw-away process without a cage, where they
get through.

An attack that is refused there, too, says nothing about the cage. So the control makes what the
attacks aim at: listeners on the loopback, a folder, and a child to be looked into. Each attack
runs in a process of its own and leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ECHILD
from pathlib import Path

from safelight.errors import SafelightError
from safelight.worker import attacks, launch, namespaces
from safelight.worker.attacks.attack import Attack, AttackTarget
from safelight.worker.job import Attempt

TIMEOUT_S = 30
SECRET = ctypes.create_string_buffer(b"sixteen bytes ..")
PROGRAM = "/bin/true"


def run_uncaged() -> tuple[Attempt, ...]:
    """Every attack in a fresh process without a cage; contained means that something refused it
    all the same.

    Raises SafelightError when that process fails.
    """
    try:
        run = subprocess.run(
            launch.command(__name__),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={"LC_ALL": "C.UTF-8", "TMPDIR": tempfile.gettempdir()},
            timeout=TIMEOUT_S,
            check=True,
        )
        untrusted_errnos = json.loads(run.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise SafelightError("the control run of the attacks failed") from error
    return tuple(
        Attempt(one.name, one.group, met, met != 0)
        for one, met in zip(attacks.load(), untrusted_errnos, strict=True)
    )


def main(words: list[str]) -> None:
    """The throw-away process: the errno of every attack as JSON on stdout."""
    with prey() as target:
        errnos = [isolated(one, target) for one in attacks.load()]
    sys.stdout.write(json.dumps(errnos))


def isolated(one: Attack, target: AttackTarget) -> int:
    """Run the attack in a child: the errno that it met, 0 if it got through, ECHILD if it died."""
    _bait(target.folder)
    far, near = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(far)
        os.write(near, one.run(target).to_bytes(2, "little"))
        os._exit(1)
    os.close(near)
    with open(far, "rb") as answer:
        data = answer.read()
    _, status = os.waitpid(child, 0)
    if data:
        return int.from_bytes(data, "little")
    # Silence and a good end: the child has become the program that it was to start.
    return 0 if status == 0 else ECHILD


def _bait(folder: bytes) -> None:
    """Lay out what an earlier attack may have taken."""
    for name in ("file", "doomed"):
        with contextlib.suppress(OSError):  # a caged test run cannot, and its attacks are to fail
            Path(os.fsdecode(folder), name).write_bytes(b"bait")


@contextmanager
def prey() -> Iterator[AttackTarget]:
    """Everything that the attacks aim at, alive, and gone afterwards."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="safelight-control-"))
        path, abstract = f"{folder}/socket", f"safelight-control-{os.getpid()}"
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=16))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        for name in (path, f"\0{abstract}"):
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(name)
            listener.listen(16)
        _bait(os.fsencode(folder))
        left, right = socket.socketpair()
        stack.enter_context(left)
        stack.enter_context(right)
        program = stack.enter_context(open(PROGRAM, "rb"))
        yield AttackTarget(
            pid=stack.enter_context(_sacrifice()),
            address=ctypes.addressof(SECRET),
            folder=os.fsencode(folder),
            tcp_port=tcp.getsockname()[1],
            udp_port=udp.getsockname()[1],
            abstract=abstract.encode(),
            socket_fd=left.fileno(),
            file_fd=program.fileno(),
        )


@contextmanager
def _sacrifice() -> Iterator[int]:
    """A child of the same user that waits to be looked into; it dies with its parent."""
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        namespaces.die_with_parent(parent)
        signal.pause()
        os._exit(0)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
