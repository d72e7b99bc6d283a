"""Watching: the kernel tells of each socket and each file opened to write, by native code too."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.errors import SafelightError, SomethingMissing
from safelight.proof import dependencies
from safelight.proof.dependencies import Imports, check_imports
from safelight.proof.watching import calls, watch
from safelight.proof.watching.watch import Seen
from safelight.worker import seccomp, syscalls
from safelight.worker.bpf import ALLOW
from tests.worker.filters import verdict

NATIVE = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
assert libc.socket(2, 1, 0) == -1 and ctypes.get_errno() == 13
libc.open(b"/tmp/../dev/../proc/self/comm", 1)
"""


def test_no_import_opens_a_socket_or_leaves_a_file() -> None:
    found = check_imports()
    assert found.seen == Seen(), "of ours or of what is installed with us"
    assert found.is_ok
    assert found.sentence == "0 sockets asked for, 0 files opened to write; control seen"


def test_control_a_program_that_does_both_is_seen_to() -> None:
    seen = watch.watch(dependencies.BOTH)
    assert seen.sockets == ["socket 2", "socket 1"]
    assert [Path(one).name for one in seen.files] == ["left"]
    assert not seen.is_clean


def test_control_onnxruntime_with_its_telemetry_on_is_caught() -> None:
    seen = watch.watch("import onnxruntime")
    assert seen.files


def test_native_code_is_seen_like_any_other() -> None:
    seen = watch.watch(NATIVE)
    assert seen.sockets == ["socket 2"]
    assert seen.files == ["/tmp/../dev/../proc/self/comm"]


def test_the_filter_asks_about_opens_that_write_and_about_no_other() -> None:
    here = syscalls.architecture()
    table = syscalls.numbers(here)
    arch = seccomp.AUDIT_ARCHITECTURES[here]
    program = calls.program()
    for flags, is_asked in ((0, False), (os.O_CLOEXEC, False), (os.O_RDWR, True)):
        answer = verdict(program, arch, table["openat"], (0, 0, flags))
        assert answer == (calls.NOTIFY if is_asked else ALLOW)
    assert verdict(program, arch, table["socket"]) == calls.NOTIFY
    assert verdict(program, arch, table["read"]) == ALLOW


def test_reading_is_free_and_devices_are_no_files() -> None:
    assert watch.watch("open('/etc/passwd').read(); open('/dev/null', 'w').write('x')").is_clean


def test_links_and_folders_count_as_files() -> None:
    program = "import os\nos.chdir(os.environ['HOME'])\nos.mkdir('a')\nos.symlink('a', 'b')\n"
    assert [Path(one).name for one in watch.watch(program).files] == ["a", "b"]


def test_a_path_that_cannot_be_read_is_told_as_one() -> None:
    program = "import ctypes\nctypes.CDLL(None).open(ctypes.c_void_p(8), 1)\n"
    assert watch.watch(program).files == ["(an address that cannot be read)"]


def test_who_asked_and_is_gone_needs_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(number: int) -> Callable[..., int]:
        def ioctl(*_: object) -> int:
            raise OSError(number, "no")

        return ioctl

    seen = Seen()
    monkeypatch.setattr(fcntl, "ioctl", gone(errno.ENOENT))
    watch._answer(0, seen)
    assert seen.is_clean
    monkeypatch.setattr(fcntl, "ioctl", gone(errno.EBADF))
    with pytest.raises(OSError, match="no"):
        watch._answer(0, seen)


def test_a_program_that_fails_is_not_clean() -> None:
    seen = watch.watch("raise SystemExit(3)")
    assert seen.exit_code == 3
    assert not seen.is_clean


def test_where_the_kernel_hands_nothing_over_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr(watch, "INSIDE", "refused")
    with pytest.raises(SomethingMissing, match="operation not permitted"):
        watch.watch("pass")


def test_a_program_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "TIMEOUT_S", 1.5)
    with pytest.raises(SafelightError, match="did not end"):
        watch.watch("import time\ntime.sleep(600)")


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (Imports(Seen(exit_code=1), Seen()), "not every module can be imported"),
        (Imports(Seen(), Seen()), "the control was not seen: the watch is blind"),
        (
            Imports(Seen(["socket 2"], []), Seen(["socket 2", "socket 1"], ["left"])),
            "1 sockets asked for, 0 files opened to write; control seen",
        ),
    ],
)
def test_what_is_not_shown_is_no_proof(found: Imports, sentence: str) -> None:
    assert not found.is_ok
    assert found.sentence == sentence
