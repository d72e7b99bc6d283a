"""Who has no Safelight can check a receipt: two verifiers that stand alone say what ours says."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safelight.audit import dsse
from safelight.audit.alone import verify_receipt
from safelight.audit.canonical import canonical
from safelight.audit.inclusion import Inclusion
from safelight.audit.receipt import Receipt, path_for
from tests.audit.alone import MODULE, Case, States, by_javascript, by_python
from tests.audit.making import Desk, fixed_keys, model_fact
from tests.audit.shapes import shapes, words
from tests.audit.test_receipt import FORGERIES, make, signed_again

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
KEY = fixed_keys().receipts.fingerprint
SEEN = ("signature", "schema", "chain", "output")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path / "desk")


@pytest.fixture
def output(desk: Desk) -> Path:
    for name in ("a.png", "b.png"):
        desk.run(name, models=())
    output = desk.run("c.png", models=())
    for name in ("d.png", "e.png"):
        desk.run(name, models=())
    return output


def ours(desk: Desk, receipt: bytes) -> States:
    """What our own verify says of signature and schema, with its words for a missing receipt."""
    place = desk.folder / "asked.receipt.json"
    place.write_bytes(receipt)
    found = desk.verify(place)
    return {name: found.line(name).state for name in ("signature", "schema")}


def all_agree(desk: Desk, receipts: list[bytes]) -> list[States]:
    """What all three say of each; they must say the same."""
    cases = [Case(receipt, KEY) for receipt in receipts]
    spoken = [by_python(case) for case in cases]
    assert by_javascript(cases) == spoken
    told = [{name: states[name] for name in ("signature", "schema")} for states in spoken]
    wanted = [ours(desk, receipt) for receipt in receipts]
    assert [verdict(states) for states in told] == [verdict(states) for states in wanted]
    return spoken


def verdict(states: States) -> States | str:
    """Ours knows its own key, even where a forger put another into the receipt: then it is another
    line that fails.
    """
    return "failed" if "failed" in states.values() else states


def proof_of(desk: Desk, output: Path) -> bytes:
    number = desk.verify(output).number
    assert number is not None
    return desk.journal.log().inclusion(number).to_bytes()


def test_a_sound_receipt_holds_in_every_line(desk: Desk, output: Path) -> None:
    case = Case(path_for(output).read_bytes(), KEY, output, proof_of(desk, output))
    assert by_python(case) == dict.fromkeys(SEEN, "ok")
    assert by_javascript([case]) == [by_python(case)]


def test_every_flipped_byte_is_caught_by_all_three(desk: Desk, output: Path) -> None:
    good = path_for(output).read_bytes()
    flipped = []
    for position in range(0, len(good), 37):
        data = bytearray(good)
        data[position] ^= 1 << position % 8
        flipped.append(bytes(data))
    flipped += [good[:-1], good + b"\n", b"", b"{}", b"[" * 100_000, good.replace(b",", b", ")]
    assert all(states["signature"] == "failed" for states in all_agree(desk, flipped))


def test_control_the_receipt_as_it_is_passes_all_three(desk: Desk, output: Path) -> None:
    (states,) = all_agree(desk, [path_for(output).read_bytes()])
    assert (states["signature"], states["schema"]) == ("ok", "ok")


def test_an_unsigned_receipt_is_refused_by_all_three(desk: Desk, output: Path) -> None:
    payload = Receipt.parse(path_for(output).read_bytes()).payload
    assert [states["signature"] for states in all_agree(desk, [payload])] == ["failed"]


def test_what_its_own_signer_forges_is_seen_by_all_three(desk: Desk) -> None:
    sound = make()
    forged = {name: signed_again(sound, change) for name, change in FORGERIES.items()}
    forged |= {
        "another spelling of a number": respelled(
            sound, b'"duration_ms":120', b'"duration_ms":12e1'
        ),
        "a number with a nought too many": respelled(sound, b'"level":3', b'"level":3.0'),
        "a sign before nothing": respelled(sound, b'"entries":0', b'"entries":-0'),
        "half a sign": respelled(sound, b"Linux", b"\\ud800"),
        "a key twice": respelled(sound, b'"level":3', b'"level":3,"level":3'),
    }
    spoken = dict(zip(forged, all_agree(desk, list(forged.values())), strict=True))
    assert {name for name, states in spoken.items() if states["schema"] == "ok"} == set()


@pytest.mark.parametrize("form", ["receipt-v1", "receipt-v2"])
def test_the_vectors_read_the_same_in_all_three(desk: Desk, form: str) -> None:
    folder = VECTORS / form
    wanted = json.loads((folder / "expected.json").read_text())["vectors"]
    names = sorted(wanted)
    spoken = all_agree(desk, [(folder / name).read_bytes() for name in names])
    for name, states in zip(names, spoken, strict=True):
        assert {line: states[line] for line in wanted[name]} == wanted[name], name


def test_numbers_of_every_size_are_spelled_alike(desk: Desk) -> None:
    numbers = (0.0, 1.0, 0.1, 0.25, 1e-4, 9.999e-5, 1e-7, 1 / 3, 0.1 + 0.2, 100.0, 12.3, 5e-324)
    sound = make()
    receipts = []
    for number in numbers:
        document = json.loads(sound.payload)
        document["predicate"]["operation"]["recipe"]["amount"] = [number, -number, number * 1e300]
        receipts.append(dsse.sign(canonical(document), fixed_keys().receipts))
    assert {states["signature"] for states in all_agree(desk, receipts)} == {"ok"}


def with_recipe(amount: bytes) -> bytes:
    """A receipt whose recipe holds this, spelled so; its digest is right."""
    document = json.loads(make().payload)
    operation = document["predicate"]["operation"]
    operation["recipe"]["amount"] = "here"
    recipe = canonical(operation["recipe"]).replace(b'"here"', amount)
    operation["recipe_sha256"] = hashlib.sha256(recipe).hexdigest()
    return dsse.sign(canonical(document).replace(b'"here"', amount), fixed_keys().receipts)


@pytest.mark.parametrize(
    ("amount", "holds"),
    [
        *((b"9" * 4_300, True), (b"-" + b"9" * 4_300, True), (b"9" * 4_301, False)),
        *((b"1e400", False), (b"-1e+400", False), (b"NaN", False)),
        *((b"[" * 198 + b"]" * 198, True), (b"[" * 199 + b"]" * 199, False)),
        *((b"[" * 400 + b"]" * 400, False), (b'{"__proto__":{"a":1}}', True)),
    ],
)
def test_numbers_and_nesting_end_at_the_same_place(
    desk: Desk, amount: bytes, *, holds: bool
) -> None:
    (states,) = all_agree(desk, [with_recipe(amount)])
    assert (states["schema"] == "ok") is holds


def test_another_persons_key_is_refused_where_one_is_named(desk: Desk, output: Path) -> None:
    case = Case(path_for(output).read_bytes(), fixed_keys(5).receipts.fingerprint, output)
    assert by_python(case)["signature"] == "failed"
    assert by_javascript([case]) == [by_python(case)]


def test_another_file_is_not_the_output(desk: Desk, output: Path) -> None:
    other = desk.folder / "other.png"
    for data in (b"pixel", b"pixelt", b"pixels."):
        other.write_bytes(data)
        case = Case(path_for(output).read_bytes(), KEY, other)
        assert by_python(case)["output"] == "failed"
        assert by_javascript([case]) == [by_python(case)]


def test_an_analysis_and_a_keyed_digest_are_told_apart(desk: Desk) -> None:
    analysed = path_for(desk.run("a.png", outputs=(), models=())).read_bytes()
    keyed = path_for(desk.run("b.png", outputs=(keyed_output(),), models=())).read_bytes()
    cases = [Case(analysed, KEY), Case(keyed, KEY, desk.folder / "b.png")]
    spoken = [by_python(case) for case in cases]
    assert [states["output"] for states in spoken] == ["ok", "unknown"]
    assert by_javascript(cases) == spoken


def test_every_flipped_byte_of_a_proof_is_caught(desk: Desk, output: Path) -> None:
    receipt, good = path_for(output).read_bytes(), proof_of(desk, output)
    cases = []
    for position in range(0, len(good), 11):
        data = bytearray(good)
        data[position] ^= 1
        cases.append(Case(receipt, KEY, output, bytes(data)))
    spoken = [by_python(case) for case in cases]
    assert {states["chain"] for states in spoken} == {"failed"}
    assert by_javascript(cases) == spoken


def test_a_proof_of_another_receipt_or_journal_is_refused(desk: Desk, output: Path) -> None:
    receipt = path_for(output).read_bytes()
    other = Desk.at(desk.folder / "other", fixed_keys(9))
    for name in ("1.png", "2.png", "3.png"):
        other.run(name, models=())
    proofs = [proof_of(desk, desk.folder / "b.png"), proof_of(other, other.folder / "3.png")]
    cases = [Case(receipt, KEY, output, proof) for proof in proofs]
    spoken = [by_python(case) for case in cases]
    assert [states["chain"] for states in spoken] == ["failed", "failed"]
    assert by_javascript(cases) == spoken


def test_a_path_that_is_too_long_or_too_short_is_refused(desk: Desk, output: Path) -> None:
    receipt, proof = path_for(output).read_bytes(), Inclusion.parse(proof_of(desk, output))
    fields = (proof.index, proof.entry, proof.checkpoint, proof.public_bytes)
    index, entry, checkpoint, public = fields
    paths = [proof.path[:-1], (*proof.path, proof.path[0]), proof.path[::-1], ()]
    changed = [Inclusion(index, entry, path, checkpoint, public) for path in paths]
    changed += [Inclusion(place, entry, proof.path, checkpoint, public) for place in (0, 3, 99)]
    cases = [Case(receipt, KEY, output, one.to_bytes()) for one in changed]
    spoken = [by_python(case) for case in cases]
    assert {states["chain"] for states in spoken} == {"failed"}
    assert by_javascript(cases) == spoken


def test_both_know_the_fields_of_the_models_and_no_others() -> None:
    for name, table in (("SHAPES", shapes()), ("WORDS", words())):
        assert "\n" + table == getattr(verify_receipt, name)
        found = re.search(rf"const {name} = `(.*?)`;", MODULE.read_text(), re.DOTALL)
        assert found is not None
        assert found[1] == "\n" + table


def by_command(folder: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        ["node", "--no-warnings", str(MODULE), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def by_main(folder: Path, *words: str) -> tuple[int, str]:
    """The Python one, in this process."""
    out = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out):
        return verify_receipt.main(list(words)), out.getvalue()


@pytest.mark.parametrize("run", [by_main, by_command], ids=["python", "javascript"])
def test_as_a_command_each_prints_lines_and_leaves_with_a_code(
    desk: Desk, output: Path, run: Callable[..., tuple[int, str]]
) -> None:
    (desk.folder / "key.pem").write_bytes(fixed_keys().receipts.public_pem)
    (desk.folder / "proof").write_bytes(proof_of(desk, output))
    place, folder = ".safelight/c.png.receipt.json", desk.folder
    code, out = run(folder, place, "c.png", "--key", "key.pem", "--proof", "proof")
    assert (code, out.count(" ok ")) == (0, 4)
    assert "What this cannot prove:" in out
    assert run(folder, place, "c.png")[0] == 3
    code, out = run(folder, place, "d.png", "--key", KEY, "--json")
    assert json.loads(out)["failed"] is False
    (folder / "c.png").write_bytes(b"other")
    code, out = run(folder, place, "c.png", "--key", KEY, "--json")
    assert (code, json.loads(out)["failed"]) == (1, True)
    code, out = run(folder, "c.png", "--key", KEY)
    assert (code, "What this" in out) == (1, False)
    assert run(folder, "nowhere")[0] == 2
    assert run(folder, place, "--key", "proof")[0] == 2
    assert run(folder, place, "--key", "")[0] == 2
    assert run(folder, place, "--proof", "")[0] == 2
    (folder / "rsa.pem").write_bytes(rsa_key())
    assert run(folder, place, "--key", "rsa.pem")[0] == 2


@pytest.mark.parametrize("place", ["a b#c?d%20\u00e9", "link", "."])
def test_by_whatever_path_it_is_started_it_answers(desk: Desk, output: Path, place: str) -> None:
    """One that does nothing and leaves with 0 would be taken for one that found nothing amiss."""
    folder = desk.folder / place
    if place == "link":
        (desk.folder / "real").mkdir()
        folder.symlink_to("real")
    folder.mkdir(exist_ok=True)
    for name in ("verify_receipt.mjs", "verify_receipt.py"):
        shutil.copy(MODULE.with_name(name), folder / name)
    wanted = [str(path_for(output)), "--key", KEY, "--json"]
    for program, name in (("node", "verify_receipt.mjs"), (sys.executable, "verify_receipt.py")):
        done = subprocess.run(
            [program, str(folder / name), *wanted], capture_output=True, text=True, check=False
        )
        assert (done.returncode, json.loads(done.stdout)["failed"]) == (0, False)


def test_without_the_package_it_says_that_it_cannot_look(desk: Desk, output: Path) -> None:
    command = [sys.executable, "-I", "-S", str(MODULE.with_name("verify_receipt.py"))]
    done = subprocess.run(
        [*command, str(path_for(output))], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install cryptography" in done.stderr


def rsa_key() -> bytes:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = generate_private_key(65_537, 2_048).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def keyed_output() -> Any:
    from tests.audit.making import output_fact

    plain = output_fact(b"pixels")
    return plain.model_copy(update={"sha256": None, "keyed_digest": "e" * 64})


def respelled(receipt: Receipt, old: bytes, new: bytes) -> bytes:
    assert old in receipt.payload
    return dsse.sign(receipt.payload.replace(old, new), fixed_keys().receipts)


def test_disclosure_is_derived_alike(desk: Desk) -> None:
    tasks = ("upscale", "denoise", "dejpeg", "cutout", "something")
    receipts = [
        path_for(desk.run(f"{task}.png", models=(model_fact(task=task),))) for task in tasks
    ]
    spoken = all_agree(desk, [place.read_bytes() for place in receipts])
    assert {states["schema"] for states in spoken} == {"ok"}
