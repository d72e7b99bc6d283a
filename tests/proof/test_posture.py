"""The posture: each kind of finding trips where it is planted, and a sound place has none."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from safelight.audit.lines import Leaf
from safelight.engine.book import Book
from safelight.errors import SomethingMissing, VaultLocked
from safelight.models.store import Store
from safelight.proof.components.bundled import Library
from safelight.proof.posture import book, parts
from safelight.proof.posture import posture as module
from safelight.proof.posture.finding import kinds
from safelight.proof.posture.posture import is_failed
from tests.proof import test_posture_machine as machine_tests
from tests.proof.ground import COMMON, DAY_S, Here, sound_installation


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return sound_installation(tmp_path)


def test_a_sound_installation_has_no_finding_but_those_of_any(here: Here) -> None:
    assert here.ids() == set()
    assert not is_failed(here.page(), "high")
    assert is_failed(here.page(), "medium")  # the keys are not wrapped


def opened(name: str) -> Callable[[Here], None]:
    def plant(here: Here) -> None:
        (here.state / name).chmod(0o755)

    return plant


def altered(name: str, old: bytes, new: bytes) -> Callable[[Here], None]:
    def plant(here: Here) -> None:
        path = here.state / name
        data = path.read_bytes()
        assert old in data
        path.write_bytes(data.replace(old, new, 1))

    return plant


def set_to(**changes: Any) -> Callable[[Here], None]:
    return lambda here: here.change(**changes)


def caged(**changes: Any) -> Callable[[Here], None]:
    def plant(here: Here) -> None:
        assert here.cage is not None
        here.cage = replace(here.cage, **changes)

    return plant


def without_a_cage(here: Here) -> None:
    here.cage = None


def let_one_through(here: Here) -> None:
    assert here.cage is not None
    first, *others = here.cage.attempts
    here.cage = replace(here.cage, attempts=(replace(first, contained=False), *others))


def without_a_self_test(here: Here) -> None:
    shutil.rmtree(here.state / "ledger")


def with_a_failed_self_test(here: Here) -> None:
    Book(here.state).ledger.append(
        {"what": "self-test", "attempted": 3, "contained": 2, "level": 0}
    )


def without_a_policy(here: Here) -> None:
    here.change(origins={})


def with_leftovers(here: Here) -> None:
    left = here.folder / "tmp/safelight-control-1"
    left.mkdir()
    os.utime(left, (time.time() - 2 * DAY_S,) * 2)


def writable_by_others(here: Here) -> None:
    (here.folder / "data").chmod(0o777)


PLANTED: dict[str, Callable[[Here], None]] = {
    "keys-open": opened("keys"),
    "state-open": opened("journal"),
    "folder-writable": writable_by_others,
    "journal-altered": altered("journal/journal.jsonl", b'"input_bytes":100', b'"input_bytes":101'),
    "ledger-altered": altered("ledger/ledger.jsonl", b'"contained":3', b'"contained":2'),
    "self-test-none": without_a_self_test,
    "self-test-failed": with_a_failed_self_test,
    "cage-open": let_one_through,
    "cage-weak": caged(level=1),
    "cage-no-namespaces": caged(level=2),
    "cage-unmeasured": without_a_cage,
    "leftovers": with_leftovers,
    "no-policy": without_a_policy,
    "setting-level": set_to(require_level=1),
    "setting-profile": set_to(profile="none"),
    "setting-keep": set_to(keep=("colour", "place")),
    "setting-log-names": set_to(log_names=True),
    "setting-existing": set_to(existing="overwrite"),
    "setting-file-time": set_to(file_time="input"),
    "setting-network": set_to(network="pull"),
    "setting-receipt-names": set_to(receipt_names=True),
    "setting-receipt-pixels": set_to(receipt_pixels=True),
}


@pytest.mark.parametrize("id", PLANTED)
def test_what_weakens_an_installation_is_found(here: Here, id: str) -> None:
    PLANTED[id](here)
    assert here.ids() == {id}


def test_an_old_self_test_is_found(here: Here) -> None:
    later = datetime.now(UTC) + timedelta(days=31)
    ledger = Book(here.state).ledger
    found = {one.id for one in book.ledger(ledger, now=later) if hasattr(one, "id")}
    assert found == {"self-test-old"}
    sound = book.ledger(ledger, now=later - timedelta(days=2))
    assert not [one for one in sound if hasattr(one, "id")]


def test_a_model_that_is_not_what_was_pinned_is_found(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Store().entries()[0]
    monkeypatch.setattr(Store, "verify", lambda _store, entry: entry.name != first.name)
    monkeypatch.setattr(Store, "outdated", lambda _store: (first,))
    terms = first.model_copy(update={"licence_class": "consent"})
    monkeypatch.setattr(Store, "entries", lambda _store: (first, terms))
    assert here.ids() == {"model-altered", "model-outdated", "model-terms"}


@pytest.mark.parametrize(
    ("name", "bad_version", "sound_version"),
    [
        ("libwebp", "1.3.1", "1.3.2"),
        ("libheif", "1.21.2", "1.22.1"),
        ("libheif", "1.22.0", "1.23.0"),
        ("libde265", "1.0.16", "1.0.17"),
        ("libpng", "1.6.51", "1.10.0-2.el8"),
    ],
)
def test_a_library_with_a_known_fault_is_found(
    here: Here,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    bad_version: str,
    sound_version: str,
) -> None:
    bad = Library(name, bad_version, "BSD-3-Clause", "its own list")
    monkeypatch.setattr(parts, "libraries", lambda name, _found: (bad,) if name == "pillow" else ())
    assert here.ids() == {"codec-known-bad"}
    sound = replace(bad, version=sound_version)
    monkeypatch.setattr(parts, "libraries", lambda _name, _found: (sound,))
    assert here.ids() == set()


def test_a_source_tree_has_no_packages_and_the_rest_is_told(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_here() -> None:
        raise SomethingMissing("not installed")

    monkeypatch.setattr(module, "packages", none_here)
    assert here.ids() == set()


def test_packages_of_long_ago_are_found() -> None:
    from safelight.proof.components.installed import packages

    found = parts.readers(packages(), now=time.time() + 200 * DAY_S)
    assert "packages-old" in {one.id for one in found if hasattr(one, "id")}


def test_every_kind_of_finding_has_a_test_that_trips_it() -> None:
    machine = {id for id, _ in machine_tests.PLANTED.values()} | {"as-root", "system-old"}
    models = {"model-altered", "model-outdated", "model-terms", "codec-known-bad"}
    others = {
        "notes-altered",
        "self-test-old",
        "packages-old",
        "keys-damaged",
        "vault-by-file",
        "vault-beside",
    }
    assert machine | models | others | COMMON | PLANTED.keys() == kinds().keys()


def test_a_folder_above_that_others_may_replace_is_found(here: Here) -> None:
    here.folder.chmod(0o777)
    assert here.ids() == {"folder-writable"}
    here.folder.chmod(0o1777)
    assert here.ids() == set()


def test_a_folder_that_is_closed_to_us_is_not_said_to_be_empty(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safelight.proof.posture.folders.os.access", lambda *_: False)
    tables = [table for one in here.page().sections for table in one.tables]
    rows = {row[0]: row[1] for table in tables if "kept until" in table.headings
            for row in table.rows}  # fmt: skip
    assert rows["keys"] == "cannot be seen by this account"


def test_how_runs_ended_is_told_by_month(here: Here) -> None:
    failed = Leaf.of_failure("disk-full", "2026-11-30T10:00:00Z", duration_ms=1, input_bytes=2_000)
    Book(here.state).journal.append(failed)
    tables = {table.title: table for one in here.page().sections for table in one.tables}
    assert tables["Runs"].rows == (
        ("2026-11", "disk-full", "1", "2.0 kB", "0 bytes"),
        ("2026-11", "done", "1", "100 bytes", "90 bytes"),
    )


def test_an_installation_that_never_worked_is_told_so_and_nothing_is_made(here: Here) -> None:
    here.change(state_dir=here.folder / "fresh")
    page = here.page()
    told = {one.name: one.value for section in page.sections for one in section.facts}
    assert told["keys"] == "none yet, made on first use"
    assert told["journal"] == "not begun"
    assert not (here.folder / "fresh").exists()


def test_a_locked_vault_is_told_and_the_rest_goes_on(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_book: Book) -> None:
        raise VaultLocked("the vault is locked")

    monkeypatch.setattr(Book, "keys", property(locked))
    (here.state / "accepted").mkdir(mode=0o700)
    told = {one.name: one.value for section in here.page().sections for one in section.facts}
    assert told["journal and ledger"] == "not looked at: the vault is locked"
    assert told["level"].startswith("3 of 3")
