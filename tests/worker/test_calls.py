"""What work in the cage asks of the kernel, over every format, against the committed list."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from safelight.worker import seccomp, syscalls

PICTURE = "examples/pictures/lake.jpg"
TIMEOUT_S = 240
LINE = re.compile(r"(\d+) +(?:<\.\.\. )?(\w+)(?:\(| resumed>)(.*)")
BORN = re.compile(r"= \d+ /\* (\d+) in strace's PID NS \*/|= (\d+)$")
READY = '"SLr1'


def committed() -> dict[str, str]:
    """The list: a system call, and whether the real cage lets it happen."""
    lines = Path(__file__).with_name("calls.txt").read_text().splitlines()
    return dict(line.split() for line in lines if line and not line.startswith("#"))


def asked(trace: str) -> set[str]:
    """The system calls that workers made between saying that they are ready and their end."""
    working: set[str] = set()
    found: set[str] = set()
    for line in trace.splitlines():
        match = LINE.match(line)
        if match is None:
            continue
        pid, name, rest = match.groups()
        if pid in working:
            found.add(name)
            if name == "clone" and (born := BORN.search(rest)):
                working.add(born[1] or born[2])
        elif name == "write" and READY in rest:
            working.add(pid)
    return found


@pytest.fixture(scope="module")
def trace(root: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    if shutil.which("strace") is None:
        pytest.fail("no strace: scripts/system-packages installs it")
    folder = tmp_path_factory.mktemp("trace")
    strace = ["strace", "-f", "--decode-pids=pidns", "-o", str(folder / "trace")]
    work = [sys.executable, "-m", "tests.worker.debug_matrix", str(root / PICTURE)]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}",
        "HOME": str(folder),
        "SAFELIGHT_STATE_DIR": str(folder / "state"),
    }
    done = subprocess.run(
        [*strace, *work],
        cwd=root,
        env=environment,
        capture_output=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout) >= 36
    return (folder / "trace").read_text(errors="replace")


def test_work_asks_for_nothing_that_is_not_on_the_committed_list(trace: str) -> None:
    assert asked(trace) - set(committed()) == set()


def test_the_committed_list_says_rightly_what_the_real_cage_lets_happen() -> None:
    reachable = seccomp.reachable(syscalls.architecture())
    names = {name for name in committed() if syscalls.has(name)}
    allowed = {name for name in names if committed()[name] == "allowed"}
    assert allowed == names & set(reachable)


def test_the_trace_was_read(trace: str) -> None:
    """A reader that has gone blind would find nothing, and nothing wrong."""
    assert {"mmap", "munmap", "recvmsg", "write", "futex", "exit_group"} <= asked(trace)
    assert "seccomp" not in asked(trace)


def test_a_call_that_is_new_would_be_noticed(trace: str) -> None:
    worker = next(line.split()[0] for line in trace.splitlines() if READY in line)
    longer = f"{trace}\n{worker} ptrace(PTRACE_TRACEME) = 0\n"
    assert asked(longer) - set(committed()) == {"ptrace"}
