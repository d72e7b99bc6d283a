"""A worker that was taken over says anything at all; the host takes it as an error, never as a
harm.

The host's side is the real one; the worker's is a thread with the other end of the channel and, as
a real worker has, the descriptors of the job.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import random
import resource
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from safelight.errors import SafelightError, WireBroken
from safelight.limits import Limits
from safelight.worker import wire
from safelight.worker.memory import Sheet
from safelight.worker.orders import answer_of
from safelight.worker.portable import REPORT
from safelight.worker.talk import Errand, Farewell, Line, Silence
from safelight.worker.wire import Order, Outcome
from tests.worker.hosts import PNG, job, source

LIMITS = Limits(output_bytes=1_000_000, timeout_s=5)
ROUNDS = 1_500
DEADLINE_S = 0.5
GOOD = Outcome(
    output_bytes=len(PNG),
    format="png",
    width=3,
    height=2,
    input_format="jpeg",
    input_width=3,
    input_height=2,
    records=1,
)
RECORD = struct.pack("<BB64s256s", 0, 1, b"GPS", b"here")


@dataclass
class Worker:
    """The other end: the channel, the order, and the sheets to write on."""

    channel: socket.socket
    order: Order
    output: int
    report: int

    def write(self, fd: int, data: bytes) -> None:
        with mmap.mmap(fd, len(data)) as sheet:
            sheet[:] = data

    def say(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self.channel.send(data)


Behaviour = Callable[[Worker], None]


def talk(behaviour: Behaviour, *, early: bytes = b"") -> Outcome | BaseException:
    """One job with such a worker: what the host takes for its outcome, or the error it ends in."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    if early:
        far.send(early)
    thread = threading.Thread(target=_play, args=(far, behaviour))
    thread.start()
    try:
        with source() as sheet, near:
            return _ask(near, sheet)
    finally:
        thread.join()


def _ask(near: socket.socket, sheet: Sheet) -> Outcome | BaseException:
    errand = Errand(job(sheet, "answer"), LIMITS)
    try:
        outcome = errand.run(Line(near), None, time.monotonic() + DEADLINE_S)
        answer_of(
            outcome,
            errand.untrusted_records(outcome),
            errand.output(outcome),
            cage=REPORT,
            work_s=0,
            close=errand.close,
        )
        return outcome
    except (SafelightError, Silence, Farewell) as error:
        return error
    finally:
        errand.close()


def _play(far: socket.socket, behaviour: Behaviour) -> None:
    far.settimeout(DEADLINE_S)
    fds: list[int] = []
    with far:
        try:
            data, fds, _, _ = socket.recv_fds(far, wire.JOB_BYTES, 8)
            if data:
                behaviour(Worker(far, Order.parse(data), fds[2], fds[3]))
        except OSError:
            pass
        finally:
            for fd in fds:
                os.close(fd)


def honest(worker: Worker) -> None:
    worker.write(worker.output, PNG)
    worker.write(worker.report, RECORD)
    worker.say(GOOD.pack(worker.order.nonce))


def test_an_honest_worker_passes() -> None:
    """The control of everything below."""
    assert talk(honest) == GOOD


def _mutated(random_: random.Random) -> Behaviour:
    def behave(worker: Worker) -> None:
        record = bytearray(RECORD)
        message = bytearray(GOOD.pack(worker.order.nonce))
        target = random_.choice([record, message, message])
        worker.write(worker.output, PNG)
        for _ in range(random_.randint(1, 6)):
            target[random_.randrange(len(target))] = random_.choice(
                [0, 1, 0x7F, 0x80, 0xFF, random_.randrange(256)]
            )
        if random_.random() < 0.2:
            del message[random_.randrange(len(message)) :]
        if random_.random() < 0.1:
            message += bytes(random_.randrange(2_000))
        worker.write(worker.report, bytes(record))
        for _ in range(random_.choice([0, 0, 1, 50])):
            worker.say(wire.pack_progress(random_.random()))
        worker.say(bytes(message))

    return behave


def test_mutated_answers_do_no_harm() -> None:
    random_ = random.Random(20_260)
    talk(honest)
    before = len(os.listdir("/proc/self/fd"))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kinds = {type(talk(_mutated(random_))) for _ in range(ROUNDS)}
    assert kinds >= {Outcome, WireBroken}
    assert len(os.listdir("/proc/self/fd")) == before
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - grown < 50_000


@pytest.mark.parametrize("data", [b"", b"x", b"SLe1", b"SLj1" * 40, bytes(5_000), b"\xff" * 60_000])
def test_messages_of_no_kind_are_refused(data: bytes) -> None:
    assert isinstance(talk(lambda worker: worker.say(data)), WireBroken | Farewell)


def test_an_answer_before_the_question_is_refused() -> None:
    assert isinstance(talk(lambda worker: None, early=GOOD.pack(0)), WireBroken)


def test_an_answer_to_another_question_is_refused() -> None:
    def replay(worker: Worker) -> None:
        worker.say(GOOD.pack(worker.order.nonce ^ 1))

    assert isinstance(talk(replay), WireBroken)


def test_a_larger_output_than_allowed_is_refused() -> None:
    def boast(worker: Worker) -> None:
        fields = list(wire.RESULT.unpack(GOOD.pack(worker.order.nonce)))
        fields[6 + wire.MAX_FACTS] = LIMITS.output_bytes + 1
        worker.say(wire.RESULT.pack(*fields))

    assert isinstance(talk(boast), WireBroken)


def test_descriptors_from_a_worker_are_refused_and_closed() -> None:
    def give(worker: Worker) -> None:
        gifts = [os.dup(worker.output) for _ in range(10)]
        with contextlib.suppress(OSError):
            socket.send_fds(worker.channel, [GOOD.pack(worker.order.nonce)], gifts)
        for gift in gifts:
            os.close(gift)

    talk(honest)
    before = len(os.listdir("/proc/self/fd"))
    assert isinstance(talk(give), WireBroken)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_worker_can_make_neither_sheet_larger_or_smaller() -> None:
    refused: list[int] = []

    def resize(worker: Worker) -> None:
        for fd in (worker.output, worker.report):
            for size in (0, 1 << 40):
                try:
                    os.ftruncate(fd, size)
                except PermissionError:
                    refused.append(size)
        honest(worker)

    assert talk(resize) == GOOD
    assert len(refused) == 4


def test_silence_ends_in_time() -> None:
    assert isinstance(talk(lambda worker: time.sleep(DEADLINE_S * 1.5)), Silence)


def test_hanging_up_is_heard() -> None:
    assert isinstance(talk(lambda worker: None), Farewell)


def test_progress_without_end_is_refused() -> None:
    def tell(worker: Worker) -> None:
        for _ in range(wire.most_progress(LIMITS) + 5):
            worker.say(wire.pack_progress(0.5))

    assert isinstance(talk(tell), WireBroken)
