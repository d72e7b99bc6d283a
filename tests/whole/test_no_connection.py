"""The whole program under a trace of its system calls: no process of it names an address outside.

The self-attack of every worker tries 127.0.0.1, ports 9 and 0; that is all that the trace may show.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ADDRESS = re.compile(
    r"sin6?_port=htons\((\d+)\).*?(?:inet_addr\(\"([^\"]+)\"\)|inet_pton\(AF_INET6, \"([^\"]+)\")"
)
SELF_ATTACK = {("127.0.0.1", 9), ("127.0.0.1", 0)}
CALLS = "connect,bind,sendto,sendmsg,sendmmsg"


def addresses(command: list[str], log: Path, *options: str) -> set[tuple[str, int]]:
    """Every internet address that the command and its children hand to the kernel."""
    trace = ["strace", "-f", "-qq", "-e", f"trace={CALLS}", "-o", str(log), *options]
    ran = subprocess.run([*trace, *command], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return {(four or six, int(port)) for port, four, six in ADDRESS.findall(log.read_text())}


@pytest.mark.parametrize(
    "words",
    [
        ["run", "examples/web.toml", "examples/pictures"],
        ["scrub", "examples/pictures"],
    ],
    ids=["run", "scrub"],
)
def test_the_main_job_names_no_address_outside(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(root)
    monkeypatch.delenv("CI", raising=False)
    program = str(Path(sys.executable).parent / "safelight")
    found = addresses([program, *words, "-o", f"{tmp_path}/out/"], tmp_path / "trace")
    assert found <= SELF_ATTACK
    assert found, "the trace saw not even the self-attack"
    assert os.listdir(tmp_path / "out")


@pytest.mark.parametrize(
    ("address", "family"), [("192.0.2.1", "AF_INET"), ("2001:db8::1", "AF_INET6")]
)
def test_control_a_connection_to_outside_is_seen(tmp_path: Path, address: str, family: str) -> None:
    program = (
        "import socket\n"
        f"end = socket.socket(socket.{family}, socket.SOCK_STREAM)\n"
        f"end.connect_ex(({address!r}, 443))\n"
    )
    refused = ("-e", "inject=connect:error=ENETUNREACH")
    found = addresses([sys.executable, "-c", program], tmp_path / "trace", *refused)
    assert found == {(address, 443)}
