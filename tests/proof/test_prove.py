"""The verdict: a cage that held, attacks that work without one, whole pins and receipts."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from safelight.models.store import Store
from safelight.proof import prove as module
from safelight.proof.egress import Egress, egress
from safelight.proof.prove import AtDevice, Proof, prove, stopped_by_layer
from safelight.worker import attacks
from safelight.worker.job import CageReport, Host
from tests.proof.desk import Desk, Reporter, held, let_through, live


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def measured(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Proof]:
    def measure(cage: CageReport | None = None, control: Any = None, **more: Any) -> Proof:
        monkeypatch.setattr(module, "run_uncaged", lambda: control or live())
        host = cast(Host, Reporter(cage or held()))
        wishes: dict[str, Any] = {"store": desk.store, "required_level": 2} | more
        return prove(host, journal=desk.journal, ledger=desk.ledger, **wishes)

    return measure


Measure = Callable[..., Proof]


def test_a_cage_that_held_is_proved(measured: Measure) -> None:
    proof = measured()
    assert proof.ok
    assert proof.lines()[-1].startswith("The cage held: ")


def test_about_twenty_lines_no_wider_than_a_screen(measured: Measure) -> None:
    lines = measured().lines()
    assert 18 <= len(lines) <= 27
    assert max(len(line) for line in lines) <= 100


@pytest.mark.parametrize("name", ["tcp-connect", "read-file", "trace", "start", "write-and-run"])
def test_one_attack_that_gets_through_is_no_proof(measured: Measure, name: str) -> None:
    proof = measured(let_through(name))
    assert not proof.ok
    assert any("FAILED" in line for line in proof.lines())
    assert proof.lines()[-1].startswith("NOT PROVED")


def test_a_level_below_the_one_required_is_no_proof(measured: Measure) -> None:
    caged = held(level=2)
    assert measured(caged, required_level=2).ok
    assert not measured(caged, required_level=3).ok


def test_a_mechanism_without_any_live_control_is_no_proof(measured: Measure) -> None:
    dead = {pair.name.replace("-", "_"): errno.EPERM for pair in measured().rows[0].pairs}
    assert not measured(control=live(**dead)).ok


def test_an_attack_that_this_system_refuses_anyway_is_said_and_does_not_count(
    measured: Measure,
) -> None:
    proof = measured(control=live(mount=errno.EPERM, vsock=errno.EAFNOSUPPORT))
    assert proof.ok
    assert proof.control == len(proof.cage.attempts) - 2
    assert any("2 are refused to this user without a cage" in line for line in proof.lines())
    assert any("13 of 13 got through" in line for line in proof.lines())  # not 13 of 14
    assert not any("13 of 14" in line for line in proof.lines())


def test_each_layer_has_a_row_with_what_it_stops_by_itself(measured: Measure) -> None:
    every = len(attacks.load())
    proof = measured(held(layers={"namespaces": False, "seccomp": True}))
    assert f"seccomp      stops {every} of {every} by itself   seen working" in proof.lines()
    alone = sum(bool(one.namespaces) for one in attacks.load())
    row = f"namespaces   stops {alone:>3} of {every} by itself   NOT seen working"
    assert row in proof.lines()
    assert proof.document()["stopped_by_layer"] == stopped_by_layer()


def test_without_a_file_it_says_that_no_receipt_was_looked_at(measured: Measure) -> None:
    assert "receipts     none given (safelight prove out/)" in measured().lines()


@pytest.mark.parametrize("met", [errno.ENOENT, errno.EINVAL, errno.ECONNREFUSED, errno.ECHILD])
def test_a_control_that_went_blind_is_no_proof(measured: Measure, met: int) -> None:
    """An attack that fails by itself would look contained for ever."""
    assert not measured(control=live(tcp_connect=met)).ok


def test_a_small_container_refuses_two_attacks_in_its_own_words(measured: Measure) -> None:
    refused = live(new_user_namespace=errno.ENOSPC, change_owner=errno.EINVAL)
    assert measured(control=refused).ok
    for blind in (live(new_user_namespace=errno.EINVAL), live(tcp_connect=errno.ENOSPC)):
        assert not measured(control=blind).ok


def test_a_model_that_is_not_the_pinned_one_is_no_proof(measured: Measure, desk: Desk) -> None:
    class Swapped(Store):
        def verify(self, entry: Any) -> bool:
            return entry is not self.entries()[0]

    proof = measured(store=Swapped())
    assert not proof.ok
    assert any("not the one that was pinned" in line for line in proof.lines())


def test_a_journal_that_was_edited_is_no_proof(
    measured: Measure, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safelight.errors import VerificationFailed

    def broken() -> None:
        raise VerificationFailed("entry 3 is not what was signed")

    monkeypatch.setattr(desk.journal, "check", broken)
    proof = measured()
    assert not proof.ok
    assert "journal      entry 3 is not what was signed  <- FAILED" in proof.lines()


def test_a_ledger_with_a_flipped_byte_is_no_proof(measured: Measure, desk: Desk) -> None:
    desk.ledger.append({"what": "self-test", "attempted": 1, "contained": 1, "level": 3})
    assert "ledger       1 line, whole" in measured().lines()
    data = bytearray(desk.ledger.path.read_bytes())
    data[len(data) // 2] ^= 1
    desk.ledger.path.write_bytes(data)
    proof = measured()
    assert not proof.ok
    assert any(one.startswith("ledger ") and one.endswith("FAILED") for one in proof.lines())


def test_a_receipt_that_is_missing_is_no_proof(measured: Measure, tmp_path: Path) -> None:
    output = tmp_path / "picture.png"
    output.write_bytes(b"not signed")
    proof = measured(receipts=[output])
    assert [check.state for check in proof.checks if check.kind == "receipt"] == ["failed"]
    assert not proof.ok


def test_the_document_is_json_and_names_every_attempt(measured: Measure) -> None:
    proof = measured(held(level=2))
    document = json.loads(json.dumps(proof.document()))
    assert document["level"] == 2
    assert document["attempted"] == document["contained"] == document["control"]
    assert len(document["attempts"]) == document["attempted"]
    assert document["attempts"][0] == {
        "name": "io-uring",
        "group": "network",
        "caged": "EPERM",
        "control": "got through",
        "contained": True,
    }
    assert document["filter_sha256"] == proof.cage.filter_sha256
    assert document["not_covered"]


def out(cage: CageReport, monkeypatch: pytest.MonkeyPatch, level: int = 2) -> Egress:
    monkeypatch.setattr("safelight.proof.egress.run_uncaged", live)
    return egress(cast(Host, Reporter(cage)), required_level=level)


def test_egress_is_closed_when_every_way_out_was_contained(monkeypatch: pytest.MonkeyPatch) -> None:
    found = out(held(), monkeypatch)
    document = found.document()
    assert found.is_closed
    assert document["attempted"] == document["contained"] == document["control"]
    assert document["level"] == 3
    assert found.lines()[0].startswith("network: closed by the kernel (14 of 14 attempts")


def test_egress_is_open_when_one_way_out_is(monkeypatch: pytest.MonkeyPatch) -> None:
    found = out(let_through("udp-send"), monkeypatch)
    assert not found.is_closed
    assert found.lines()[0].startswith("network: NOT CLOSED")


def test_egress_is_not_closed_below_the_level_required(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not out(replace(held(), level=2), monkeypatch, level=3).is_closed


def test_the_worker_of_a_device_must_hold_too(measured: Measure) -> None:
    proof = measured(device=AtDevice("cuda:0", held(level=2)))
    assert proof.ok
    assert "device       cuda:0: " in "\n".join(proof.lines())
    told = cast(dict[str, Any], proof.document()["device"])
    assert (told["name"], told["level"], told["lost"]) == ("cuda:0", 2, [])
    assert not measured(device=AtDevice("cuda:0", held(level=2)), required_level=3).ok
    lost = measured(device=AtDevice("cuda:0", let_through("fork")))
    assert not lost.ok
    assert cast(dict[str, Any], lost.document()["device"])["lost"] == ["fork"]
    assert any("cuda:0" in line and "FAILED" in line for line in lost.lines())
    assert "device" not in measured().document()
