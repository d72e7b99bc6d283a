"""The worker of a device: one process for a device and the models of a recipe, for as long as the
host wants it.

A card's driver cannot be forked, and takes long to come up: so this worker is not made for one
picture. What it gets is a tensor, what it gives is a tensor, and what a job left is overwritten.

    namespaces   first, as in a zygote
    sitter       process 1 stays behind as a parent: it waits, and does nothing else
    warm         the runtime; the last use of the file system that is not in the reach
    lock-down    see layers.close_device; the device wakes behind all locks but the filter
    order        the models, as sealed memory; they are opened behind every lock
    serve        a thread for each job that joins
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from functools import partial
from typing import NoReturn

from safelight.errors import SafelightError, WorkerDied
from safelight.limits import MAX_MODELS
from safelight.models.entry import Entry
from safelight.models.runtimes import open_session
from safelight.models.waking import wake, wiper
from safelight.worker import namespaces, seccomp, warm
from safelight.worker.control import Kind, Note
from safelight.worker.device_desk import Desk, Offer
from safelight.worker.device_wire import (
    ID_BYTES,
    START_BYTES,
    Start,
    pack_left,
    parse_join,
)
from safelight.worker.errand import models_of
from safelight.worker.job import PICTURE
from safelight.worker.launch import OVERWRITING
from safelight.worker.layers import Lockdown
from safelight.worker.reach import reach_of
from safelight.worker.wire import JOB_BYTES, Order, Ready
from safelight.worker.zygote import IGNORED, address_space, low

FDS_PER_JOB = 2
SPARE_FILES = 256
SPARE_TASKS = 96
TASKS_PER_THREAD = 4


def main(words: list[str]) -> None:
    """words: number of the channel to the host, layers to leave out."""
    channel = low(int(words[0]))
    for ignored in IGNORED:
        signal.signal(ignored, signal.SIG_IGN)
    try:
        start = Start.parse(channel.recv(START_BYTES + 1))
        lockdown = Lockdown(frozenset(words[1:]))
        lockdown.enter_namespaces()
        namespaces.become_first()
        warm.for_device(start.device)
        warm.require_one_thread()
        _leave_a_sitter()
        _lock(channel, start, lockdown)
        _serve(channel, start, is_kept=OVERWRITING in words[1:])
    except SafelightError as error:
        _give_up(channel, error)
    except OSError as error:
        _give_up(channel, WorkerDied(f"the cage cannot be closed: {error}"))


def _leave_a_sitter() -> None:
    """Fork; the child goes on. The parent has given up every right, waits, and ends as it ends."""
    child = os.fork()
    if child == 0:
        return
    namespaces.drop_capabilities()
    namespaces.undumpable()
    namespaces.die_with_parent()
    os.closerange(3, SPARE_FILES)
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _lock(channel: socket.socket, start: Start, lockdown: Lockdown) -> None:
    reach = reach_of(start.device)
    errnos = lockdown.close_device(
        reach,
        parent=os.getppid(),
        max_files=SPARE_FILES + MAX_MODELS + FDS_PER_JOB * start.workers,
        # A driver maps far more than it takes.
        memory_bytes=0 if reach.is_wide else address_space() + start.memory_bytes,
        max_tasks=SPARE_TASKS + start.workers + TASKS_PER_THREAD * start.threads,
        wake=partial(wake, start.device),
    )
    digest = seccomp.sha256(seccomp.device_filter(reach))
    os.write(channel.fileno(), Ready(errnos, lockdown.layers, digest).pack())


def _serve(channel: socket.socket, start: Start, *, is_kept: bool) -> NoReturn:
    """Until the host closes its end."""
    data, fds, _, _ = socket.recv_fds(channel, JOB_BYTES, 1 + MAX_MODELS)
    if data:
        offers = _offers(Order.parse(data), fds, start)
        desk = Desk(offers, wipe=wiper(start.device), is_kept=is_kept)
        while True:
            data, fds, _, _ = socket.recv_fds(channel, ID_BYTES, FDS_PER_JOB)
            if not data:
                break
            serving = partial(_attend, desk, channel.fileno(), parse_join(data), fds)
            threading.Thread(target=serving, daemon=True).start()
    os._exit(0)


def _attend(desk: Desk, channel: int, number: int, fds: Sequence[int]) -> None:
    desk.serve(*fds)
    os.write(channel, pack_left(number))


def _offers(order: Order, fds: Sequence[int], start: Start) -> list[Offer]:
    _, models = models_of(order, fds[0], fds[1:])
    offers = []
    for model in models:
        if model.need.task == PICTURE:
            offers.append(Offer(None, partial(_no_model)))
            continue
        entry = Entry.from_json(model.entry_json)
        opening = partial(
            open_session, entry, model.data, threads=start.threads, device=start.device
        )
        offers.append(Offer(entry, opening))
    return offers


def _no_model() -> NoReturn:
    raise SafelightError("a further picture is no model")


def _give_up(channel: socket.socket, error: SafelightError) -> NoReturn:
    sys.stderr.write(error.message)
    sys.stderr.flush()
    os.write(channel.fileno(), Note(Kind.FAILED, value=error.number).pack())
    os._exit(1)
