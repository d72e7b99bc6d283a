"""A request that comes twice under one key is carried out once."""

from __future__ import annotations

import pytest

from safelight.errors import KeyReused, ParameterInvalid, StillRunning
from safelight.server.front.jobs import idempotency
from safelight.server.front.jobs.idempotency import KEEP_S, Answer, Keys
from tests.server.acting import looped
from tests.server.asked import STEPS, asked

ANSWER = Answer(202, (("Location", "there"),), b"{}")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def use(keys: Keys, key: str = "k", body: bytes = b"body", owner: str = "anna") -> Answer | None:
    """What was known; answers where nothing was."""
    with keys.turn(owner, key, b"POST jobs", body) as turn:
        known = turn.answer
        turn.answer = known or ANSWER
    return known


def test_the_second_time_gets_the_first_answer() -> None:
    keys = Keys()
    assert use(keys) is None
    assert use(keys) is ANSWER


def test_keys_are_each_owners_own() -> None:
    keys = Keys()
    use(keys)
    assert use(keys, owner="bert") is None


def test_another_request_under_the_same_key_is_refused() -> None:
    keys = Keys()
    use(keys)
    with pytest.raises(KeyReused):
        use(keys, body=b"other")


def test_parts_of_a_request_do_not_run_into_each_other() -> None:
    keys = Keys()
    with keys.turn("anna", "k", b"ab", b"c") as turn:
        turn.answer = ANSWER
    with pytest.raises(KeyReused), keys.turn("anna", "k", b"a", b"bc"):
        pass


def test_one_that_still_runs_is_said_to() -> None:
    keys = Keys()
    with keys.turn("anna", "k", b"x"):
        with pytest.raises(StillRunning), keys.turn("anna", "k", b"x"):
            pass
        with pytest.raises(KeyReused), keys.turn("anna", "k", b"y"):
            pass


def test_what_failed_may_come_again() -> None:
    keys = Keys()
    with pytest.raises(RuntimeError), keys.turn("anna", "k", b"x"):
        raise RuntimeError
    assert use(keys) is None


def test_a_key_is_forgotten_after_a_day() -> None:
    clock = Clock()
    keys = Keys(clock=clock)
    use(keys)
    clock.now = KEEP_S - 1
    assert use(keys) is ANSWER
    clock.now = KEEP_S
    assert use(keys, body=b"other") is None
    assert len(keys) == 1


def test_there_are_only_so_many_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "MOST_OF_ONE", 3)
    monkeypatch.setattr(idempotency, "MOST", 5)
    keys = Keys()
    for owner in ("anna", "bert"):
        for number in range(10):
            use(keys, str(number), owner=owner)
    assert len(keys) == 5
    assert use(keys, "9", owner="bert") is ANSWER


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ä", "a\n"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ParameterInvalid):
        use(Keys(), key)


def test_without_a_key_nothing_is_kept() -> None:
    keys = Keys()
    with keys.turn("anna", None, b"x") as turn:
        turn.answer = ANSWER
    assert len(keys) == 0


@looped
async def test_a_job_that_is_asked_for_twice_is_one_job() -> None:
    async with asked() as server:
        wish, key = {"inputs": [await server.upload()], "steps": STEPS}, {"Idempotency-Key": "one"}
        first = await server.call("POST", "/jobs", json=wish, headers=key)
        second = await server.call("POST", "/jobs", json=wish, headers=key)
        assert second.status_code == first.status_code == 202
        assert second.content == first.content
        assert second.headers["location"] == first.headers["location"]
        assert len(server.scene.desk.records) == 1
        other = {**wish, "timeout_s": 9}
        refused = await server.call("POST", "/jobs", json=other, headers=key)
        assert (refused.status_code, refused.json()["code"]) == (422, "key-reused")
        await server.end(first.json())


@looped
async def test_a_refused_job_may_come_again_under_its_key() -> None:
    async with asked(queue=3) as server:
        key = {"Idempotency-Key": "one"}
        upload = await server.upload()
        many = {"inputs": [upload] * 3, "steps": STEPS}
        assert (await server.call("POST", "/jobs", json=many)).status_code == 202
        assert (await server.call("POST", "/jobs", json=many, headers=key)).status_code == 429
        one = {"inputs": [upload], "steps": STEPS}
        assert (await server.call("POST", "/jobs", json=one, headers=key)).status_code == 202


@looped
async def test_a_retry_that_comes_twice_is_made_once() -> None:
    async with asked() as server:
        job, key = await server.job("fail"), {"Idempotency-Key": "again"}
        await server.end(job)
        await server.call("POST", f"/jobs/{job['id']}/retry", headers=key)
        await server.end(job)
        await server.call("POST", f"/jobs/{job['id']}/retry", headers=key)
        await server.end(job)
        assert server.scene.back.texts == ["fail", "fail"]
