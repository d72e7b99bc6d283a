"""Nothing of a journal's past changes unseen, and an altered journal is not gone on with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.audit import lines
from safelight.audit.canonical import canonical
from safelight.audit.merkle import Tree
from safelight.errors import VerificationFailed
from tests.audit.making import Desk, filled, fixed_keys, fixed_signer, leaf, rewritten


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


def _edit(found: list[bytes]) -> list[bytes]:
    found[4] = found[4].replace(b'"duration_ms":2', b'"duration_ms":3')
    return found


def _edit_and_chain_again(found: list[bytes]) -> list[bytes]:
    """What a careful forger without the key does: every line follows, every peak fits."""
    keys, tree, out = fixed_signer(), Tree(), [found[0]]
    for line in _edit(list(found))[1:]:
        document = json.loads(line) | {"previous": lines.line_digest(out[-1])}
        if "checkpoint" in document:
            document["peaks"] = [peak.hex() for peak in tree.peaks]
        out.append(canonical(document))
        if "checkpoint" not in document:
            tree.append(out[-1])
    assert keys.fingerprint.encode() in out[0]
    return out


CHANGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "edit": _edit,
    "edit, chained again": _edit_and_chain_again,
    "delete": lambda found: found[:2] + found[3:],
    "delete a batch": lambda found: found[:4] + found[7:],
    "delete the first line": lambda found: found[1:],
    "exchange": lambda found: [*found[:1], found[2], found[1], *found[3:]],
    "repeat": lambda found: [*found[:3], found[2], *found[3:]],
    "cut the last batch": lambda found: found[:-3],
    "cut all": lambda found: found[:1],
    "cut to nothing": lambda found: [],
    "cut the last checkpoint": lambda found: found[:-1],
    "add behind": lambda found: [*found[:5], lines.entry_line(leaf(9), 5, found[4]), *found[5:]],
    "blanks": lambda found: [*found[:4], found[4].replace(b",", b", "), *found[5:]],
    "an empty line": lambda found: [*found[:4], b"", *found[4:]],
    "a line that is no object": lambda found: [*found[:4], b"[]", *found[4:]],
    "a very long line": lambda found: [*found[:4], b'"' + b"x" * 9_000 + b'"', *found[4:]],
    "another header": lambda found: [lines.header_line(bytes(32)), *found[1:]],
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_of_the_past_is_noticed(desk: Desk, name: str) -> None:
    after = rewritten(desk, CHANGES[name](filled(desk)))
    with pytest.raises(VerificationFailed):
        after.journal.check()


def test_control_the_same_lines_written_again_are_whole(desk: Desk) -> None:
    assert rewritten(desk, filled(desk)).journal.check().head.entries == 6


def test_control_a_log_without_chain_and_tree_does_not_notice_an_edit(desk: Desk) -> None:
    def read(found: list[bytes]) -> list[int]:
        return [json.loads(line).get("number", 0) for line in found]

    found = filled(desk)
    assert read(_edit(list(found))) == read(found)


def test_every_flipped_byte_is_noticed(desk: Desk) -> None:
    filled(desk, batches=2)
    whole = desk.book.read_bytes()
    head = (desk.book.parent / "head").read_bytes()
    for path, data in ((desk.book, whole), (desk.book.parent / "head", head)):
        for position in range(0, len(data), 7):
            flipped = bytearray(data)
            flipped[position] ^= 1
            path.write_bytes(flipped)
            with pytest.raises(VerificationFailed):
                desk.fresh().journal.check()
        path.write_bytes(data)
    assert desk.fresh().journal.check().head.entries == 4


def test_a_change_is_told_by_the_entries_it_stands_at(desk: Desk) -> None:
    with pytest.raises(VerificationFailed, match="altered at entry 3 or 4"):
        rewritten(desk, _edit(filled(desk))).journal.check()


def test_a_cut_is_told_by_how_many_entries_there_were(desk: Desk) -> None:
    with pytest.raises(VerificationFailed, match="was cut: it had 6 entries and has 4"):
        rewritten(desk, filled(desk)[:-3]).journal.check()


def test_an_altered_journal_is_not_appended_to(desk: Desk) -> None:
    found = filled(desk)
    for change in (found[:-3], found[:1], [], [*found[:-1], found[-1].replace(b"peaks", b"Peaks")]):
        with pytest.raises(VerificationFailed):
            rewritten(desk, change).journal.append(leaf(9))


def test_an_edit_behind_a_head_that_was_put_back_is_noticed(desk: Desk) -> None:
    filled(desk, batches=1)
    old = (desk.book.parent / "head").read_bytes()
    found = filled(desk, batches=2)
    (desk.book.parent / "head").write_bytes(old)
    found[4] = found[4].replace(b'"input_bytes":100', b'"input_bytes":101')
    with pytest.raises(VerificationFailed, match="entry 3 or 4"):
        rewritten(desk, found).journal.check()
    with pytest.raises(VerificationFailed, match="entry 3 or 4"):
        desk.fresh().journal.append(leaf(9))


@pytest.mark.parametrize("line", [0, 3, 9])
def test_an_old_line_behind_the_end_is_no_more_than_a_torn_batch(desk: Desk, line: int) -> None:
    found = filled(desk)
    after = rewritten(desk, [*found, found[line]])
    assert after.journal.check().unfinished_bytes == len(found[line]) + 1
    assert after.journal.append(leaf(9)) == 7
    assert after.journal.check().unfinished_bytes == 0


def test_a_batch_without_its_head_before_leftovers_is_found(desk: Desk) -> None:
    filled(desk, batches=1)
    old = (desk.book.parent / "head").read_bytes()
    found = filled(desk, batches=1)
    (desk.book.parent / "head").write_bytes(old)
    assert rewritten(desk, [*found, found[3]]).journal.append(leaf(9)) == 5
    assert desk.fresh().journal.check().head.entries == 5


@pytest.mark.parametrize(
    "peaks", [[], ["00"], ["zz" * 32], [1], ["00" * 32, "00" * 32], ["00" * 32]]
)
def test_a_checkpoint_whose_peaks_do_not_fit_is_refused(desk: Desk, peaks: list[object]) -> None:
    document = json.loads(filled(desk)[3]) | {"peaks": peaks}
    with pytest.raises(VerificationFailed, match="damaged"):
        lines.read_checkpoint(
            document, desk.keys.journal.fingerprint, desk.keys.journal.public_bytes
        )


@pytest.mark.parametrize("field", ["x", ""])
def test_a_checkpoint_with_other_fields_is_refused(desk: Desk, field: str) -> None:
    document = json.loads(filled(desk)[3])
    document = document | {field: 1} if field else {"checkpoint": document["checkpoint"]}
    with pytest.raises(VerificationFailed, match="damaged"):
        lines.read_checkpoint(
            document, desk.keys.journal.fingerprint, desk.keys.journal.public_bytes
        )


def test_another_journal_of_the_same_key_is_not_this_one(desk: Desk, tmp_path: Path) -> None:
    other = Desk.at(tmp_path / "other")
    filled(other, batches=1)
    found = other.book.read_bytes()
    other_head = (other.book.parent / "head").read_bytes()
    desk.journal.append_all([leaf(8), leaf(9)])
    desk.book.write_bytes(found)
    with pytest.raises(VerificationFailed, match="not the one"):
        desk.fresh().journal.check()
    with pytest.raises(VerificationFailed, match="not the one"):
        desk.fresh().journal.append(leaf(9))
    (desk.book.parent / "head").write_bytes(other_head)
    assert desk.fresh().journal.check().head.entries == 2


@pytest.mark.parametrize("use", ["check", "head"])
def test_a_journal_or_head_that_is_gone_is_noticed(desk: Desk, use: str) -> None:
    filled(desk)
    (desk.book.parent / "head").rename(desk.folder / "kept")
    with pytest.raises(VerificationFailed, match="head file is gone"):
        getattr(desk.fresh().journal, use)()
    (desk.folder / "kept").rename(desk.book.parent / "head")
    desk.book.unlink()
    with pytest.raises(VerificationFailed, match="gone: it had 6 entries"):
        getattr(desk.fresh().journal, use)()


def test_a_run_killed_while_it_began_the_journal_is_no_harm(desk: Desk) -> None:
    desk.journal.head()
    desk.book.unlink()
    assert desk.fresh().journal.check().head.entries == 0
    assert desk.fresh().journal.append(leaf(0)) == 1


def test_a_head_that_is_no_text_is_refused(desk: Desk) -> None:
    filled(desk)
    (desk.book.parent / "head").write_bytes(b"\xff")
    with pytest.raises(VerificationFailed, match="head file is damaged"):
        desk.fresh().journal.check()


def test_another_key_does_not_go_on_with_this_journal(desk: Desk) -> None:
    filled(desk)
    with pytest.raises(VerificationFailed):
        Desk.at(desk.folder, fixed_keys(1)).journal.append(leaf(9))
