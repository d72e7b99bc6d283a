"""The watching side: run a program, answer the kernel's questions, and keep what was asked."""

from __future__ import annotations

import array
import errno
import fcntl
import os
import select
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from safelight.errors import SafelightError, SomethingMissing
from safelight.proof.watching import calls
from safelight.worker import launch, syscalls

TIMEOUT_S = 60.0
PATH_BYTES = 4_096
INSIDE = "safelight.proof.watching.inside"
# What is no file: it holds nothing once the program is gone.
NO_FILES = ("/dev/null", "/dev/full", "/dev/tty", "/proc/", "/dev/shm/sem.")


@dataclass
class Seen:
    """What a program asked the kernel for: sockets by family, files that it opened to write."""

    sockets: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    exit_code: int = 0

    @property
    def is_clean(self) -> bool:
        return not self.sockets and not self.files and self.exit_code == 0


def watch(program: str, *, environment: Mapping[str, str] | None = None) -> Seen:
    """Run this Python text in a fresh interpreter whose home and temp folder are empty.

    Sockets are refused to it (EACCES), files are not. Raises SomethingMissing where the kernel
    does not hand such questions over, SafelightError where the run could not be made or took
    longer than a minute.
    """
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryDirectory(prefix="safelight-watch-") as home, ours, theirs:
        given = {"HOME": home, "TMPDIR": home, "LC_ALL": "C.UTF-8", **(environment or {})}
        child = subprocess.Popen(
            launch.command(INSIDE, str(theirs.fileno()), program),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=given,
            pass_fds=(theirs.fileno(),),
        )
        try:
            theirs.close()
            listener = _listener(ours)
            with open(listener, "rb", buffering=0):
                ours.send(b"0")
                seen = _answer_all(listener, child)
            seen.exit_code = child.wait(TIMEOUT_S)
        finally:
            child.kill()
            child.wait()
    return seen


def _listener(line: socket.socket) -> int:
    line.settimeout(TIMEOUT_S)
    room = socket.CMSG_SPACE(array.array("i", [0]).itemsize)
    word, handed, _flags, _address = line.recvmsg(16, room)
    for level, kind, data in handed:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            return int(array.array("i", data[: array.array("i").itemsize])[0])
    reason = os.strerror(int(word)) if word.isdigit() else "it did not start"
    raise SomethingMissing(f"a program cannot be watched here: {reason.lower()}")


def _answer_all(listener: int, child: subprocess.Popen[bytes]) -> Seen:
    seen, poll = Seen(), select.poll()
    poll.register(listener, select.POLLIN)
    while child.poll() is None:
        ready = poll.poll(TIMEOUT_S * 1_000)
        if not ready:
            raise SafelightError("the watched program did not end")
        if ready[0][1] & select.POLLIN:
            _answer(listener, seen)
        elif ready[0][1] & select.POLLHUP:
            break
    return seen


def _answer(listener: int, seen: Seen) -> None:
    notice = bytearray(calls.NOTICE.size)
    try:
        fcntl.ioctl(listener, calls.RECEIVE, notice)
        number, process, _flags, call, _arch, _place, *arguments = calls.NOTICE.unpack(notice)
        reply = _note(seen, call, process, arguments)
        answer = calls.REPLY.pack(number, 0, -reply, 0 if reply else calls.CONTINUE)
        fcntl.ioctl(listener, calls.ANSWER, bytearray(answer))
    except OSError as error:
        if error.errno != errno.ENOENT:  # who asked is gone
            raise


def _note(seen: Seen, call: int, process: int, arguments: list[int]) -> int:
    """Keep what was asked; the errno that answers it, 0 to let it happen."""
    table = syscalls.numbers(syscalls.architecture())
    name = next(name for name in (*calls.FILES, *calls.SOCKETS) if table.get(name) == call)
    if name in calls.SOCKETS:
        seen.sockets.append(f"{name} {arguments[0]}" if name == "socket" else name)
        return errno.EACCES
    path = _text_at(process, arguments[calls.FILES[name]])
    if not path.startswith(NO_FILES):
        seen.files.append(path)
    return 0


def _text_at(process: int, address: int) -> str:
    """The text that a stopped call points to, with no more than a page of it read."""
    room, data = PATH_BYTES - address % PATH_BYTES, b""
    with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        try:
            memory.seek(address)
            data = memory.read(room)
            if b"\0" not in data:
                data += memory.read(PATH_BYTES)
        except OSError:  # the call would have failed at this address, too
            return data.decode(errors="replace") or "(an address that cannot be read)"
    return os.fsdecode(data.split(b"\0", 1)[0])
