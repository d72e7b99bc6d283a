"""No import and no session makes a file, a socket or a thread that is not listed.

onnxruntime since 1.29 does all three unless a variable is set before its first import; it keeps
quiet when it sees CI, so these runs have no CI. The controls take the variable away.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

OPEN_A_SESSION = """
from safelight.models.runtimes import open_session
from safelight.models.store import Store
store = Store()
entry = store.find(next(need for need in needs() if need.scale == 2))
with store.open(entry) as model:
    session = open_session(entry, model.view(), threads=1)
    import numpy
    side = entry.input.tile
    session.run(numpy.zeros((1, entry.input.channels, side, side), numpy.float32))
"""
NEEDS = """
def needs():
    from safelight.ops.upscale import Upscale
    for scale in (2, 4):
        yield from Upscale(scale=scale).needs()
"""
OPEN_A_TFLITE_SESSION = """
from safelight.models.tflite_session import import_litert, warm
warm()
assert import_litert()
"""
TELL = """
import json, os
print(json.dumps(len(os.listdir('/proc/self/task'))))
"""


@dataclass(frozen=True)
class Trace:
    """What a program left: new files below its home, internet sockets asked for, threads alive."""

    files: frozenset[str]
    sockets: tuple[str, ...]
    threads: int


def traced(program: str, home: Path, *, is_silenced: bool = False) -> Trace:
    """Run the program with an empty home and no CI variable; every socket is refused to it."""
    home.mkdir()
    log = home.with_suffix(".strace")
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home)}
    if is_silenced:
        environment["ORT_DISABLE_TELEMETRY"] = "1"
    command = ["strace", "-f", "-qq", "-e", "trace=socket,connect", "-o", str(log)]
    command += ["-e", "inject=socket:error=EACCES", sys.executable, "-c", program + TELL]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    files = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    sockets = tuple(line for line in log.read_text().splitlines() if "AF_INET" in line)
    return Trace(frozenset(files), sockets, json.loads(ran.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def tensors_alone(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """What numpy leaves by itself: its linear algebra keeps threads, one for each core."""
    return traced("import numpy", tmp_path_factory.mktemp("numpy") / "home")


def test_a_session_opened_by_safelight_leaves_nothing(tmp_path: Path, tensors_alone: Trace) -> None:
    found = traced(NEEDS + OPEN_A_SESSION, tmp_path / "home")
    assert found.files == frozenset()
    assert found.sockets == ()
    assert found.threads == tensors_alone.threads


def test_a_tflite_session_opened_by_safelight_leaves_nothing(
    tmp_path: Path, tensors_alone: Trace
) -> None:
    assert traced(OPEN_A_TFLITE_SESSION, tmp_path / "home") == tensors_alone


def test_every_module_of_the_package_can_be_imported_without_a_trace(
    tmp_path: Path, tensors_alone: Trace
) -> None:
    program = (
        "import importlib, pkgutil, safelight\n"
        "for module in pkgutil.walk_packages(safelight.__path__, 'safelight.'):\n"
        "    if not module.name.endswith('__main__'):\n"
        "        importlib.import_module(module.name)\n"
    )
    found = traced(program, tmp_path / "home")
    assert found.files == frozenset()
    assert found.sockets == ()
    assert found.threads <= tensors_alone.threads


def test_the_variable_alone_keeps_onnxruntime_quiet(tmp_path: Path, tensors_alone: Trace) -> None:
    found = traced("import onnxruntime", tmp_path / "home", is_silenced=True)
    assert found == tensors_alone


def test_control_without_the_variable_onnxruntime_makes_files_and_a_thread(
    tmp_path: Path, tensors_alone: Trace
) -> None:
    found = traced("import onnxruntime", tmp_path / "home")
    assert found.files
    assert found.threads > tensors_alone.threads


def test_control_a_socket_is_seen(tmp_path: Path) -> None:
    program = (
        "import socket\ntry:\n    socket.socket(socket.AF_INET)\nexcept PermissionError: pass\n"
    )
    assert len(traced(program, tmp_path / "home").sockets) == 1
