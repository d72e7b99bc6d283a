"""Records between front end and back end: what goes in comes out, and nothing else is one."""

from __future__ import annotations

import errno
import os
import random
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from safelight.errors import LimitExceeded, SafelightError
from safelight.limits import MAX_RECIPE_BYTES
from safelight.server.wire import line as lines
from safelight.server.wire.records import (
    MAX_ASKED_BYTES,
    MAX_DETAIL_BYTES,
    MAX_FACTS_BYTES,
    MAX_FILES,
    RECORD_BYTES,
    Answer,
    Ask,
    Cancel,
    Failure,
    File,
    Malformed,
    Order,
    Progress,
    Reply,
    Request,
    id_of,
    parse_reply,
    parse_request,
)
from safelight.server.wire.sheets import Facts, Output, facts_in, require_file, taken
from safelight.worker.memory import Sheet

SHA = "ab" * 32
REQUESTS: list[Request] = [
    Order(1, b"{}", (File(SHA, 5),), 30_000),
    Order(2**64 - 1, b"r" * MAX_RECIPE_BYTES, (File(SHA, 1),) * MAX_FILES, 1, is_alone=True),
    Ask(3, "state", b"{}"),
    Ask(4, "a" * 32, b"f" * MAX_ASKED_BYTES, (File(SHA, 7),) * MAX_FILES),
    Cancel(5),
]
REPLIES: list[Reply] = [
    Progress(1, 0.5),
    Answer(2, 10),
    Answer(3, MAX_FACTS_BYTES, File(SHA, 0)),
    Answer(4, 2, File(SHA, 1 << 30)),
    Failure(5, LimitExceeded.number, "too many pixels ✂", "fewer"),
    Failure(6, 1),
]


def fds_of(record: Request | Reply) -> int:
    if isinstance(record, Answer):
        return 2 if record.output else 1
    return len(record.files) if isinstance(record, Order | Ask) else 0


@pytest.mark.parametrize("record", REQUESTS, ids=lambda record: type(record).__name__)
def test_a_request_comes_out_as_it_went_in(record: Request) -> None:
    packed = record.pack()
    assert len(packed) <= RECORD_BYTES
    assert parse_request(packed, fds_of(record)) == record
    assert id_of(packed) == record.id
    with pytest.raises(Malformed):
        parse_reply(packed, fds_of(record))


@pytest.mark.parametrize("record", REPLIES, ids=lambda record: type(record).__name__)
def test_a_reply_comes_out_as_it_went_in(record: Reply) -> None:
    packed = record.pack()
    assert parse_reply(packed, fds_of(record)) == record
    with pytest.raises(Malformed):
        parse_request(packed, fds_of(record))


@pytest.mark.parametrize("record", REQUESTS, ids=lambda record: type(record).__name__)
def test_a_request_with_another_number_of_descriptors_is_none(record: Request) -> None:
    for more in (-1, 1, 7):
        with pytest.raises(Malformed):
            parse_request(record.pack(), fds_of(record) + more)


@pytest.mark.parametrize("record", [*REQUESTS, *REPLIES], ids=lambda one: type(one).__name__)
def test_a_record_that_is_cut_or_longer_is_none(record: Request | Reply) -> None:
    parse = parse_request if isinstance(record, Order | Ask | Cancel) else parse_reply
    packed = record.pack()
    for cut in {*range(min(80, len(packed))), len(packed) - 1}:
        with pytest.raises(Malformed):
            parse(packed[:cut], fds_of(record))
    with pytest.raises(Malformed):
        parse(packed + b"\0", fds_of(record))


def test_whatever_bits_are_turned_it_is_refused_or_says_exactly_what_it_is() -> None:
    """Nothing else than Malformed is ever raised, and nothing that is taken is ambiguous."""
    draw, taken_in = random.Random(7), 0
    small = [one for one in (*REQUESTS, *REPLIES) if len(one.pack()) < 1_000]
    for _ in range(20_000):
        record = draw.choice(small)
        packed = bytearray(record.pack())
        for _ in range(draw.randint(1, 3)):
            packed[draw.randrange(len(packed))] = draw.randrange(256)
        fds = fds_of(record) if draw.random() < 0.8 else draw.randrange(4)
        for parse in (parse_request, parse_reply):
            try:
                found: Request | Reply = parse(bytes(packed), fds)
            except Malformed:
                continue
            taken_in += 1
            assert found.pack() == bytes(packed)
    assert taken_in > 100


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 64, 4096, RECORD_BYTES, RECORD_BYTES + 1])
def test_noise_is_no_record(length: int) -> None:
    noise = random.Random(length).randbytes(length)
    for start in (b"", b"SLb1\1\0\0\0", b"SLb1\2\0\1\0", b"SLb1\5\1\2\0"):
        data = start + noise[len(start) :]
        for parse in (parse_request, parse_reply):
            with pytest.raises(Malformed):
                parse(data, 1)
    assert id_of(noise) == 0


def test_words_that_are_too_long_are_cut_at_a_letter() -> None:
    long = Failure(1, 1, "é" * MAX_DETAIL_BYTES, "…" * MAX_DETAIL_BYTES)
    found = parse_reply(long.pack(), 0)
    assert isinstance(found, Failure)
    assert set(found.detail) == {"é"}
    assert set(found.hint) == {"…"}


def test_an_error_comes_over_with_its_class_and_words() -> None:
    there = LimitExceeded("300 MP", hint="a smaller one")
    here = Failure.of(9, there).error()
    assert (type(here), here.message, here.hint) == (LimitExceeded, "300 MP", "a smaller one")
    assert type(Failure(9, 60_000).error()) is SafelightError


@pytest.mark.parametrize("share", [-1.0, 2.0, float("nan"), 0.25])
def test_a_share_is_one_from_0_to_1(share: float) -> None:
    found = parse_reply(Progress(1, share).pack(), 0)
    assert isinstance(found, Progress)
    assert 0 <= found.share <= 1


@contextmanager
def fd_of(data: bytes) -> Iterator[int]:
    fd = os.memfd_create("test", os.MFD_ALLOW_SEALING)
    try:
        os.pwrite(fd, data, 0)
        yield fd
    finally:
        os.close(fd)


def test_facts_come_over_and_leave_zeros() -> None:
    told = {"a": [1, 2.5, "x"], "b": None}
    with Facts(told) as facts:
        assert facts_in(facts.fd, facts.size_bytes) == told
        assert not any(os.pread(facts.fd, 1_000, 0))


@pytest.mark.parametrize(
    "data", [b"[1]", b"{", b'"x"', b"\xff\xfe", b"[" * 100_000, b"", b'{"a":1}x']
)
def test_facts_that_are_no_object_are_refused(data: bytes) -> None:
    with fd_of(data) as fd, pytest.raises(Malformed):
        facts_in(fd, max(2, len(data)))


def test_facts_without_end_are_not_told() -> None:
    with pytest.raises(ValueError, match="more to tell"):
        Facts({"x": "y" * MAX_FACTS_BYTES})
    with pytest.raises(ValueError, match="JSON"):
        Facts({"x": float("nan")})


def test_an_output_is_taken_over_sealed() -> None:
    with Output() as output:
        for part in (b"first ", b"second"):
            with memoryview(part) as view:
                output.write(view)
        blob = taken(os.dup(output.fd), output.file)
    with blob.view() as seen:
        assert bytes(seen) == b"first second"
    with pytest.raises(PermissionError):
        os.pwrite(blob.fd, b"x", 0)
    blob.close()


@pytest.mark.parametrize("told", [11, 13, 0, 1 << 40])
def test_an_output_of_another_size_is_not(told: int) -> None:
    with fd_of(b"twelve bytes") as fd, pytest.raises(Malformed):
        taken(fd, File(SHA, told))


def test_an_output_that_is_no_memory_is_not(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("plain") / "file"
    path.write_bytes(b"twelve bytes")
    with path.open("rb+") as file, pytest.raises(Malformed):
        taken(file.fileno(), File(SHA, 12))


def test_only_a_sealed_file_of_the_told_size_comes_in() -> None:
    sheet = Sheet.holding(b"twelve bytes")
    try:
        require_file(sheet.fd, File(SHA, 12), 12)
        for told, most in ((11, 12), (13, 13), (12, 11), (0, 12)):
            with pytest.raises(Malformed):
                require_file(sheet.fd, File(SHA, told), most)
    finally:
        sheet.close()
    with fd_of(b"twelve bytes") as fd, pytest.raises(Malformed):
        require_file(fd, File(SHA, 12), 12)
    reading, writing = os.pipe()
    for end in (reading, writing):
        with pytest.raises(Malformed):
            require_file(end, File(SHA, 12), 12)
        os.close(end)
    with pytest.raises(Malformed):
        require_file(reading, File(SHA, 12), 12)


def test_a_message_keeps_its_descriptors_and_tells_when_it_was_cut() -> None:
    near, far = lines.pair()
    with near, far, fd_of(b"x") as fd:
        lines.send(near, b"whole", (fd, fd))
        parcel = lines.receive(far)
        assert parcel is not None
        assert (parcel.untrusted, len(parcel.fds), parcel.is_whole) == (b"whole", 2, True)
        assert not any(os.get_inheritable(one) for one in parcel.fds)
        parcel.close()
        parcel.close()
        for data, count in ((b"many", MAX_FILES + 2), (bytes(RECORD_BYTES + 1), 0)):
            lines.send(near, data, (fd,) * count)
            cut = lines.receive(far)
            assert cut is not None
            assert len(cut.untrusted) == len(data)
            cut.close()
            whole = parse_refused(cut.untrusted, len(cut.fds))
            assert whole or not cut.is_whole
        near.close()
        assert lines.receive(far) is None


def parse_refused(untrusted: bytes, fds: int) -> bool:
    try:
        parse_request(untrusted, fds)
    except Malformed:
        return True
    return False


def test_a_line_that_is_full_says_so_and_goes_on() -> None:
    near, far = lines.pair()
    near.setblocking(False)
    sent = 0
    with near, far:
        with suppress(BlockingIOError):
            for sent in range(1_000):
                lines.send(near, struct.pack("<I", sent) + bytes(60_000))
        assert 0 < sent < 999
        for number in range(sent):
            parcel = lines.receive(far)
            assert parcel is not None
            assert struct.unpack("<I", parcel.untrusted[:4])[0] == number
        lines.send(near, b"again")


def test_a_line_with_too_many_descriptors_under_way_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def crowded(*_: object) -> None:
        raise OSError(errno.ETOOMANYREFS, "too many references")

    monkeypatch.setattr(socket, "send_fds", crowded)
    near, far = lines.pair()
    with near, far, pytest.raises(BlockingIOError):
        lines.send(near, b"record")


def test_what_else_comes_along_with_a_message_is_left() -> None:
    near, far = lines.pair()
    far.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    with near, far, fd_of(b"x") as fd:
        lines.send(near, b"record", (fd,))
        parcel = lines.receive(far)
        assert parcel is not None
        assert len(parcel.fds) == 1
        parcel.close()


def test_an_output_that_is_gone_is_not_taken() -> None:
    with fd_of(b"x") as fd:
        pass
    for size_bytes in (0, 1):
        with pytest.raises(Malformed):
            taken(fd, File(SHA, size_bytes))
