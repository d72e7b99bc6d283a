"""Stores that trust the local authority: which there are, and what is run to change them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.cli import trusting
from safelight.cli.face import Face
from safelight.errors import Cancelled, OutputFailed, SomethingMissing, UsageError
from safelight.server.tls import stores as stores_of
from safelight.server.tls.stores import SYSTEMS, Store, missing_tool, stores

NICKNAME = "Safelight local authority 01234567"
FILE = "safelight-authority-01234567.crt"


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs that write down how they were called, in the place of those that change stores."""
    folder, log = tmp_path / "bin", tmp_path / "log"
    folder.mkdir()
    log.touch()
    for name in ("update-ca-certificates", "update-ca-trust", "certutil"):
        tool = folder / name
        tool.write_text(f'#!/bin/sh\necho "{name} $*" >> {log}\n')
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return log


@pytest.fixture
def machine(tmp_path: Path) -> Callable[[str], tuple[Store, ...]]:
    """A machine of one family of distributions, with a browser that has a store of its own."""
    certificate, home = tmp_path / "authority.pem", tmp_path / "home"
    certificate.write_text("-----BEGIN CERTIFICATE-----\n")
    profile = home / ".mozilla" / "firefox" / "abc.default"
    profile.mkdir(parents=True)
    (profile / "cert9.db").write_bytes(b"SQLite format 3\0")

    def made(system: str) -> tuple[Store, ...]:
        root = tmp_path / system.partition(",")[0]
        (root / SYSTEMS[system][0]).mkdir(parents=True, exist_ok=True)
        return stores(certificate, NICKNAME, home=home, root=root)

    return made


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.usefixtures("as_root")
def test_a_store_is_changed_and_changed_back(
    tools: Path, machine: Callable[[str], tuple[Store, ...]], system: str
) -> None:
    face = Face(assume_yes=True, verbosity=-1)
    own, browser = machine(system)
    assert (own.name, own.is_in, browser.name, browser.is_in) == (system, False, "browser", False)
    trusting.change(face, "install", (own, browser), "?", is_dry=False)
    assert (own.place / FILE).read_text() == "-----BEGIN CERTIFICATE-----\n"
    assert (own.place / FILE).stat().st_mode & 0o777 == 0o644
    assert machine(system)[0].is_in
    trusting.change(face, "remove", (own, browser), "?", is_dry=False)
    assert not (own.place / FILE).exists()
    called = tools.read_text().splitlines()
    take_in, let_go = (" ".join(command) for command in SYSTEMS[system][1:])
    base = f"-d sql:{browser.place}"
    assert [line.rstrip() for line in called] == [
        take_in,
        f"certutil {base} -A -t C,, -n {NICKNAME} -i {own.install[0][-2]}",
        let_go,
        f"certutil {base} -D -n {NICKNAME}",
    ]


@pytest.mark.usefixtures("tools")
def test_a_browser_that_has_it_is_known_to(
    tmp_path: Path, machine: Callable[[str], tuple[Store, ...]]
) -> None:
    machine("Arch")
    base = tmp_path / "home" / ".mozilla" / "firefox" / "abc.default" / "cert9.db"
    base.write_bytes(b"SQLite format 3\0" + NICKNAME.encode())
    assert machine("Arch")[1].is_in


def test_without_certutil_browsers_are_left_out_and_the_tool_is_named(
    tmp_path: Path, machine: Callable[[str], tuple[Store, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores_of, "_certutil", lambda: None)
    assert [one.name for one in machine("SUSE")] == ["SUSE"]
    assert missing_tool(tmp_path / "home").startswith("certutil")
    assert missing_tool(tmp_path) == ""


@pytest.mark.usefixtures("as_root")
def test_a_dry_run_prints_the_commands_and_runs_none(
    tools: Path,
    machine: Callable[[str], tuple[Store, ...]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    own, browser = machine("Fedora, Red Hat")
    trusting.change(Face(), "install", (own, browser), "?", is_dry=True)
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "update-ca-trust extract"
    assert said[2].endswith(f"-A -t C,, -n '{NICKNAME}' -i {own.install[0][-2]}")
    assert not own.is_in
    assert tools.read_text() == ""


@pytest.mark.usefixtures("tools", "as_root")
def test_nothing_is_changed_without_a_yes(
    machine: Callable[[str], tuple[Store, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = machine("Arch")[0]
    with pytest.raises(UsageError):
        trusting.change(Face(may_ask=False), "install", (own,), "trust it?", is_dry=False)
    monkeypatch.setattr(Face, "agreed", lambda _face, _question: False)
    with pytest.raises(Cancelled):
        trusting.change(Face(), "install", (own,), "trust it?", is_dry=False)
    assert not (own.place / FILE).exists()


@pytest.mark.usefixtures("tools")
def test_who_is_not_root_gets_the_command(
    machine: Callable[[str], tuple[Store, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    own = machine("Arch")[0]
    with pytest.raises(SomethingMissing) as refused:
        trusting.change(Face(assume_yes=True), "install", (own,), "?", is_dry=False)
    assert refused.value.hint.startswith("install -m 644 ")
    assert not (own.place / FILE).exists()


@pytest.mark.usefixtures("as_root")
def test_a_command_that_fails_is_told(
    tools: Path, machine: Callable[[str], tuple[Store, ...]]
) -> None:
    own = machine("Arch")[0]
    (tools.parent / "bin" / "update-ca-trust").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(OutputFailed):
        trusting.change(Face(assume_yes=True), "install", (own,), "?", is_dry=False)
