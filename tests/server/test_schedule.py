"""Which picture is next, over simulated days; the control serves whoever came first."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.errors import Busy, LimitExceeded
from safelight.server.front.jobs.pace import MOST_RECIPES, Pace
from safelight.server.front.jobs.schedule import (
    ABOUT_S,
    FREE_S,
    PATIENCE,
    SUSPECT_S,
    Schedule,
    Ticket,
)
from tests.server.simulated import Day, FirstComeFirst, Picture, pictures, simulate

MANY = 10_000


def schedule(slots: int = 1) -> Schedule:
    return Schedule(slots, MANY)


def ticket(owner: str = "a", cost: float = 1.0, at: float = 0.0, **more: float | bool) -> Ticket:
    deadline = float(more.get("deadline", math.inf))
    return Ticket(owner, cost, at, deadline, is_batch=bool(more.get("is_batch")))


LATE_GUEST = [*pictures("crowd", 100, 1.0), *pictures("guest", 5, 1.0, at=10.0)]


def test_a_guest_does_not_wait_behind_a_crowd_of_somebody_else() -> None:
    day = simulate(schedule(), LATE_GUEST)
    assert day.last("guest") <= 10 + 2 * 5 + 1
    assert max(day.waits("guest")) <= 2 * 5


def test_first_come_first_is_seen_to_be_unfair() -> None:
    assert simulate(FirstComeFirst(1), LATE_GUEST).last("guest") > 100


def shares(day: Day, until: float) -> float:
    """What the first had for each second of the second."""
    return day.worked("large", until) / day.worked("small", until)


SIZES = [*pictures("large", 50, 10.0), *pictures("small", 500, 1.0)]
UNTRUE = [*pictures("large", 50, 10.0, guess=0.1), *pictures("small", 500, 1.0, guess=1.0)]


@pytest.mark.parametrize("slots", [1, 4])
def test_work_is_shared_by_its_seconds_and_not_by_pictures(slots: int) -> None:
    assert 0.85 <= shares(simulate(schedule(slots), SIZES), 400 / slots) <= 1.15


@pytest.mark.parametrize("slots", [1, 4])
def test_a_wrong_guess_is_made_good_by_what_it_took(slots: int) -> None:
    assert 0.8 <= shares(simulate(schedule(slots), UNTRUE), 400 / slots) <= 1.25


def test_first_come_first_does_not_share() -> None:
    day = simulate(FirstComeFirst(4), SIZES)
    assert day.worked("large", 100) > 300
    assert day.worked("small", 100) == 0


def test_who_was_away_has_saved_nothing_up() -> None:
    coming = [
        *pictures("early", 1, 1.0),
        *pictures("steady", 300, 1.0),
        *pictures("early", 100, 1.0, at=150.0),
    ]
    day = simulate(schedule(), coming)
    served = [one.owner for one in day.done if 150 < one.ended <= 250]
    assert 45 <= served.count("steady") <= 55


def test_who_waits_in_person_goes_before_batches() -> None:
    coming = [*pictures("a", 50, 1.0, is_batch=True), *pictures("b", 1, 1.0, at=5.5)]
    day = simulate(schedule(), coming)
    assert day.waits("b") == [0.5]


def test_ones_own_batch_does_not_stand_before_ones_own_wish() -> None:
    coming = [*pictures("a", 50, 1.0, is_batch=True), *pictures("a", 1, 0.5, at=5.5)]
    ended = [one.ended for one in simulate(schedule(), coming).done if one.seconds == 0.5]
    assert ended == [6.5]


def test_batches_leave_a_slot_free_while_somebody_waits_now_and_then() -> None:
    coming = [
        *pictures("batch", 200, 10.0, is_batch=True),
        *(Picture("b", 20.5 + at, 0.1) for at in range(50)),
    ]
    day = simulate(schedule(2), coming)
    assert max(day.waits("b")[1:]) <= 9.5  # until the two that ran have ended
    assert max(day.waits("b")[12:]) == 0
    control = simulate(FirstComeFirst(2), coming)
    assert min(control.waits("b")) > 900


def test_a_batch_has_every_slot_again_once_nobody_waits_any_more() -> None:
    desk = schedule(2)
    prompt = ticket("b")
    desk.offer([prompt])
    desk.offer([ticket("a", is_batch=True) for _ in range(4)])
    assert desk.start(0.0) is prompt
    assert desk.start(0.0) is not None
    desk.end(prompt, 1.0)
    assert desk.start(1.0) is None
    assert desk.start(1.0 + FREE_S) is not None
    alone = schedule(1)
    alone.offer([ticket("a", is_batch=True)])
    assert alone.start(0.0) is not None


def test_a_batch_is_not_starved_by_a_stream_of_wishes() -> None:
    coming = [
        *pictures("batch", 100, 1.0, is_batch=True),
        *(Picture("b", float(at), 1.0) for at in range(200)),
    ]
    day = simulate(schedule(), coming)
    least = 200 / (PATIENCE + 1)
    assert least - 2 <= day.worked("batch", 200) <= least + 2


def test_a_poisoned_picture_costs_its_owner_and_takes_one_slot() -> None:
    poison = pictures("bad", 40, 30.0, guess=0.2, is_poison=True)
    good = [Picture("good", float(at), 1.0) for at in range(100)]
    alone = simulate(schedule(4), good)
    day = simulate(schedule(4), [*poison, *good])
    # Once the first few are known for what they are, the good hardly notice.
    late = [one.waited for one in day.done if one.owner == "good" and one.ended > 35]
    assert max(alone.waits("good")) == 0
    assert max(late) <= 1.0
    control = simulate(FirstComeFirst(4), [*poison, *good])
    assert max(control.waits("good")) > 200


def test_who_broke_a_worker_has_more_slots_again_after_a_while() -> None:
    desk = schedule(3)
    desk.offer([ticket("bad") for _ in range(6)])
    first = [desk.start(0.0) for _ in range(3)]
    for one in first:
        assert one is not None
        desk.end(one, 1.0, is_poison=True)
    assert desk.start(1.0) is not None
    assert desk.start(1.0) is None
    assert desk.start(1.0 + SUSPECT_S) is not None


def test_who_outlasts_the_guess_begins_no_other_while_somebody_is_about() -> None:
    desk = schedule(3)
    desk.offer([ticket("slow", 0.5) for _ in range(5)])
    assert desk.start(0.0) is not None
    assert desk.start(10.0) is not None  # nobody else is here
    desk.offer([ticket("guest", at=11.0)])
    started = desk.start(11.0)
    assert started is not None
    assert started.owner == "guest"
    desk.end(started, 12.0)
    assert desk.start(13.0) is None
    assert desk.start(12.0 + ABOUT_S) is not None


def test_the_queue_is_bounded_and_takes_all_or_none() -> None:
    desk = Schedule(1, 10)
    desk.offer([ticket("a") for _ in range(7)])
    with pytest.raises(Busy) as busy:
        desk.offer([ticket("b") for _ in range(4)])
    assert desk.waiting == 7
    assert 1 <= busy.value.retry_after_s <= 7
    desk.offer([ticket("b") for _ in range(3)])
    with pytest.raises(LimitExceeded):
        desk.offer([ticket("c") for _ in range(11)])


def test_nobody_fills_the_queue_alone_while_somebody_is_about() -> None:
    desk = Schedule(1, 8)
    desk.offer([ticket("a") for _ in range(8)])  # nobody else is
    with pytest.raises(Busy):
        desk.offer([ticket("b")])
    started = desk.start(1.0)
    assert started is not None
    with pytest.raises(Busy):
        desk.offer([ticket("a", at=1.0)])
    desk.offer([ticket("b", at=1.0)])


def test_the_time_to_ask_again_follows_the_measured_work() -> None:
    short, long = Schedule(1, 2), Schedule(1, 2)
    short.offer([ticket("a", 0.1), ticket("b", 0.1)])
    long.offer([ticket("a", 60.0), ticket("b", 60.0)])
    assert short.retry_after_s() == 1
    assert long.retry_after_s() == 60


def test_what_has_waited_beyond_its_deadline_leaves() -> None:
    desk = schedule()
    late, patient = ticket(deadline=5.0), ticket(deadline=9.0, is_batch=True)
    desk.offer([late])
    desk.offer([patient])
    assert desk.next_due == 5.0
    assert desk.overdue(4.9) == []
    assert desk.overdue(5.0) == [late]
    assert desk.next_due == 9.0
    assert desk.start(6.0) is patient
    assert desk.next_due == math.inf


def test_what_is_withdrawn_is_not_started() -> None:
    desk = schedule()
    one, other = ticket(), ticket()
    desk.offer([one, other])
    assert desk.withdraw(one)
    assert not desk.withdraw(one)
    assert desk.start(0.0) is other
    assert not desk.withdraw(other)


def test_who_leaves_too_much_unfetched_waits_and_others_do_not() -> None:
    full = {"a"}
    desk = Schedule(2, 10, may_more=lambda owner: owner not in full)
    desk.offer([ticket("a")])
    desk.offer([ticket("b")])
    started = desk.start(0.0)
    assert started is not None
    assert started.owner == "b"
    assert desk.start(0.0) is None
    full.clear()
    assert desk.start(0.0) is not None


def test_the_one_alone_may_use_every_core() -> None:
    desk = schedule(2)
    desk.offer([ticket("a"), ticket("b"), ticket("c")])
    first, _ = desk.start(0.0), desk.start(0.0)
    assert not desk.is_alone
    assert first is not None
    desk.end(first, 1.0)
    desk.start(1.0)
    assert not desk.is_alone
    for one in list(desk.running)[1:]:
        desk.end(one, 2.0)
    assert desk.is_alone


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["offer", "start", "end", "poison", "withdraw"]),
        st.sampled_from("abc"),
        st.floats(0.01, 30),
        st.booleans(),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(STEPS, st.integers(1, 3))
def test_whatever_happens_a_free_slot_is_used_and_nothing_runs_twice(
    steps: list[tuple[str, str, float, bool]], slots: int
) -> None:
    desk, now = Schedule(slots, 12), 0.0
    waiting: list[Ticket] = []
    seen: set[Ticket] = set()
    for what, owner, cost, is_batch in steps:
        now += cost / 10
        if what == "offer":
            one = ticket(owner, cost, now, is_batch=is_batch)
            try:
                desk.offer([one])
            except Busy:
                assert len(waiting) >= 9 or sum(o.owner == owner for o in waiting) >= 9
            else:
                waiting.append(one)
        elif what == "withdraw" and waiting:
            assert desk.withdraw(waiting.pop())
        elif what in ("end", "poison") and desk.running:
            desk.end(min(desk.running, key=lambda one: one.cost_s), now, is_poison=what == "poison")
        else:
            started = desk.start(now)
            is_free = len(desk.running) < slots
            may_rest = desk._suspects or desk._leaves_free(now)
            assert started is not None or not waiting or not is_free or may_rest
            if started is not None:
                assert started not in seen
                seen.add(started)
                waiting.remove(started)
        assert len(desk.running) <= slots
        assert desk.waiting == len(waiting)
        assert desk.backlog_s >= 0


def test_a_guess_follows_what_pictures_of_this_recipe_took() -> None:
    pace = Pace()
    first = pace.guess_s("upscale", 1_000_000)
    for _ in range(30):
        pace.note("upscale", 1_000_000, 20.0)
    assert pace.guess_s("upscale", 1_000_000) == pytest.approx(20.0)
    assert pace.guess_s("upscale", 2_000_000) > 30
    assert first < pace.guess_s("another", 1_000_000) <= 20.0  # which was not seen before


def test_of_recipes_the_last_few_are_remembered() -> None:
    pace = Pace()
    pace.note("slow", 0, 100.0)
    for number in range(MOST_RECIPES):
        pace.note(str(number), 0, 1.0)
    assert pace.guess_s("slow", 0) == pytest.approx(1.0)
