"""Workers kept ahead, so that fork, lock-down and self-attack lie outside the time of a job."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from safelight.errors import Cancelled
from safelight.worker.keeper import Keeper, Worker


class Pool:
    """Ready workers of one plan. At most plan.workers are at work at a time; others wait their
    turn.
    """

    def __init__(self, start: Callable[[], Keeper], workers: int) -> None:
        self._start, self._workers = start, workers
        self._turns = threading.Semaphore(workers)
        self._lock = threading.Lock()
        self._ahead: deque[Worker] = deque()
        self._keeper: Keeper | None = None
        self.is_closed = False
        with self._lock:
            self._fill()

    def take(self) -> Worker:
        """A worker that was asked for earlier. A zygote that died meanwhile is replaced. Give it
        back with leave.
        """
        self._turns.acquire()
        try:
            with self._lock:
                if self.is_closed:
                    raise Cancelled("the workers were ended")
                self._fill()
                worker = self._ahead.popleft()
                self._fill()
            worker.keeper.wait_up()
        except BaseException:
            self._turns.release()
            raise
        return worker

    def leave(self, worker: Worker) -> None:
        """The worker is dead or is killed now; its turn goes to the next."""
        worker.kill()
        worker.close()
        self._turns.release()

    @property
    def keeper(self) -> Keeper:
        with self._lock:
            self._fill()
            if self._keeper is None:
                raise Cancelled("the workers were ended")
            return self._keeper

    def kill_all(self) -> None:
        keeper = self._keeper
        if keeper is not None:
            keeper.kill_all()

    def close(self) -> None:
        with self._lock:
            self.is_closed = True
            keeper, self._keeper = self._keeper, None
            ahead, self._ahead = self._ahead, deque()
        if keeper is not None:
            keeper.end()
        for worker in ahead:
            worker.close()

    def _fill(self) -> None:
        if self._keeper is None or self._keeper.gone.is_set():
            for worker in self._ahead:
                worker.close()
            self._ahead.clear()
            self._keeper = self._start()
        while len(self._ahead) < self._workers:
            self._ahead.append(self._keeper.spawn())
