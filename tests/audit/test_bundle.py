"""A bundle of receipts holds as it is, and not when anything of it is another."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from safelight.audit import bundle as bundles
from safelight.audit import dsse, timestamp
from safelight.audit.bundle import LIST, PAYLOAD_TYPE, Bundle, Part, write
from safelight.audit.bundled import examine
from safelight.audit.canonical import canonical
from safelight.audit.receipt import Receipt, path_for
from safelight.audit.verify import Trust
from safelight.errors import UsageError, VerificationFailed
from safelight.vault.keys import Signer
from tests.audit.making import Desk, fixed_keys, output_fact

States = dict[str, str]
OWN = fixed_keys().receipts


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path / "desk")


@pytest.fixture
def parts(desk: Desk) -> dict[str, Part]:
    """Two receipts with proofs and results, and a page."""
    found: dict[str, Part] = {"index.html": b"<!doctype html>"}
    for name in ("a.png", "b.png"):
        output = desk.run(name, name.encode(), models=())
        receipt = Receipt.parse(path_for(output).read_bytes())
        number = desk.verify(output).number
        assert number is not None
        found[f"receipts/{receipt.id}.receipt.json"] = receipt.data
        found[f"proofs/{receipt.id}.tlog-proof"] = desk.journal.log().inclusion(number).to_bytes()
        found[f"outputs/{receipt.id}.png"] = output
    return found


def packed(parts: Mapping[str, Part], signer: Signer = OWN) -> bytes:
    file = io.BytesIO()
    write(file, parts, signer)
    return file.getvalue()


def found_in(data: bytes, *keys: bytes) -> States:
    """The state of each line; of none where it is no bundle at all."""
    trust = Trust(keys or (OWN.public_bytes,))
    try:
        return {line.name: line.state for line in examine(Bundle(io.BytesIO(data)), trust)}
    except VerificationFailed:
        return {}


def repacked(data: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    """The same archive with its members changed, as anybody could."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_a_bundle_as_it_was_written_holds_in_every_line(parts: dict[str, Part]) -> None:
    lines = ("signature", "contents", "receipts", "chain", "output")
    assert found_in(packed(parts)) == dict.fromkeys(lines, "ok")


def test_the_same_parts_give_the_same_bytes(
    parts: dict[str, Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "utc_now", lambda: "2026-11-21T12:00:00Z")
    assert packed(parts) == packed(dict(reversed(parts.items())))


def test_what_it_could_not_read_again_is_not_written(
    parts: dict[str, Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MAX_FILES", len(parts) + 1)
    assert "failed" not in found_in(packed(parts)).values()
    monkeypatch.setattr(bundles, "MAX_FILES", len(parts))
    with pytest.raises(UsageError, match="at most"):
        packed(parts)
    monkeypatch.undo()
    monkeypatch.setattr(bundles, "MAX_PART_BYTES", 3)
    with pytest.raises(UsageError, match="more than"):
        packed(parts)


def test_of_an_unknown_hand_it_is_whole_but_unknown(parts: dict[str, Part]) -> None:
    assert found_in(packed(parts), b"")["signature"] == "unknown"
    bundle = Bundle(io.BytesIO(packed(parts)))
    assert bundle.signer(OWN.fingerprint) == OWN.public_bytes
    assert bundle.signer("0" * 64) is None


def test_no_flipped_byte_leaves_it_whole_and_different(parts: dict[str, Part]) -> None:
    """A ZIP archive has bytes that say nothing: where one of those is flipped all parts are as they
    were.
    """
    data = packed(parts)
    sound = {name: Bundle(io.BytesIO(data)).measured(name) for name in parts}
    caught = 0
    for position in range(0, len(data), 53):
        flipped = bytearray(data)
        flipped[position] ^= 4
        states = found_in(bytes(flipped))
        if not states or "failed" in states.values():
            caught += 1
            continue
        bundle = Bundle(io.BytesIO(bytes(flipped)))
        assert {name: bundle.measured(name) for name in bundle.names()} == sound
    assert caught > len(data) // 53 * 0.8


def _swap(members: dict[str, bytes]) -> None:
    first, second = sorted(name for name in members if name.startswith("receipts/"))
    members[first], members[second] = members[second], members[first]


CHANGES: dict[str, Callable[[dict[str, bytes]], object]] = {
    "a file more": lambda members: members.update({"receipts/more.receipt.json": b"{}"}),
    "a page more": lambda members: members.update({"pages/more.html": b"<!doctype html>"}),
    "a file less": lambda members: members.pop(next(n for n in members if n.startswith("proofs/"))),
    "another page": lambda members: members.update({"index.html": b"<!doctype htmx>"}),
    "receipts exchanged": _swap,
    "no list": lambda members: members.pop(LIST),
    "another list": lambda members: members.update({LIST: members[LIST].replace(b"e", b"f", 1)}),
    "a name that leads out": lambda members: members.update({"../../out": b"x"}),
    "a name from the root": lambda members: members.update({"/out": b"x"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_bundle_is_caught(parts: dict[str, Part], name: str) -> None:
    states = found_in(repacked(packed(parts), CHANGES[name]))
    assert not states or "failed" in states.values()


def test_control_the_archive_itself_does_not_notice(parts: dict[str, Part]) -> None:
    changed = repacked(packed(parts), CHANGES["another page"])
    with zipfile.ZipFile(io.BytesIO(changed)) as archive:
        assert archive.testzip() is None


def test_control_a_bundle_packed_again_unchanged_holds(parts: dict[str, Part]) -> None:
    states = found_in(repacked(packed(parts), lambda _members: None))
    assert set(states.values()) == {"ok"}


def listed(payload: object, payload_type: str = PAYLOAD_TYPE) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(LIST, dsse.sign(canonical(payload), OWN, payload_type))
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\5\6" + b"\0" * 18,
        b"no archive",
        listed({"created": "now", "files": {}, "schema": "safelight-bundle/2"}),
        listed({"created": "now", "files": {"a": {"bytes": "1"}}, "schema": "safelight-bundle/1"}),
        listed([]),
        listed({"created": "now", "files": {}, "schema": "safelight-bundle/1"}, "other"),
    ],
)
def test_what_is_no_bundle_is_refused(data: bytes) -> None:
    states = found_in(data)
    assert not states or states == {"signature": "failed"}


def test_what_is_packed_tight_twice_or_encrypted_is_no_bundle(parts: dict[str, Part]) -> None:
    tight, twice = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(tight, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.html", b"0" * 100_000)
    with zipfile.ZipFile(twice, "w") as archive:
        archive.writestr("index.html", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("index.html", b"2")
    locked = bytearray(packed(parts))
    for mark, place in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        locked[locked.find(mark) + place] |= 1
    for data in (tight.getvalue(), twice.getvalue(), bytes(locked)):
        with pytest.raises(VerificationFailed, match="no bundle"):
            Bundle(io.BytesIO(data))


def changed_part(parts: dict[str, Part], start: str, part: bytes) -> States:
    """What is found where the signer itself put another part in."""
    name = next(name for name in sorted(parts) if name.startswith(start))
    return found_in(packed({**parts, name: part}))


def test_what_the_signer_put_in_wrongly_is_caught_line_by_line(
    desk: Desk, parts: dict[str, Part]
) -> None:
    receipts = sorted(name for name in parts if name.startswith("receipts/"))
    proofs = sorted(name for name in parts if name.startswith("proofs/"))
    other = parts[receipts[1]]
    assert isinstance(other, bytes)
    foreign = Desk.at(desk.folder / "other", fixed_keys(9)).make("c.png", models=())[1]
    assert changed_part(parts, "receipts/", other)["receipts"] == "failed"
    assert changed_part(parts, "receipts/", foreign.data)["receipts"] == "failed"
    assert changed_part(parts, "receipts/", b"{}")["receipts"] == "failed"
    altered = other.replace(b'"sig":"', b'"sig":"A', 1)
    assert changed_part(parts, "receipts/", altered)["receipts"] == "failed"
    swapped = parts[proofs[1]]
    assert isinstance(swapped, bytes)
    assert changed_part(parts, "proofs/", swapped)["chain"] == "failed"
    assert changed_part(parts, "outputs/", b"other pixels")["output"] == "failed"


def test_without_proofs_the_chain_is_unknown(parts: dict[str, Part]) -> None:
    bare = {name: part for name, part in parts.items() if not name.startswith("proofs/")}
    assert found_in(packed(bare))["chain"] == "unknown"


def test_a_keyed_result_is_compared_by_who_holds_the_key_alone(desk: Desk) -> None:
    keyed = output_fact(b"pixels").model_copy(update={"sha256": None, "keyed_digest": "0" * 64})
    output = desk.run("a.png", outputs=(keyed,), models=())
    receipt = Receipt.parse(path_for(output).read_bytes())
    parts: dict[str, Part] = {
        f"receipts/{receipt.id}.receipt.json": receipt.data,
        f"outputs/{receipt.id}.png": output,
    }
    data = packed(parts)
    assert found_in(data)["output"] == "unknown"
    for digest, wanted in (("0" * 64, "ok"), ("1" * 64, "failed")):
        keys = {OWN.fingerprint: lambda _data, digest=digest: digest}
        trust = Trust((OWN.public_bytes,), keys)
        lines = {line.name: line.state for line in examine(Bundle(io.BytesIO(data)), trust)}
        assert lines["output"] == wanted


def test_time_stamps_are_told_and_checked(
    parts: dict[str, Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = next(name for name in sorted(parts) if name.startswith("receipts/"))
    data = packed({**parts, name + timestamp.SUFFIX: b"an answer"})
    assert found_in(data)["time"] == "failed"
    for is_trusted, wanted in ((True, "ok"), (False, "unknown")):
        stamp = timestamp.Stamp("2026-11-21T12:00:00Z", is_trusted)
        monkeypatch.setattr(timestamp, "read", lambda *_given, stamp=stamp: stamp)
        assert found_in(data)["time"] == wanted


def test_a_file_that_changes_while_it_is_packed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a.png"
    place.write_bytes(b"before")
    measured = bundles._measured

    def and_change(part: Part) -> tuple[str, int]:
        found = measured(part)
        place.write_bytes(b"after!")
        return found

    monkeypatch.setattr(bundles, "_measured", and_change)
    with pytest.raises(VerificationFailed, match="changed while"):
        packed({"outputs/a.png": place})


def test_the_list_names_every_part_by_its_digest(parts: dict[str, Part]) -> None:
    bundle = Bundle(io.BytesIO(packed(parts)))
    contents = bundle.contents()
    assert set(contents.parts) == set(parts) == bundle.names()
    assert json.loads(contents.envelope.payload)["schema"] == "safelight-bundle/1"
    with pytest.raises(VerificationFailed):
        bundle.read("nothing")
