"""Workers kept ahead, so that fork, lock-down and self-attack lie outside the time of a job."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial

from safelight.errors import Cancelled
from safelight.worker.keeper import DEATH_TIMEOUT_S, Keeper, Worker


class Pool:
    """Ready workers of one zygote. At most so many are at work at a time; others wait their
    turn.
    """

    def __init__(self, start: Callable[[], Keeper], workers: int) -> None:
        self._start, self._workers = start, workers
        self._turns = threading.Semaphore(workers)
        self._lock = threading.Lock()
        self._ahead: deque[Worker] = deque()
        self._at_work: set[Worker] = set()
        self._leaving: set[Worker] = set()
        self._keeper: Keeper | None = None
        self.is_closed = False
        with self._lock:
            self._fill()

    def take(self) -> Worker:
        """A worker that was asked for earlier; give it back with leave.

        A zygote that died meanwhile is replaced. Raises what keeps it from starting.
        """
        while not self._turns.acquire(timeout=DEATH_TIMEOUT_S):
            self._insist()
        try:
            with self._lock:
                worker = self._next()
                self._at_work.add(worker)
                self._fill()
        except BaseException:
            self._turns.release()
            raise
        try:
            worker.keeper.wait_up()
        except BaseException:
            self.leave(worker)
            raise
        return worker

    def leave(self, worker: Worker, *, waits: bool = True) -> None:
        """The worker is dead or is killed now; its turn goes to the next when it is dead, whether
        one waits for that here or not.
        """
        with self._lock:
            self._at_work.discard(worker)
            self._leaving.add(worker)
        worker.after(partial(self._leaving.discard, worker))
        worker.after(self._turns.release)
        if waits:
            worker.kill()
        else:
            worker.dismiss()
        worker.close()

    def _insist(self) -> None:
        """Whoever was told to leave is gone after this, though its zygote goes with it."""
        for worker in tuple(self._leaving):
            worker.kill()

    @property
    def is_ready(self) -> bool:
        """Whether the zygote has settled; asks for nothing."""
        keeper = self._keeper
        return keeper is not None and keeper.settled.is_set() and not keeper.gone.is_set()

    @property
    def keeper(self) -> Keeper:
        with self._lock:
            return self._fill()

    def kill_all(self) -> None:
        """Those at work; those ahead hold nothing yet."""
        with self._lock:
            workers = tuple(self._at_work)
        for worker in workers:
            worker.keeper.kill(worker.id)

    def close(self) -> None:
        with self._lock:
            self.is_closed = True
            keeper, self._keeper = self._keeper, None
            ahead, self._ahead = self._ahead, deque()
        if keeper is not None:
            keeper.end()
        for worker in ahead:
            worker.close()

    def _next(self) -> Worker:
        self._fill()
        while self._ahead[0].dead.is_set() and len(self._ahead) > 1:
            self._ahead.popleft().close()
        return self._ahead.popleft()

    def _fill(self) -> Keeper:
        if self.is_closed:
            raise Cancelled("the workers were ended")
        if self._keeper is None or self._keeper.gone.is_set():
            for worker in self._ahead:
                worker.close()
            self._ahead.clear()
            self._keeper = self._start()
        # As many as are at work: one picture does not pay for the readiness of a batch.
        wanted = min(max(1, len(self._at_work)), self._workers)
        while sum(not worker.dead.is_set() for worker in self._ahead) < wanted:
            worker = self._keeper.spawn()
            self._ahead.append(worker)
            if worker.dead.is_set():  # the zygote is gone: take tells why
                break
        return self._keeper
