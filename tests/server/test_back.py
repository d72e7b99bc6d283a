"""The back end, in this process, asked by the front end's side of its line."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from safelight.audit.receipt import Receipt
from safelight.engine.engine import Engine
from safelight.errors import (
    FormatUnknown,
    UsageError,
)
from safelight.recipe import Recipe
from safelight.server.blob import Blob, Intake
from safelight.server.front.backline import Backline
from safelight.server.work import Order, Outcome
from tests.codecs.making import in_format, picture
from tests.server.near import near_back

RESIZE = Recipe.from_steps([{"op": "resize", "width": 24}, {"op": "scrub"}])
PNG = in_format(picture(48, 36), "png")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(jobs=2, door="server", again=2) as engine:
        yield engine


@pytest.fixture
def back(engine: Engine) -> Iterator[Backline]:
    with near_back(engine) as line:
        yield line


def blob(data: bytes) -> Blob:
    intake = Intake(1 << 30)
    intake.write(data)
    return intake.finish()


def order(data: bytes = PNG, recipe: Recipe = RESIZE, **more: Any) -> Order:
    return Order(recipe, blob(data), more.pop("timeout_s", 20.0), **more)


def worked(back: Backline, given: Order) -> Outcome:
    async def one() -> Outcome:
        return await back.work(given)

    try:
        return asyncio.run(one())
    finally:
        given.source.close()


def test_a_picture_comes_back_with_its_receipt(back: Backline) -> None:
    outcome = worked(back, order())
    assert outcome.output is not None
    with outcome.output.view() as view:
        assert hashlib.sha256(view).hexdigest() == outcome.output.sha256
        assert bytes(view[:8]) == PNG[:8]
    assert (outcome.media_type, outcome.document["width"]) == ("image/png", 24)
    receipt = Receipt.parse(outcome.receipt)
    assert receipt.id == outcome.receipt_id == outcome.document["receipt"]
    assert receipt.predicate.locality.entry == "server"
    assert receipt.predicate.outputs[0].sha256 == outcome.output.sha256
    outcome.output.close()


def test_an_analysis_has_facts_and_no_picture(back: Backline) -> None:
    outcome = worked(back, order(recipe=Recipe.from_steps([{"op": "inspect"}])))
    assert outcome.output is None
    assert outcome.receipt == b""
    assert "findings" in outcome.document


def test_many_at_once_come_back_each_to_its_own(back: Backline) -> None:
    sides = [8, 12, 16, 20, 24, 28]

    async def every() -> list[Outcome]:
        recipes = [Recipe.from_steps([{"op": "resize", "width": side}]) for side in sides]
        return await asyncio.gather(*(back.work(order(recipe=one)) for one in recipes))

    outcomes = asyncio.run(every())
    assert [one.document["width"] for one in outcomes] == sides


def test_a_further_picture_comes_along(back: Backline) -> None:
    ground = blob(in_format(picture(48, 36), "jpeg"))
    step = {"op": "watermark", "image": f"picture:{ground.sha256}"}
    given = order(recipe=Recipe.from_steps([step]), further={ground.sha256: ground})
    assert worked(back, given).output is not None


@pytest.mark.parametrize(
    ("data", "kind"), [(b"no picture at all", FormatUnknown), (b"%PDF-1.4 ", FormatUnknown)]
)
def test_what_the_engine_refuses_is_refused_with_its_code_and_hint(
    back: Backline, data: bytes, kind: type[Exception]
) -> None:
    with pytest.raises(kind) as refused:
        worked(back, order(data))
    assert getattr(refused.value, "hint", "")


def test_questions_are_answered_by_the_files_of_a_folder(back: Backline) -> None:
    async def every() -> tuple[dict[str, Any], dict[str, Any]]:
        return await back.ask("state"), await back.ask("ready", {"format": "png"})

    state, ready = asyncio.run(every())
    assert state["jobs"] == 2
    assert ready["contained"] == ready["attempted"] > 0


@pytest.mark.parametrize("kind", ["nobody", "asking", "__init__"])
def test_a_question_that_nobody_answers_is_refused(back: Backline, kind: str) -> None:
    with pytest.raises(UsageError):
        asyncio.run(back.ask(kind))
