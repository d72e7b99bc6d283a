"""Models on their way in: tried out before they are used, kept apart until then."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from safelight.audit.canonical import canonical
from safelight.engine import shelving as shelving_module
from safelight.engine import timings
from safelight.engine.shelving import Offer, Shelving, Told
from safelight.engine.trial import Trial, step_for, try_out, usual_name
from safelight.errors import (
    ModelFaulty,
    ModelMissing,
    PolicyRefused,
    SafelightError,
    Unavailable,
    UsageError,
    VerificationFailed,
)
from safelight.models.entry import Entry
from safelight.models.store import Store
from safelight.operation import ModelNeed
from safelight.settings import Settings
from safelight.vault.keys import Signer
from safelight.vault.lock import hold
from tests.engine.shelves import EXACT, NEED, TRIED, X2, entry_of, staged, stated
from tests.models.hosting import HOST, Host, Play, hosted, surroundings

pytestmark = pytest.mark.usefixtures("untimed")


def test_a_model_is_tried_out_in_the_cage_and_then_used(
    shelving: Shelving, settings: Settings
) -> None:
    trial = shelving.admit(staged(shelving, entry_of()), Told())
    assert trial is not None
    assert (trial.operation, trial.per) == ("upscale", "megapixel")
    assert trial.seconds > 0
    assert shelving.store.find(NEED) == entry_of()
    kept = timings.measured(settings.state_dir)[entry_of().sha256]
    assert kept.per == "megapixel"


def test_one_that_does_not_work_is_not_used_and_the_one_before_is(
    shelving: Shelving, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(shelving_module, "try_out", lambda *_: TRIED)
        shelving.admit(staged(shelving, entry_of()), Told())
    broken = staged(shelving, entry_of(b"no model at all"), b"no model at all")
    with pytest.raises(SafelightError):
        shelving.admit(broken, Told())
    assert shelving.store.find(NEED) == entry_of()
    assert shelving.store.verify(entry_of())
    assert shelving.shelf.staged(broken)[0].have == 15


def test_bytes_that_changed_before_the_trial_are_refused(shelving: Shelving, untried: None) -> None:
    staged(shelving, entry_of(), X2[:-1] + b"\0")
    with pytest.raises(VerificationFailed):
        shelving.admit(entry_of(), Told())
    with pytest.raises(ModelMissing, match="is not here"):
        shelving.admit(entry_of(b"another"), Told())


def test_a_rollback_brings_back_what_worked_before(shelving: Shelving, untried: None) -> None:
    first, second = entry_of(), entry_of(EXACT)
    shelving.admit(staged(shelving, first), Told())
    with pytest.raises(ModelMissing):
        shelving.roll_back("twice")
    shelving.admit(staged(shelving, second, EXACT), Told())
    assert shelving.store.find(NEED) == second
    assert shelving.roll_back("twice") == first
    assert shelving.store.find(NEED) == first


def test_a_version_that_was_changed_meanwhile_is_not_brought_back(
    shelving: Shelving, untried: None
) -> None:
    shelving.admit(staged(shelving, entry_of()), Told())
    shelving.admit(staged(shelving, entry_of(EXACT), EXACT), Told())
    shelving.shelf.paths(entry_of())[0].write_bytes(b"hostile")
    with pytest.raises(VerificationFailed):
        shelving.roll_back("twice")
    assert shelving.store.find(NEED) == entry_of(EXACT)


def test_what_is_taken_away_is_gone_with_what_was_coming(
    shelving: Shelving, untried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated(monkeypatch, entry_of())
    staged(shelving, entry_of(), X2[:1_000])
    assert shelving.remove("twice") == 1_000
    with pytest.raises(ModelMissing):
        shelving.remove("twice")
    shelving.admit(staged(shelving, entry_of()), Told())
    assert shelving.remove("twice") > len(X2)
    assert shelving.store.origin("twice") is None
    with pytest.raises(PolicyRefused, match="part of the program"):
        shelving.remove("upscale-x2")


def test_one_process_changes_models_at_a_time(
    shelving: Shelving, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelving_module, "LOCK_WAIT_S", 0.05)
    folder = settings.data_dir / "models"
    folder.mkdir(parents=True)
    held, over = threading.Event(), threading.Event()

    def keep() -> None:
        with hold(folder / ".lock"):
            held.set()
            over.wait(10)

    other = threading.Thread(target=keep)
    other.start()
    held.wait(10)
    with pytest.raises(Unavailable, match="another run changes the models"):
        shelving.choose({})
    over.set()
    other.join()


def test_a_folder_that_is_not_ours_is_told_so(shelving: Shelving, settings: Settings) -> None:
    """No other run is there to wait for."""
    folder = settings.data_dir / "models"
    (folder / ".lock").mkdir(parents=True)
    with pytest.raises(Unavailable, match="the lock file cannot be opened"):
        shelving.choose({})


def test_a_file_that_was_put_there_by_hand_is_left_to_its_hand(
    shelving: Shelving, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated(monkeypatch, entry_of())
    folder = settings.data_dir / "models"
    folder.mkdir(parents=True)
    (folder / entry_of().file).write_bytes(X2)
    with pytest.raises(ModelMissing, match=r"put into .*models by hand"):
        shelving.remove("twice")


def test_what_is_done_alone_is_done_alone_to_its_end(
    shelving: Shelving, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelving_module, "LOCK_WAIT_S", 0.05)
    with shelving.alone():
        shelving.choose({})
        with pytest.raises(Unavailable, match="another run changes the models"):
            Shelving(settings).choose({})
    Shelving(settings).choose({})


def test_an_offer_says_what_comes_and_what_it_stands_on(
    shelving: Shelving, monkeypatch: pytest.MonkeyPatch, untried: None
) -> None:
    exact = entry_of(EXACT, name="twice-fp32", precision="fp32")
    quick = entry_of(exact="twice-fp32")
    stated(monkeypatch, quick, exact)
    offers = shelving.offers(["twice", "twice-fp32"])
    assert [offer.entry.name for offer in offers] == ["twice-fp32", "twice"]
    assert offers[0] == Offer(exact, (HOST,), 0)
    shelving.admit(staged(shelving, exact, EXACT), Told())
    staged(shelving, quick, X2[:100])
    assert shelving.offers(["twice"]) == (Offer(quick, (HOST,), 100),)


def test_a_newer_pin_is_an_offer_that_names_what_it_replaces(
    shelving: Shelving, monkeypatch: pytest.MonkeyPatch, untried: None
) -> None:
    shelving.admit(staged(shelving, entry_of()), Told())
    stated(monkeypatch, entry_of())
    assert shelving.offers(["twice"]) == ()
    newer = entry_of(EXACT)
    stated(monkeypatch, newer)
    assert shelving.offers(["twice"]) == (Offer(newer, (HOST,), 0, entry_of().sha256),)


def test_what_cannot_be_offered_is_told_why(
    shelving: Shelving, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = entry_of(licence_class="excluded", caveat="Not offered: its maker says no.")
    stated(monkeypatch, never)
    with pytest.raises(PolicyRefused, match="its maker says no"):
        shelving.offers(["twice"])
    with pytest.raises(ModelMissing, match="no model 'elephant' to pull"):
        shelving.offers(["elephant"])
    assert shelving.offers(["upscale-x2"]) == ()
    closed = Shelving(replace(settings, network="none"))
    with pytest.raises(PolicyRefused, match="network is none"):
        closed.offers(["twice"])


def test_a_choice_is_for_the_task_of_its_model(shelving: Shelving, untried: None) -> None:
    entry = entry_of()
    choice = shelving.choice("upscale", entry)
    assert choice.alias == usual_name("upscale") == "fast"
    shelving.admit(staged(shelving, entry), Told())
    shelving.choose({"upscale": choice})
    assert shelving.store.find(ModelNeed("upscale", "fast", 2)).name == "twice"
    with pytest.raises(UsageError, match="is for upscale, not for cutout"):
        shelving.choice("cutout", entry)
    with pytest.raises(UsageError, match="no verb asks"):
        shelving.choice("juggle", entry_of(task="juggle"))


def test_a_model_that_no_operation_takes_is_not_tried(
    shelving: Shelving, settings: Settings
) -> None:
    juggler = entry_of(task="juggle")
    assert step_for(juggler) is None
    assert try_out(juggler, shelving.store, settings) is None
    assert shelving.admit(staged(shelving, juggler), Told()) is None
    assert shelving.measure(juggler) is None


def test_every_operation_with_a_model_tries_the_models_of_its_task() -> None:
    steps = {entry.name: step_for(entry) for entry in Store().entries()}
    assert steps["upscale-x4"] == {"op": "upscale", "model": "upscale-x4", "scale": 4}
    assert steps["cutout"] == {"op": "cutout", "model": "cutout"}
    assert steps["restore-noise"] == {"op": "restore", "model": "restore-noise"}
    assert steps["restore-jpeg"] is None


def test_a_trial_of_a_whole_picture_is_timed_by_the_picture(
    shelving: Shelving, settings: Settings
) -> None:
    embed = next(entry for entry in Store().entries() if entry.name == "embed")
    trial = shelving.measure(embed)
    assert trial is not None
    assert (trial.operation, trial.per) == ("embed", "picture")


def test_timings_of_another_processor_or_a_damaged_file_count_for_nothing(
    settings: Settings, keys: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = settings.state_dir
    timings.keep(folder, entry_of(), Trial("upscale", 99.0, "megapixel"))
    assert timings.measured(folder)[entry_of().sha256].speed == "slow"
    timings.keep(folder, entry_of(), Trial("detect", 1.0, "picture"))
    assert timings.measured(folder)[entry_of().sha256].speed == "medium"
    monkeypatch.setattr(timings, "processor_name", lambda: "another")
    assert timings.measured(folder) == {}
    (folder / timings.FILE).write_bytes(b"{")
    assert timings.measured(folder) == {}


# Over the network of this machine


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with hosted(tmp_path_factory.mktemp("host")) as host:
        yield host


@pytest.fixture
def host(running: Host, monkeypatch: pytest.MonkeyPatch) -> Host:
    for one in (running.asked, running.connected, running.plays):
        one.clear()
    running.files = {"/twice.onnx": X2, "/words.json": b"words"}
    for name, value in surroundings(running).items():
        monkeypatch.setenv(name, value)
    return running


local = pytest.mark.opens_sockets("a host on the loopback stands in for the internet")


@local
@pytest.mark.parametrize("is_gone", [True, False])
def test_a_file_that_is_damaged_or_gone_is_fetched_again(
    shelving: Shelving, host: Host, monkeypatch: pytest.MonkeyPatch, untried: None, is_gone: bool
) -> None:
    stated(monkeypatch, entry_of())
    (offer,) = shelving.offers(["twice"])
    shelving.pull(offer, stall_s=5, told=Told())
    assert shelving.offers(["twice"]) == ()
    (path,) = (shelving.shelf.folder / "files").iterdir()
    path.unlink()
    if not is_gone:
        path.write_bytes(X2[:-1] + b"!")
    (offer,) = shelving.offers(["twice"])
    assert offer.came_bytes == 0
    shelving.pull(offer, stall_s=5, told=Told())
    assert shelving.store.verify(entry_of())


@local
def test_a_pull_brings_parts_too_and_tells_of_every_byte(
    shelving: Shelving, host: Host, monkeypatch: pytest.MonkeyPatch, untried: None
) -> None:
    part = {
        "file": "words.json",
        "role": "vocabulary",
        "sha256": hashlib.sha256(b"words").hexdigest(),
        "size_bytes": 5,
        "url": f"https://{HOST}/words.json",
    }
    facts = entry_of().model_dump(mode="json") | {"parts": [part]}
    entry = Entry.from_json(canonical(facts))
    stated(monkeypatch, entry)
    told: list[int] = []
    (offer,) = shelving.offers(["twice"])
    assert offer.proxy in host.proxy
    assert shelving.pull(offer, stall_s=5, told=Told(lambda _e, n: told.append(n))) == TRIED
    assert told[-1] == entry.total_bytes == len(X2) + 5
    assert told == sorted(told)
    with shelving.store.open(entry) as model:
        assert bytes(model.view()) == X2 + b"words"
    other = entry.model_copy(update={"name": "other"})
    stated(monkeypatch, other)
    (offer,) = shelving.offers(["other"])
    assert offer.came_bytes == entry.total_bytes
    shelving.pull(offer, stall_s=5, told=Told())
    assert len(host.asked) == 2
    assert [one["what"] for one in shelving.ledger.read()] == ["connection", "fetched"] * 2


@local
def test_what_a_pull_did_stands_in_the_ledger_also_where_it_failed(
    shelving: Shelving, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated(monkeypatch, entry_of())
    (offer,) = shelving.offers(["twice"])
    host.plays += [Play(cut=700), Play(status=404)]
    with pytest.raises(Unavailable):
        shelving.pull(offer, stall_s=5, told=Told())
    host.plays += [Play(flip=10_000)]
    with pytest.raises(VerificationFailed):
        shelving.pull(offer, stall_s=5, told=Told())
    found = shelving.ledger.read()
    assert [one.get("host", one.get("outcome")) for one in found] == [
        *(HOST, HOST, "unavailable"),
        *(HOST, "verification-failed"),
    ]
    assert found[0]["why"] == "models pull twice"
    assert found[0]["proxy"] in host.proxy
    assert found[2]["bytes"] == 700


def test_a_trial_that_fails_is_the_error_of_the_work(
    shelving: Shelving, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object) -> None:
        raise ModelFaulty

    monkeypatch.setattr(shelving_module, "try_out", faulty)
    with pytest.raises(ModelFaulty):
        shelving.admit(staged(shelving, entry_of()), Told())
    assert shelving.store.origin("twice") is None
