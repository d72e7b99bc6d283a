"""The unit for systemd: what it runs, what it takes away, and that systemd understands it."""

from __future__ import annotations

import errno
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from safelight.cli.main import run
from safelight.recipe import Recipe
from safelight.server.options import ServeOptions
from safelight.server.unit import networks, quoted, unit
from safelight.worker import seccomp, syscalls
from safelight.worker.bpf import (
    ALLOW,
    ERRNO,
    JUMP_EQUAL,
    LOAD,
    NUMBER,
    RETURN,
    Label,
    Step,
    assemble,
    low,
)
from tests.server.standing import engine_in
from tests.worker.children import in_child

PROGRAM = (sys.executable, "-m", "safelight.cli")
# systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.resource-control(5), systemd.kill(5)
KEYS = {
    "Unit": "Description Documentation After",
    "Service": "Type ExecStart Restart RestartSec KillMode TimeoutStopSec DynamicUser"
    " StateDirectory StateDirectoryMode UMask Environment IPAddressDeny IPAddressAllow"
    " RestrictAddressFamilies MemorySwapMax LimitCORE LimitNOFILE ProtectSystem ProtectHome"
    " PrivateTmp PrivateDevices DevicePolicy DeviceAllow ProtectProc ProtectKernelTunables"
    " ProtectKernelModules ProtectKernelLogs ProtectControlGroups ProtectClock ProtectHostname"
    " PrivateUsers PrivateMounts RemoveIPC NoNewPrivileges CapabilityBoundingSet"
    " AmbientCapabilities KeyringMode LockPersonality RestrictRealtime RestrictSUIDSGID"
    " RestrictNamespaces SystemCallArchitectures SystemCallFilter SystemCallErrorNumber",
    "Install": "WantedBy",
}
# What may stand twice: these add up.
LISTS = {"SystemCallFilter", "DeviceAllow"}
FENCES = {
    "DynamicUser": "yes", "NoNewPrivileges": "yes", "CapabilityBoundingSet": "",
    "IPAddressDeny": "any", "MemorySwapMax": "0", "LimitCORE": "0", "ProtectSystem": "strict",
    "PrivateTmp": "yes", "KillMode": "mixed", "UMask": "0077",
}  # fmt: skip


def parsed(text: str) -> dict[str, list[tuple[str, str]]]:
    """Sections with their lines. Raises ValueError for a line that is none."""
    found: dict[str, list[tuple[str, str]]] = {}
    section = ""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = heading[1]
            found[section] = []
            continue
        key, equals, value = line.partition("=")
        if not equals or not section:
            raise ValueError(line)
        found[section].append((key, value))
    return found


def wrong(text: str) -> list[str]:
    """What systemd would not understand, or would take otherwise than it is meant."""
    found = []
    for section, lines in parsed(text).items():
        keys = [key for key, _ in lines]
        found += [key for key in keys if key not in KEYS.get(section, "").split()]
        found += [key for key in set(keys) - LISTS if keys.count(key) > 1]
    return found


def made(*words: str, is_lan: bool = False, uses_card: bool = False) -> str:
    return unit(PROGRAM, words, ServeOptions(is_lan=is_lan), uses_card=uses_card)


@pytest.mark.parametrize("is_lan", [False, True])
@pytest.mark.parametrize("uses_card", [False, True])
def test_it_is_understood(is_lan: bool, uses_card: bool) -> None:
    assert wrong(made(is_lan=is_lan, uses_card=uses_card)) == []


def test_a_key_that_nobody_knows_would_be_noticed() -> None:
    assert wrong(made() + "NoSuchKey=yes\n") == ["NoSuchKey"]
    assert wrong(made().replace("UMask=0077", "UMask=0077\nUMask=0000")) == ["UMask"]


def test_what_can_be_taken_away_is() -> None:
    service = dict(parsed(made())["Service"])
    assert {key: service[key] for key in FENCES} == FENCES
    assert service["IPAddressAllow"] == "localhost"
    assert service["PrivateDevices"] == "yes"


def test_a_local_network_is_the_private_ones_alone() -> None:
    allowed = dict(parsed(made(is_lan=True))["Service"])["IPAddressAllow"].split()
    assert allowed[0] == "localhost"
    assert "192.168.0.0/16" in allowed
    assert "any" not in allowed


def test_it_may_be_asked_as_far_as_it_listens_and_no_further() -> None:
    near = networks(ServeOptions(is_lan=True, host="10.1.2.3"))
    assert near == networks(ServeOptions(is_lan=True, host="localhost"))
    assert networks(ServeOptions(host="localhost")) == "localhost"
    assert networks(ServeOptions(is_lan=True, host="203.0.113.7")) == "any"
    assert networks(ServeOptions(is_lan=True, host="0.0.0.0")) == "any"


def test_no_unit_is_made_for_what_would_not_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--unit", "--host", "0.0.0.0"]) == 6
    assert run(["serve", "--unit", "--host", "studio.example"]) == 2
    assert capsys.readouterr().out == ""


def test_a_card_is_asked_by_its_own_files() -> None:
    service = parsed(made(uses_card=True))["Service"]
    assert "PrivateDevices" not in dict(service)
    assert {value for key, value in service if key == "DeviceAllow"} == {
        "char-nvidia rw", "char-nvidia-uvm rw",
    }  # fmt: skip


def test_it_may_stop_in_peace() -> None:
    assert int(dict(parsed(made())["Service"])["TimeoutStopSec"]) > 30


@pytest.mark.parametrize("word", ["plain", "with blank", "100%", "$HOME", 'a"b', "a\\b", "", "%S"])
def test_a_word_is_read_back_as_it_was_typed(word: str) -> None:
    read = shlex.split(quoted(word))
    assert read == [word.replace("%", "%%").replace("$", "$$")]


def test_serve_prints_one_for_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    typed = ["serve", "--unit", "--lan", "--port", "9000", "--name", "a b", "--name", "c"]
    typed += ["--grace", "2min", "--unix", "s", "--device", "cuda:0"]
    typed += ["--max-bytes", "9MB", "-j", "3", "--passphrase-file", "p", "--state-dir", "/srv/x"]
    typed += ["--compat", "rembg,removebg", "--compat", "rembg"]
    assert run(typed) == 0
    text = capsys.readouterr().out
    assert wrong(text) == []
    service = dict(parsed(text)["Service"])
    command = shlex.split(service["ExecStart"])
    assert command[:5] == [*PROGRAM, "serve", "--no-browser"]
    assert "--lan" in command
    assert command[command.index("--port") + 1] == "9000"
    assert command[command.index("--unix") + 1] == str(Path("s").absolute())
    assert command[command.index("--device") + 1] == "cuda:0"
    assert command[command.index("--max-bytes") + 1] == "9MB"
    assert command[command.index("--jobs") + 1] == "3"
    assert command[command.index("--passphrase-file") + 1] == str(Path("p").absolute())
    assert command.count("--state-dir") == 1
    assert [command[i + 1] for i, word in enumerate(command) if word == "--name"] == ["a b", "c"]
    doors = [command[i + 1] for i, word in enumerate(command) if word == "--compat"]
    assert doors == ["rembg", "removebg"]
    assert service["TimeoutStopSec"] == "130"
    assert "DeviceAllow" in service


# Of what the unit's filters refuse, the calls that attacks on a worker make.
REFUSED = ("bpf", "ptrace", "perf_event_open", "adjtimex", "swapon", "reboot", "syslog", "kcmp",
           "process_vm_readv", "process_vm_writev")  # fmt: skip
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)


def fenced() -> list[Step | Label]:
    """What systemd makes of the unit's calls and families, as far as our attacks meet it."""
    number = syscalls.number
    return [
        Step(LOAD, NUMBER),
        Step(JUMP_EQUAL, number("socket"), "families"),
        *(Step(JUMP_EQUAL, number(name), "refuse") for name in REFUSED),
        Step(RETURN, ALLOW),
        Label("families"),
        Step(LOAD, low(0)),
        *(Step(JUMP_EQUAL, family, "allow") for family in FAMILIES),
        Step(RETURN, ERRNO | errno.EAFNOSUPPORT),
        Label("refuse"),
        Step(RETURN, ERRNO | errno.EPERM),
        Label("allow"),
        Step(RETURN, ALLOW),
    ]


def level(folder: Path) -> list[int]:
    """Of a worker that is made now, and how many attacks on it were not contained."""
    with engine_in(folder) as engine:
        report = engine.host(Recipe.from_steps([{"op": "inspect"}]), "png").report()
    return [report.level, len(report.attempts) - report.contained]


def test_its_fences_leave_the_cage_within_as_strong(tmp_path: Path) -> None:
    def behind_them() -> Any:
        seccomp.install(assemble(fenced()))
        return level(tmp_path)

    assert in_child(behind_them) == level(tmp_path)


def test_systemd_itself_understands_it(tmp_path: Path) -> None:
    """Where there is none, the tests above are what holds it."""
    checker = shutil.which("systemd-analyze")
    if checker is None:
        assert wrong(made()) == []
        return
    file = tmp_path / "safelight.service"
    file.write_text(made("--port", "9000"))
    ran = subprocess.run([checker, "verify", str(file)], capture_output=True, text=True, check=True)
    assert "safelight.service" not in ran.stderr
    rated = subprocess.run(
        [checker, "security", "--offline=true", "--threshold=25", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert rated.returncode == 0, rated.stdout[-200:]
