"""The wire: what is packed comes back, and every broken rule is refused."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.annotation import DECISIONS
from safelight.errors import WireBroken
from safelight.formats import FORMATS
from safelight.image import Change, Finding, Risk
from safelight.limits import MAX_MODELS, MAX_RECORDS, Limits
from safelight.models.guard import FAULTS, Retry
from safelight.worker import records, wire
from safelight.worker.sentences import Failure
from safelight.worker.wire import Order, Outcome, Ready

LIMITS = Limits()
ORDER = Order(10, 20, ((1, 2, 3), (4, 5, 6)), wants_image=True, nonce=77, threads=3)
ANALYSIS = replace(ORDER, wants_image=False)
MADE = Outcome(
    output_bytes=100,
    format="webp",
    width=40,
    height=30,
    input_format="jpeg",
    input_width=80,
    input_height=60,
    is_reencoded=True,
    records=2,
    confidence=0.875,
    decided={"jpeg-quality": 0.0, "noise": 12.3},
    ran=(0, 1),
    retries=(Retry(0, "blank", 7), Retry(1, "wrong shape", 1)),
)
LISTED = replace(MADE, output_bytes=0, format=None, width=0, height=0, is_reencoded=False)
REST = [0] * (wire.SIZES + MAX_MODELS * len(FAULTS))
READY = Ready((1, 13, 0, -1), 0b1011, "ab" * 32)
MAGIC, NONCE, NUMBER, COUNT, MODULE, LINE = 0, 1, 2, 3, 4, 5
FACT, SIZE, WIDTH, HEIGHT, INPUT_WIDTH, INPUT_HEIGHT, RECORDS, KIND, INPUT_KIND, AGAIN = (
    6,
    *range(6 + wire.MAX_FACTS, 15 + wire.MAX_FACTS),
)
RAN = AGAIN + 1
SURE = RAN + 1
DECIDED = SURE + 1
COUNTS = DECIDED + len(DECISIONS)


def parsed(data: bytes, order: Order = ORDER) -> Outcome:
    return Outcome.parse(data, LIMITS, order)


def test_an_order_makes_the_round_trip() -> None:
    assert Order.parse(ORDER.pack()) == ORDER


def test_an_order_with_as_many_models_as_allowed_makes_the_round_trip() -> None:
    order = replace(ORDER, models=((1, 2, 3),) * MAX_MODELS)
    assert Order.parse(order.pack()) == order


def test_all_models_of_the_largest_order_may_have_run() -> None:
    order = replace(ORDER, models=((1, 2, 3),) * MAX_MODELS)
    made = replace(MADE, ran=tuple(range(MAX_MODELS)))
    assert parsed(made.pack(order.nonce), order) == made
    assert parsed(replace(made, ran=(), retries=()).pack(order.nonce), order).ran == ()


def test_a_report_makes_the_round_trip() -> None:
    assert Ready.parse(READY.pack(), attempts=4) == READY


@pytest.mark.parametrize("attempts", [0, 3, 5, wire.MAX_ATTEMPTS])
def test_a_report_of_another_number_of_attacks_is_refused(attempts: int) -> None:
    with pytest.raises(WireBroken):
        Ready.parse(READY.pack(), attempts=attempts)


@pytest.mark.parametrize("errno", [-2, 5_000])
def test_an_impossible_errno_is_refused(errno: int) -> None:
    with pytest.raises(WireBroken):
        Ready.parse(replace(READY, errnos=(errno,)).pack(), attempts=1)


def test_bytes_behind_the_attempts_are_refused() -> None:
    data = READY.pack()[:-2] + b"\1\0"
    with pytest.raises(WireBroken):
        Ready.parse(data, attempts=4)


@pytest.mark.parametrize(("outcome", "order"), [(MADE, ORDER), (LISTED, ANALYSIS)])
def test_an_outcome_makes_the_round_trip(outcome: Outcome, order: Order) -> None:
    assert parsed(outcome.pack(order.nonce), order) == outcome


@pytest.mark.parametrize(
    "failure", [Failure(23, 2**32 - 1, 99_999, (-6, 0, 10**18)), Failure(1), Failure(25, 5, 6)]
)
def test_a_failure_makes_the_round_trip(failure: Failure) -> None:
    assert parsed(Outcome(failure).pack(ORDER.nonce)).failure == failure


@pytest.mark.parametrize(
    ("said", "heard"), [(None, None), (0.0, 0.0), (1.0, 1.0), (7.5, 1.0), (-1.0, 0.0)]
)
def test_confidence_is_cut_to_its_range(said: float | None, heard: float | None) -> None:
    assert parsed(replace(MADE, confidence=said).pack(ORDER.nonce)).confidence == heard


def test_facts_that_do_not_fit_are_cut() -> None:
    failure = Failure(23, 1, 1, tuple(range(20)))
    assert parsed(Outcome(failure).pack(ORDER.nonce)).failure == replace(
        failure, facts=tuple(range(wire.MAX_FACTS))
    )


BROKEN = {
    "another magic": (MAGIC, b"SLx1"),
    "another nonce": (NONCE, 78),
    "a failure that carries sizes": (NUMBER, 22),
    "facts of no failure": (COUNT, 1),
    "a module of no failure": (MODULE, 1),
    "a line of no failure": (LINE, 1),
    "a fact of no failure": (FACT, 1),
    "no output": (SIZE, 0),
    "an output that is too large": (SIZE, LIMITS.output_bytes + 1),
    "a huge output": (SIZE, 2**64 - 1),
    "no width": (WIDTH, 0),
    "an area that is too large": (HEIGHT, LIMITS.side),
    "a side that is too long": (WIDTH, LIMITS.side + 1),
    "no height": (HEIGHT, 0),
    "no input width": (INPUT_WIDTH, 0),
    "an input side that is too long": (INPUT_WIDTH, LIMITS.side + 1),
    "an input area that is too large": (INPUT_HEIGHT, LIMITS.side),
    "too many records": (RECORDS, MAX_RECORDS + 1),
    "no format": (KIND, 0),
    "an unknown format": (KIND, len(FORMATS) + 1),
    "no input format": (INPUT_KIND, 0),
    "an unknown input format": (INPUT_KIND, 255),
    "half a flag": (AGAIN, 2),
    "surer than sure": (SURE, wire.FULL_NOTE + 2),
    "more than can be decided": (DECIDED, wire.FULL_NOTE + 2),
    "more faults than pixels": (COUNTS, LIMITS.output_pixels + 1),
    "a model that is not in the order": (RAN, 0b111),
    "a model that has no place": (RAN, 2**32 - 1),
    "a fault of a model that did not run": (RAN, 0b01),
    "faults of no model": (COUNTS + 2 * len(FAULTS), 1),
    "faults of the last of all models": (COUNTS + MAX_MODELS * len(FAULTS) - 1, 1),
}


AT_THE_EDGE: dict[str, Any] = {"width": 60_000, "input_width": 60_000, "input_height": 3}


@pytest.mark.parametrize("name", BROKEN)
def test_an_outcome_that_breaks_a_rule_is_refused(name: str) -> None:
    place, value = BROKEN[name]
    fields = list(wire.RESULT.unpack(replace(MADE, **AT_THE_EDGE).pack(77)))
    assert parsed(wire.RESULT.pack(*fields))  # the control: unchanged, it passes
    fields[place] = value
    with pytest.raises(WireBroken):
        parsed(wire.RESULT.pack(*fields))


@pytest.mark.parametrize("place", [SIZE, WIDTH, HEIGHT, KIND, AGAIN])
def test_an_analysis_brings_no_output(place: int) -> None:
    fields = list(wire.RESULT.unpack(LISTED.pack(77)))
    fields[place] = 1
    with pytest.raises(WireBroken):
        parsed(wire.RESULT.pack(*fields), ANALYSIS)


@pytest.mark.parametrize(
    "failure",
    [Failure(256), Failure(23, 0, wire.MAX_LINE + 1), Failure(23, 0, 0, (10**18 + 1,))],
)
def test_a_failure_out_of_bounds_is_refused(failure: Failure) -> None:
    facts = [*failure.facts, *[0] * wire.MAX_FACTS][: wire.MAX_FACTS]
    head = (b"SLe1", 77, failure.number, len(failure.facts), failure.module, failure.line)
    with pytest.raises(WireBroken):
        parsed(wire.RESULT.pack(*head, *facts, *REST))


@pytest.mark.parametrize("count", [1, wire.MAX_FACTS + 1])
def test_facts_that_were_not_announced_are_refused(count: int) -> None:
    head = (b"SLe1", 77, 23, count, 0, 0)
    with pytest.raises(WireBroken):
        parsed(wire.RESULT.pack(*head, *range(wire.MAX_FACTS), *REST))


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_progress_makes_the_round_trip(share: float) -> None:
    data = wire.pack_progress(share)
    assert wire.is_progress(data)
    assert wire.parse_progress(data) == share


@pytest.mark.parametrize(("share", "told"), [(-1.0, 0.0), (7.0, 1.0)])
def test_progress_is_cut_to_its_range(share: float, told: float) -> None:
    assert wire.parse_progress(wire.pack_progress(share)) == told


def test_progress_past_the_end_is_refused() -> None:
    with pytest.raises(WireBroken):
        wire.parse_progress(struct.pack("<4sH", b"SLp1", 10_001))


FINDINGS = (Finding(Risk.PLACE, "GPS", "48.1, 11.5"), Finding(Risk.OTHER, "ü" * 32))
CHANGES = (
    Change("removed", FINDINGS[0]),
    Change("kept", FINDINGS[1]),
    Change("added", FINDINGS[0]),
)


def test_records_make_the_round_trip() -> None:
    count, data = records.pack_records(FINDINGS, CHANGES)
    assert count == 5
    assert len(data) == 5 * records.RECORD_BYTES
    assert records.parse_records(memoryview(data)) == (FINDINGS, CHANGES)


def test_long_texts_are_cut_between_characters() -> None:
    _, data = records.pack_records([Finding(Risk.OTHER, "x" + "ü" * 100, "€" * 100)], [])
    (found,), _ = records.parse_records(memoryview(data))
    assert found.name == "x" + "ü" * 31
    assert found.value == "€" * 85


def test_texts_lose_what_could_fool_a_reader() -> None:
    name = "a\x1b[31m\u202eb\u2066c\u200bd\ne\x00f"
    _, data = records.pack_records([Finding(Risk.OTHER, name)], [])
    (found,), _ = records.parse_records(memoryview(data))
    assert found.name == "a[31mbcd ef"
    raw = struct.pack("<BB64s256s", 0, 12, name.replace("\0", "").encode(), b"")
    (found,), _ = records.parse_records(memoryview(raw))
    assert found.name == "a[31mbcd ef"


def test_too_many_records_are_cut_and_said_so() -> None:
    many = [Finding(Risk.OTHER, str(number)) for number in range(MAX_RECORDS + 10)]
    count, data = records.pack_records(many, [])
    findings, _ = records.parse_records(memoryview(data))
    assert count == len(findings) == MAX_RECORDS
    assert findings[-1] == Finding(Risk.OTHER, "not listed", "11 more")


@pytest.mark.parametrize(
    "record",
    [
        struct.pack("<BB64s256s", 4, 1, b"", b""),
        struct.pack("<BB64s256s", 0, 0, b"", b""),
        struct.pack("<BB64s256s", 0, 13, b"", b""),
        struct.pack("<BB64s256s", 0, 1, b"\xff", b""),
        struct.pack("<BB64s256s", 0, 1, b"a\0b", b""),
        struct.pack("<BB64s256s", 0, 1, b"a", b"\0b"),
        b"short",
    ],
)
def test_a_record_that_breaks_a_rule_is_refused(record: bytes) -> None:
    with pytest.raises(WireBroken):
        records.parse_records(memoryview(record))


@pytest.mark.parametrize("data", [b"", b"SLe1", b"SLe1" * 1_000])
def test_a_message_of_another_size_is_refused(data: bytes) -> None:
    for parse in (parsed, wire.parse_progress, lambda data: Ready.parse(data, attempts=1)):
        with pytest.raises(WireBroken):
            parse(data)


@given(st.binary(min_size=wire.RESULT_BYTES - 12, max_size=wire.RESULT_BYTES - 12))
def test_no_outcome_passes_the_limits(rest: bytes) -> None:
    try:
        outcome = parsed(struct.pack("<4sQ", b"SLe1", 77) + rest)
    except WireBroken:
        return
    assert outcome.failure or outcome.output_bytes <= LIMITS.output_bytes


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 12), st.text(), st.text())))
def test_whatever_is_said_in_records_comes_back_clean(
    rows: list[tuple[int, int, str, str]],
) -> None:
    found = [Finding(Risk(group), name, value) for kind, group, name, value in rows]
    _, data = records.pack_records(found, [])
    findings, _ = records.parse_records(memoryview(data))
    assert all(finding.name.isprintable() and finding.value.isprintable() for finding in findings)
