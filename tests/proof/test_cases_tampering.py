"""Every change of a case is noticed, in its folder and in its bundle, by both checks; each with a
control that shows what the check rests on.
"""

from __future__ import annotations

import json
import random
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from safelight.audit.canonical import base64_text, canonical
from safelight.audit.dsse import pae
from safelight.errors import InputMissing, SafelightError, VerificationFailed
from safelight.proof.cases.checking import Here
from safelight.proof.cases.event import PAYLOAD_TYPE
from safelight.vault.keys import Signer
from tests.proof.casework import Desk, Led, alone, ours

LOG = "case.jsonl"
SAMPLES = 24


@pytest.fixture
def done(led_case: Led) -> Led:
    return led_case


@pytest.fixture
def copy(done: Led, tmp_path: Path) -> Path:
    return done.copied(tmp_path / "copy")


def lines_of(folder: Path) -> list[bytes]:
    return (folder / LOG).read_bytes().splitlines(keepends=True)


def rewrite(folder: Path, lines: list[bytes]) -> None:
    (folder / LOG).write_bytes(b"".join(lines))


def forged(lines: list[bytes], signer: Signer, number: int, why: str) -> list[bytes]:
    """The log with another reason at one event, and all after it signed anew with another key."""
    from safelight.audit.lines import line_digest

    made: list[bytes] = []
    for place, line in enumerate(lines, 1):
        event = json.loads(line)
        event.pop("signature")
        if place >= number:
            event["why"] = why if place == number else event["why"]
            event["key"] = base64_text(signer.public_bytes)
            event["previous"] = line_digest(made[-1][:-1]) if made else event["previous"]
            signature = signer.sign(pae(PAYLOAD_TYPE, canonical(event)))
            line = canonical(event | {"signature": base64_text(signature)}) + b"\n"
        made.append(line)
    return made


def edited(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b"to be seen", b"as it came"), *lines[2:]]


def renumbered(lines: list[bytes]) -> list[bytes]:
    """As somebody would who has no key, with the chain of digests mended."""
    from safelight.audit.lines import line_digest

    made = [lines[0], edited(lines)[1]]
    for line in lines[2:]:
        event = json.loads(line) | {"previous": line_digest(made[-1][:-1])}
        made.append(canonical(event) + b"\n")
    return made


EDITS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "edited": edited,
    "edited, and the chain of digests mended": renumbered,
    "one event left out": lambda lines: [*lines[:2], *lines[3:]],
    "two events in another order": lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
    "one event twice": lambda lines: [*lines[:2], lines[1], *lines[2:]],
    "the first event cut off": lambda lines: lines[1:],
    "the last event cut off": lambda lines: lines[:-1],
    "nothing left": lambda _lines: [],
    "no JSON": lambda lines: [*lines[:-1], b"{}\n"],
    "no object": lambda lines: [*lines[:-1], b"[]\n"],
}


@pytest.mark.parametrize("how", EDITS)
def test_a_log_that_was_changed_is_noticed(done: Led, copy: Path, how: str) -> None:
    rewrite(copy, EDITS[how](lines_of(copy)))
    states = done.desk.states(copy)
    assert states["log"] == "failed"
    assert set(states.values()) == {"failed", "unknown"}


def test_control_a_log_that_was_cut_is_noticed_by_what_is_remembered_here(
    done: Led, copy: Path
) -> None:
    rewrite(copy, lines_of(copy)[:-1])
    assert done.desk.states(copy)["log"] == "failed"
    from safelight.proof.cases.checking import examine
    from safelight.proof.cases.shelf import FolderShelf

    nothing_remembered = Here(done.desk.here().keys)
    lines, _chain = examine(FolderShelf(copy), nothing_remembered)
    assert lines[0].state == "ok"


def test_a_digest_that_somebody_kept_tells_a_cut_log(done: Led, copy: Path) -> None:
    from safelight.proof.cases.checking import examine
    from safelight.proof.cases.shelf import FolderShelf

    kept = frozenset({done.desk.case(copy).read().tip})
    elsewhere = Here(done.desk.here().keys, kept=kept)
    assert examine(FolderShelf(copy), elsewhere)[0][0].state == "ok"
    rewrite(copy, lines_of(copy)[:-1])
    assert examine(FolderShelf(copy), elsewhere)[0][0].state == "failed"


def test_a_log_signed_anew_with_another_key_is_noticed(
    done: Led, copy: Path, tmp_path: Path
) -> None:
    stranger = Desk(tmp_path / "stranger").book.keys.receipts
    rewrite(copy, forged(lines_of(copy), stranger, 2, "as it came"))
    assert done.desk.states(copy)["log"] == "failed"


def test_control_a_wholly_forged_log_holds_for_who_trusts_the_forger(
    done: Led, copy: Path, tmp_path: Path
) -> None:
    """The key is what it all rests on: it must come to the reader in another way."""
    stranger = Desk(tmp_path / "stranger")
    signer = stranger.book.keys.receipts
    rewrite(copy, forged(lines_of(copy), signer, 1, "as it came"))
    assert stranger.states(copy)["log"] == "ok"
    assert stranger.states(copy)["keys"] == "ok"
    elsewhere = Desk(tmp_path / "elsewhere")
    assert elsewhere.states(copy, done.key)["keys"] == "unknown"


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("originals/E0001.jpg", "originals"),
        ("originals/E0002.png", "originals"),
        ("work/R0001/E0001.jpg", "results"),
        ("work/R0002/E0001.jpg", "results"),
        ("work/R0002/before.jpg", "results"),
        ("work/R0002/after.jpg", "results"),
        ("work/R0001/.safelight/E0001.jpg.receipt.json", "receipts"),
    ],
)
@pytest.mark.parametrize("how", ["flipped", "gone", "longer", "a link"])
def test_a_file_that_was_changed_is_noticed(
    done: Led, copy: Path, place: str, line: str, how: str
) -> None:
    path = copy / place
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    if how == "flipped":
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    elif how == "longer":
        path.write_bytes(data + b"\0")
    else:
        path.unlink()
    if how == "a link":
        (copy / "elsewhere").write_bytes(data)
        path.symlink_to(copy / "elsewhere")
    assert done.desk.states(copy)[line] == "failed"


def test_a_file_among_the_originals_that_no_event_names_is_noticed(done: Led, copy: Path) -> None:
    (copy / "originals" / "E0003.jpg").write_bytes(b"planted")
    assert done.desk.states(copy)["originals"] == "failed"


def test_a_log_that_is_gone_is_a_failure_where_the_case_was_led(done: Led, copy: Path) -> None:
    assert done.desk.registry.knows(done.folder)
    assert not done.desk.registry.knows(copy)
    (copy / LOG).unlink()
    assert done.desk.states(copy)["log"] == "failed"


def test_a_folder_that_is_a_link_is_not_followed(done: Led, copy: Path) -> None:
    shutil.move(copy / "work", copy / "moved")
    (copy / "work").symlink_to(copy / "moved")
    assert done.desk.states(copy)["results"] == "failed"


def test_a_proof_of_another_receipt_is_noticed(done: Led, copy: Path, tmp_path: Path) -> None:
    shutil.copy(copy / "journal/R0001.tlog-proof", copy / "journal/R0002.tlog-proof")
    elsewhere = Desk(tmp_path / "elsewhere")
    assert elsewhere.states(copy, done.key)["journal"] == "failed"
    # Here the receipt stands in the journal itself, but the seal would hand the proof on.
    assert done.desk.states(copy)["journal"] == "failed"
    (copy / "journal/R0002.tlog-proof").unlink()
    assert elsewhere.states(copy, done.key)["journal"] == "unknown"


def places_to_flip(bundle: Path) -> Iterator[int]:
    """For each file one byte of its header, its content and its padding; some anywhere; the end."""
    with tarfile.open(bundle) as tar:
        for member in tar:
            yield member.offset + 100
            yield member.offset_data + member.size // 2
            if member.size % 512:
                yield member.offset_data + member.size
    chosen = random.Random(6)
    size = bundle.stat().st_size
    yield from (chosen.randrange(size) for _ in range(SAMPLES))
    yield from (size - 1, size - 2_000)


def is_sound(check: Callable[[], dict[str, str]]) -> bool:
    try:
        return set(check().values()) == {"ok"}
    except SafelightError:
        return False


def test_a_bundle_with_any_byte_changed_is_refused_by_both_checks(
    done: Led, tmp_path: Path
) -> None:
    data, broken = done.bundle.read_bytes(), tmp_path / "broken.tar"
    here, believed = done.desk.here(), []
    for place in places_to_flip(done.bundle):
        changed = bytearray(data)
        changed[place] ^= 0x21
        broken.write_bytes(changed)
        if is_sound(lambda: ours(broken, here)):
            believed.append(("ours", place))
        if is_sound(lambda: alone(broken, [done.key])):
            believed.append(("alone", place))
    assert believed == []


def test_control_the_bundle_itself_is_believed_by_both_checks(done: Led) -> None:
    assert is_sound(lambda: ours(done.bundle, done.desk.here()))
    assert is_sound(lambda: alone(done.bundle, [done.key]))


def repacked(done: Led, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The bundle with other files, in the very form in which a seal is written."""
    from safelight.proof.cases.shelf import FORM, header

    with tarfile.open(done.bundle) as tar:
        files = {one.name: tar.extractfile(one).read() for one in tar if tar.extractfile(one)}  # type: ignore[union-attr]  # plain files only
    change(files)
    import io

    with tarfile.open(target, "w", format=FORM) as tar:
        for name, data in files.items():
            tar.addfile(header(name, len(data)), io.BytesIO(data))
    return target


def _named(files: dict[str, bytes], ending: str) -> str:
    return next(name for name in files if name.endswith(ending))


CHANGES: dict[str, Callable[[dict[str, bytes]], None]] = {
    "a file more": lambda files: files.__setitem__(
        _named(files, "seal.json").replace("seal.json", "letter.txt"), b"planted"
    ),
    "a file less": lambda files: files.__delitem__(_named(files, "README.txt")),
    "an original less": lambda files: files.__delitem__(_named(files, "originals/E0002.png")),
    "no seal": lambda files: files.__delitem__(_named(files, "seal.json")),
    "no log": lambda files: files.__delitem__(_named(files, LOG)),
    "a shorter log": lambda files: files.__setitem__(
        _named(files, LOG), b"".join(files[_named(files, LOG)].splitlines(keepends=True)[:-1])
    ),
    "another original": lambda files: files.__setitem__(
        _named(files, "originals/E0002.png"), files[_named(files, "originals/E0001.jpg")]
    ),
    "two receipts exchanged": lambda files: files.__setitem__(
        _named(files, "R0001/.safelight/E0001.jpg.receipt.json"),
        files[_named(files, "R0002/.safelight/E0001.jpg.receipt.json")],
    ),
    "another top": lambda files: files.__setitem__("other/letter.txt", b"planted"),
    "a way out": lambda files: files.__setitem__("../letter.txt", b"planted"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_bundle_with_other_files_is_refused_by_both_checks(
    done: Led, tmp_path: Path, what: str
) -> None:
    broken = repacked(done, tmp_path / "broken.tar", CHANGES[what])
    assert not is_sound(lambda: ours(broken, done.desk.here()))
    assert not is_sound(lambda: alone(broken, [done.key]))


def test_control_a_bundle_packed_anew_without_a_change_is_believed(
    done: Led, tmp_path: Path
) -> None:
    same = repacked(done, tmp_path / "same.tar", lambda _files: None)
    assert same.read_bytes() == done.bundle.read_bytes()


def test_what_is_no_bundle_is_refused(done: Led, tmp_path: Path) -> None:
    (tmp_path / "text.tar").write_bytes(b"no tar file at all" * 100)
    with pytest.raises(VerificationFailed):
        ours(tmp_path / "text.tar", done.desk.here())
    assert set(alone(tmp_path / "text.tar", []).values()) == {"failed"}
    with pytest.raises(InputMissing):
        ours(tmp_path / "gone.tar", done.desk.here())


def test_a_bundle_that_ends_early_or_goes_on_is_refused(done: Led, tmp_path: Path) -> None:
    data, broken = done.bundle.read_bytes(), tmp_path / "broken.tar"
    longer = (data + b"\0" * 512, data + b"\0" * tarfile.RECORDSIZE, data + b"x")
    for changed in (data[:-512], data[: len(data) // 2], data[:1], *longer):
        broken.write_bytes(changed)
        assert not is_sound(lambda: ours(broken, done.desk.here()))
        assert not is_sound(lambda: alone(broken, [done.key]))
