"""Room for pictures: who waits for it, who is next, and what nobody may take alone."""

from __future__ import annotations

import asyncio

import pytest

from safelight.errors import SafelightError
from safelight.server.blob import Memory, Room
from tests.server.acting import looped

WAIT_S = 0.02


async def taken(memory: Memory, size: int, owner: str = "anna") -> Room:
    return await memory.take(size, most_s=5, owner=owner)


def waiting(memory: Memory, size: int, owner: str = "anna") -> asyncio.Task[Room]:
    return asyncio.ensure_future(taken(memory, size, owner))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@looped
async def test_room_is_had_at_once_where_there_is_any_and_given_back_once() -> None:
    memory = Memory(100)
    room = await taken(memory, 40)
    assert memory.left_bytes == 60
    room.give()
    room.give()
    assert memory.left_bytes == 100


@looped
async def test_what_can_never_be_had_is_refused_and_what_is_not_free_in_time_ends() -> None:
    memory = Memory(100)
    with pytest.raises(SafelightError):
        await taken(memory, 101)
    room = await taken(memory, 100)
    with pytest.raises(TimeoutError):
        await memory.take(1, most_s=WAIT_S, owner="bert")
    room.give()
    assert memory.left_bytes == 100
    (await taken(memory, 100)).give()


@looped
async def test_of_one_owner_whoever_came_first_is_next() -> None:
    memory = Memory(100)
    room = await taken(memory, 100, "carl")
    first, second = waiting(memory, 60), waiting(memory, 10)
    await settle()
    room.shrink(50)
    await settle()
    assert not first.done()
    assert not second.done()
    room.give()
    assert (await first).size_bytes == 60
    assert (await second).size_bytes == 10


@looped
async def test_whose_owner_holds_least_is_next() -> None:
    memory = Memory(100)
    crowd = [await taken(memory, 35, "crowd") for _ in range(2)]
    rest = await taken(memory, 30, "carl")
    late = [waiting(memory, 20, "crowd") for _ in range(3)]
    await settle()
    guest = waiting(memory, 30, "guest")
    await settle()
    crowd[0].give()
    await settle()
    assert guest.done()
    assert not any(one.done() for one in late)
    crowd[1].give()
    rest.give()
    for one in late:
        (await one).give()
    (await guest).give()
    assert memory.left_bytes == 100


@looped
async def test_nobody_takes_it_all_by_many_small_ones() -> None:
    memory = Memory(100)
    rooms = [await taken(memory, 25) for _ in range(3)]
    fourth = waiting(memory, 25)
    await settle()
    assert not fourth.done()
    other = await taken(memory, 25, "bert")
    rooms[0].give()
    await fourth
    other.give()


@looped
async def test_one_picture_alone_may_have_all_of_it() -> None:
    memory = Memory(100)
    (await taken(memory, 100)).give()


@looped
async def test_who_stops_waiting_leaves_the_place_to_the_next() -> None:
    memory = Memory(100)
    room = await taken(memory, 90, "carl")
    first, second = waiting(memory, 50), waiting(memory, 5)
    await settle()
    first.cancel()
    assert (await second).size_bytes == 5
    room.give()
    (await second).give()
    assert memory.left_bytes == 100


@looped
async def test_what_is_there_already_is_counted_even_beyond() -> None:
    memory = Memory(100)
    room = memory.claim(150, "anna")
    assert memory.left_bytes == -50
    part = room.split(100)
    part.give()
    assert memory.left_bytes == 50
    with pytest.raises(TimeoutError):
        await memory.take(30, most_s=WAIT_S, owner="anna")
    (await taken(memory, 30, "bert")).give()
    room.give()
    assert memory.left_bytes == 100
