"""Memory is measured where it is: in children, in files without a name; a leak is seen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.flat_memory import LEAKY, figures, is_leak
from bench.watch import Sample, family, held_bytes, level_bytes, settled, slope_bytes, watched

MEGA = 1_000_000


def line(level: int, slope: int, count: int = 200) -> list[Sample]:
    """Held bytes on a straight line, with a saw on it as workers come and go."""
    return [Sample(done, level + slope * done + 5 * MEGA * (done % 3)) for done in range(count)]


@pytest.mark.parametrize("slope", [0, 3_000, 250_000])
def test_the_slope_is_that_of_the_line(slope: int) -> None:
    assert slope_bytes(line(100 * MEGA, slope, 300)) == pytest.approx(slope, abs=500)


def test_a_slope_needs_two_counts() -> None:
    with pytest.raises(ValueError, match="more than one count"):
        slope_bytes([Sample(3, 1), Sample(3, 2)])


def test_levels_are_taken_between_two_counts() -> None:
    samples = [Sample(done, done * 10) for done in range(100)]
    assert level_bytes(samples, 10, 21) == 150
    assert [one.done for one in settled(samples, 95, 99)] == [95, 96, 97, 98]
    with pytest.raises(ValueError, match="between pictures 200 and 300"):
        level_bytes(samples, 200, 300)


@pytest.mark.parametrize(("leak_bytes", "leaks"), [(400_000, True), (0, False)])
def test_a_leak_is_seen_and_no_leak_is_not(leak_bytes: int, leaks: bool, tmp_path: Path) -> None:
    """The same measuring code, on a process that keeps something of each picture or nothing."""
    count, folder = 150, tmp_path / "out"
    command = [sys.executable, "-c", LEAKY, str(folder), str(count), str(leak_bytes)]
    samples = watched(command, folder, dict(os.environ), per_s=40)
    first, last, slope = figures(samples, count)
    assert is_leak(slope, count) == leaks
    assert (last > first * 1.5) == leaks
    if leaks:
        assert slope == pytest.approx(leak_bytes, rel=0.25)


@pytest.fixture
def started() -> Iterator[Callable[[str], int]]:
    """A process that runs a line, tells when it has, and waits until the test ends."""
    with_children: list[subprocess.Popen[str]] = []

    def start(code: str) -> int:
        command = [sys.executable, "-c", f"{code}\nprint('ready', flush=True)\ninput()"]
        pipe = subprocess.PIPE
        child = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        with_children.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        return child.pid

    yield start
    for child in with_children:
        child.communicate("\n")


def test_memory_of_a_grandchild_counts(started: Callable[[str], int]) -> None:
    grandchild = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {!r}], "
    grandchild += "stdin=subprocess.PIPE, stdout=subprocess.PIPE); p.stdout.readline()"
    plain = started(grandchild.format("print(1, flush=True); input()"))
    large = started(grandchild.format("x = b'x' * 50_000_000; print(1, flush=True); input()"))
    assert len(family(large)) == 2
    assert held_bytes(large) - held_bytes(plain) == pytest.approx(50 * MEGA, rel=0.1)


def test_a_file_without_a_name_counts_once(started: Callable[[str], int]) -> None:
    code = "import os; a = os.memfd_create('a'); os.dup(a); os.write(a, b'x' * 50_000_000)"
    one, other = started("import os"), started(code)
    assert held_bytes(other) - held_bytes(one) == pytest.approx(50 * MEGA, rel=0.1)
