"""An input that lies in a sealed memfd is looked at where it is, and not copied."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from safelight.codecs.routing import ROUTE_BYTES
from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.engine.source import PIECE_BYTES, Sealed, open_source
from safelight.errors import ContainerBroken, InputMissing, LimitExceeded, SafelightError
from safelight.recipe import Recipe
from safelight.worker.memory import Sheet
from tests.codecs.making import in_format, picture

PNG = in_format(picture(48, 36), "png")
RESIZE = Recipe.from_steps([{"op": "resize", "width": 24}])


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(jobs=1) as engine:
        yield engine


@contextmanager
def sealed(data: bytes) -> Iterator[Sealed]:
    sheet = Sheet.holding(data)
    try:
        yield Sealed(sheet.fd, len(data))
    finally:
        sheet.close()


def run(engine: Engine, source: Sealed, recipe: Recipe = RESIZE, **further: Sealed) -> Result:
    result = engine.run(source, recipe, further=further)
    assert isinstance(result, Result)
    return result


@pytest.mark.parametrize("length", [1, 64, PIECE_BYTES - 1, PIECE_BYTES, 2 * PIECE_BYTES + 1])
def test_it_is_hashed_whole_and_not_copied(length: int) -> None:
    data = os.urandom(length)
    with sealed(data) as given, open_source(given, length, hashlib.sha256()) as source:
        assert source.digest == hashlib.sha256(data).hexdigest()
        assert source.fd == given.fd
        assert bytes(source.first) == data[:ROUTE_BYTES]


def test_the_result_is_that_of_the_same_bytes(engine: Engine) -> None:
    with sealed(PNG) as given:
        result = run(engine, given)
        assert os.pread(given.fd, len(PNG), 0) == PNG, "its holder overwrites it, not the engine"
    same = engine.run(PNG, RESIZE)
    assert isinstance(same, Result)
    assert (result.data, result.input_bytes) == (same.data, len(PNG))


def test_what_is_not_sealed_is_refused(engine: Engine) -> None:
    fd = os.memfd_create("open", os.MFD_ALLOW_SEALING)
    os.pwrite(fd, PNG, 0)
    with pytest.raises(SafelightError, match="not sealed"):
        run(engine, Sealed(fd, len(PNG)))
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK)
    assert run(engine, Sealed(fd, len(PNG))).data
    os.close(fd)


@pytest.mark.parametrize("told", [len(PNG) - 1, len(PNG) + 1])
def test_what_has_another_size_is_refused(engine: Engine, told: int) -> None:
    with sealed(PNG) as given, pytest.raises(SafelightError, match="another size"):
        run(engine, Sealed(given.fd, told))


def test_its_limits_are_those_of_every_input(engine: Engine) -> None:
    with sealed(b"x") as given:
        with pytest.raises(LimitExceeded):
            run(engine, Sealed(given.fd, 1 << 40))
        with pytest.raises(ContainerBroken):
            run(engine, Sealed(given.fd, 0))


def test_further_pictures_come_with_one_run_and_leave_with_it(engine: Engine) -> None:
    digest = hashlib.sha256(PNG).hexdigest()
    recipe = Recipe.from_steps([{"op": "watermark", "image": f"picture:{digest}"}])
    with sealed(PNG) as given, sealed(PNG) as further:
        assert run(engine, given, recipe, **{digest: further}).data
        with pytest.raises(InputMissing, match="was not given"):
            run(engine, given, recipe)


def test_a_further_picture_is_the_one_that_was_named(engine: Engine) -> None:
    recipe = Recipe.from_steps([{"op": "watermark", "image": f"picture:{'ab' * 32}"}])
    with (
        sealed(PNG) as given,
        sealed(PNG) as further,
        pytest.raises(InputMissing, match="not the one that was named"),
    ):
        run(engine, given, recipe, **{"ab" * 32: further})


def test_a_result_has_no_more_bytes_than_were_allowed() -> None:
    with (
        Engine(jobs=1, output_bytes=100) as small,
        sealed(PNG) as given,
        pytest.raises(LimitExceeded, match="would pass 100 bytes"),
    ):
        run(small, given)
