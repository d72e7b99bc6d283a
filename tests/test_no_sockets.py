"""The guard against sockets in tests works, seen from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PLANTED = """
import socket
import pytest

def test_opens():
    socket.socket(socket.AF_INET)

def test_swallows():
    try:
        socket.socket(socket.AF_INET6)
    except Exception:
        pass

def test_asks_for_a_name():
    try:
        socket.getaddrinfo("localhost", 80)
    except Exception:
        pass

def test_talks_to_itself():
    for end in socket.socketpair():
        end.close()

@pytest.mark.opens_sockets("to see that the marker opens")
def test_says_why():
    socket.socket(socket.AF_INET).close()

@pytest.mark.opens_sockets
def test_says_not_why():
    socket.socket(socket.AF_INET).close()
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    root = Path(__file__).parent.parent
    folder = tmp_path_factory.mktemp("planted")
    (folder / "test_planted.py").write_text(PLANTED)
    (folder / "conftest.py").write_text(
        "from tests.house.no_sockets import no_sockets\n"
        "def pytest_configure(config):\n"
        "    config.addinivalue_line('markers', 'opens_sockets: reason')\n"
    )
    command = [sys.executable, "-m", "pytest", "-rA", "-q", "-p", "no:cacheprovider", "-c"]
    command += ["/dev/null", "--rootdir", str(folder), "-o", f"pythonpath={root}", str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    lines = [line.split() for line in ran.stdout.splitlines()]
    verdicts: dict[str, bool] = {}
    for words in lines:
        if words and words[0] in ("PASSED", "FAILED", "ERROR") and "::" in words[1]:
            name = words[1].split("::")[1]
            verdicts[name] = verdicts.get(name, True) and words[0] == "PASSED"
    assert len(verdicts) == 6, ran.stdout + ran.stderr
    return verdicts


@pytest.mark.parametrize(
    "name", ["test_opens", "test_swallows", "test_asks_for_a_name", "test_says_not_why"]
)
def test_a_test_that_reaches_out_fails(outcome: dict[str, bool], name: str) -> None:
    assert not outcome[name]


@pytest.mark.parametrize("name", ["test_talks_to_itself", "test_says_why"])
def test_a_test_that_stays_inside_passes(outcome: dict[str, bool], name: str) -> None:
    assert outcome[name]
