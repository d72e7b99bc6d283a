"""Verify a sealed case. Needs Python 3.9 and the package `cryptography`, nothing of Safelight.

    python verify_case.py BUNDLE.tar --key FINGERPRINT

It reads the bundle once and unpacks nothing. What it checks, in order:

seal       seal.json is signed, over manifest.json; every file is there with both its digests, and
           no other file is
log        each event of case.jsonl is signed, names the SHA-256 of the line before it, and has the
           key of who has the case: of the first event, or of who confirmed to have it last
originals  each file that an "acquired" event names has the digests that it had then
results    each result likewise
receipts   each receipt is signed by a key of the case, and speaks of its result
journal    each receipt's entry stands below a signed checkpoint of the journal that it names
keys       every key of the case is one that you named with --key

A fingerprint is the SHA-256 of the 32 bytes of a public key. It must come to you in another way
than the bundle. Exit code: 0 all holds; 5 something does not, or a key was not named; 2 usage.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import tarfile
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EVENT_TYPE = "application/vnd.safelight.case-event+json"
IN_TOTO = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
SEAL_TYPE = "tag:safelight,2026:case-seal/v1"
RECEIPT_TYPE = re.compile(r"tag:safelight,2026:receipt/v[12]")
WHILE_AWAY = {"transferred", "received", "noted"}
AFTER_SEAL = WHILE_AWAY | {"opened"}
PIECE = 1 << 20


class Broken(Exception):
    """What does not hold, as a sentence."""


def need(holds: object, sentence: str) -> None:
    if not holds:
        raise Broken(sentence)


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value that is signed and hashed."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def parsed(data: bytes, what: str) -> Any:
    try:
        value = json.loads(data)
        need(canonical(value) == data, f"{what} is not in its canonical form")
    except (ValueError, RecursionError) as error:
        raise Broken(f"{what} is no JSON") from error
    return value


def unbase64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, TypeError) as error:
        raise Broken("a base64 text is damaged") from error
    need(base64.b64encode(data).decode() == text, "a base64 text is damaged")
    return data


def is_signed(key: bytes, signature: bytes, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def pae(kind: str, payload: bytes) -> bytes:
    """What DSSE signs: the payload's type, the payload, and how long each is."""
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)


def opened_envelope(data: bytes, keys: dict[str, bytes], what: str) -> dict[str, Any]:
    """The statement in a DSSE envelope that a key of the case signed."""
    envelope = parsed(data, what)
    need(set(envelope) == {"payload", "payloadType", "signatures"}, f"{what} is no envelope")
    (signature,) = envelope["signatures"]
    payload = unbase64(envelope["payload"])
    key = keys.get(signature["keyid"], b"")
    need(key, f"{what} has the key of nobody in the case")
    holds = is_signed(key, unbase64(signature["sig"]), pae(IN_TOTO, payload))
    need(holds and envelope["payloadType"] == IN_TOTO, f"the signature of {what} does not hold")
    statement: dict[str, Any] = parsed(payload, what)
    need(statement.get("_type") == STATEMENT, f"{what} holds no in-toto statement")
    return statement


def header_of(name: str, size: int) -> bytes:
    """The 512 bytes before a file: its name, size, mode 0444, and nothing else."""
    start = name.encode().ljust(100, b"\0") + b"0000444\0" + b"0000000\0" * 2 + b"%011o\0" % size
    start, rest = start + b"0" * 11 + b"\0", b"0" + bytes(100) + b"ustar\x0000" + bytes(247)
    return start + b"%06o\0 " % (sum(start) + sum(rest) + 8 * 32) + rest


class Bundle:
    """The files of a tar file by their names below its one folder, with bytes and digests."""

    def __init__(self, tar: tarfile.TarFile, file: Any) -> None:
        self.tar = tar
        self.members: dict[str, tarfile.TarInfo] = {}
        self.digests: dict[str, tuple[int, str, str]] = {}
        end, top = 0, None
        for member in tar:
            folder, _slash, name = member.name.partition("/")
            is_down = name and not {"", ".", ".."} & set(name.split("/"))
            need(is_down and top in (None, folder), "the bundle holds more than one folder")
            need(name not in self.members and member.offset == end, "a name stands twice")
            end, top = self._form(file, member), folder
            self.members[name] = member
            self.digests[name] = self._digests(member)
        file.seek(end)
        need(file.read(20480) == bytes(1024 + -(end + 1024) % 10240), "the end was altered")

    def _form(self, file: Any, member: tarfile.TarInfo) -> int:
        """Where a file ends; no byte of its header and padding can be another."""
        file.seek(member.offset)
        is_ours = file.read(512) == header_of(member.name, member.size)
        need(is_ours, f"the header of {member.name} was altered")
        file.seek(member.offset_data + member.size)
        padding = file.read(-member.size % 512)
        need(not any(padding), f"the padding of {member.name} was altered")
        return member.offset_data + member.size + len(padding)

    def read(self, name: str) -> bytes:
        need(name in self.members, f"{name} is gone")
        file = self.tar.extractfile(self.members[name])
        return file.read() if file is not None else b""

    def check(self, file: dict[str, Any]) -> None:
        """Raise Broken unless this file has the bytes and digests that are stated."""
        place = file["place"]
        need(place in self.digests, f"{place} is gone")
        stated = (file["bytes"], file["sha256"], file["sha3_256"])
        need(self.digests[place] == stated, f"{place} is not what it was")

    def _digests(self, member: tarfile.TarInfo) -> tuple[int, str, str]:
        first, second, size = hashlib.sha256(), hashlib.sha3_256(), 0
        file = self.tar.extractfile(member)
        while file is not None and (piece := file.read(PIECE)):
            first.update(piece)
            second.update(piece)
            size += len(piece)
        return size, first.hexdigest(), second.hexdigest()


def told_digest(recipe: dict[str, Any], withheld: Any = ()) -> str:
    """Digest of a recipe, as a receipt tells it that withholds some parameters."""
    told: dict[str, Any] = json.loads(canonical(recipe))
    for step in told["steps"] if withheld else ():
        for name, value in step["parameters"].items():
            if value and f"{step['op']}.{name}" in withheld:
                step["parameters"][name] = "withheld"
    return hashlib.sha256(canonical(told)).hexdigest()


class Log:
    """The events of a case, each checked against the one before it."""

    def __init__(self, data: bytes) -> None:
        self.events: list[dict[str, Any]] = []
        self.keys: dict[str, bytes] = {}
        self.originals: dict[str, dict[str, Any]] = {}
        self.began: dict[str, dict[str, Any]] = {}
        self.results: list[dict[str, Any]] = []
        self.seal: dict[str, Any] | None = None
        self.tip, self.holder, self._is_away = "0" * 64, "", False
        *lines, rest = data.split(b"\n")
        need(lines and not rest, "the log has no whole last line")
        for number, line in enumerate(lines, 1):
            self._step(number, line)

    def _step(self, number: int, line: bytes) -> None:
        event = parsed(line, f"event {number}")
        signature, key = unbase64(event.pop("signature")), unbase64(event["key"])
        fingerprint, kind = hashlib.sha256(key).hexdigest(), event["event"]
        signed = pae(EVENT_TYPE, canonical(event))
        need(is_signed(key, signature, signed), f"event {number} was altered")
        follows = event["number"] == number and event["previous"] == self.tip
        need(follows, f"event {number} does not follow the one before it")
        need((kind == "created") == (number == 1), f"event {number}: created once, at the start")
        if self.events:
            need(event["case"] == self.events[0]["case"], f"event {number}: another case")
            is_theirs = self._is_away if kind == "received" else fingerprint == self.holder
            need(is_theirs, f"event {number} has the key of nobody who has the case")
        need(self.seal is None or kind in AFTER_SEAL, f"event {number} stands behind a seal")
        need(not self._is_away or kind in WHILE_AWAY, f"event {number} stands behind a hand-over")
        if kind in ("transferred", "received"):
            self._is_away = kind == "transferred"
        if kind in ("created", "received"):
            self.holder = fingerprint
        self.keys[fingerprint] = key
        self.tip = hashlib.sha256(line).hexdigest()
        self.events.append(event)
        self._take(kind, event["facts"])

    def _take(self, kind: str, facts: dict[str, Any]) -> None:
        if kind == "acquired":
            need(facts["item"] not in self.originals, "an original stands twice")
            self.originals[facts["item"]] = facts["file"]
        elif kind == "began":
            need(facts["result"] not in self.began, "a result began twice")
            need(facts["item"] in self.originals, "a result is of no original")
            need(told_digest(facts["recipe"]) == facts["recipe_sha256"], "a recipe is another")
            self.began[facts["result"]] = facts
        elif kind == "processed":
            ended = {one["result"] for one in self.results}
            need(facts["result"] in set(self.began) - ended, "a result was not under way")
            self.results.append(facts)
        elif kind in ("sealed", "opened"):
            self.seal = facts if kind == "sealed" else None


def check_seal(bundle: Bundle, log: Log) -> str:
    manifest = parsed(bundle.read("manifest.json"), "the manifest")
    holder = {log.holder: log.keys[log.holder]}
    statement = opened_envelope(bundle.read("seal.json"), holder, "the seal")
    seal = statement["predicate"]
    _size, sha256, sha3_256 = bundle.digests["manifest.json"]
    subject = [{"name": "manifest.json", "digest": {"sha256": sha256, "sha3_256": sha3_256}}]
    need(statement["predicateType"] == SEAL_TYPE, "the seal is of another kind")
    need(statement["subject"] == subject, "the seal is over another manifest")
    need(log.seal is not None, "the log of the case is not sealed")
    its = {"case": log.events[0]["case"], "seal": (log.seal or {})["seal"]}
    state = its | {"events": len(log.events), "log": log.tip}
    need({name: seal[name] for name in state} == state, "the seal is of another state of the case")
    need({name: manifest[name] for name in its} == its, "the manifest is of another case")
    listed = {file["place"] for file in manifest["files"]} | {"manifest.json", "seal.json"}
    for place in sorted(listed ^ set(bundle.members)):
        need(place not in listed, f"{place} is gone")
        need(place in listed, f"{place} is not in the manifest")
    for file in manifest["files"]:
        bundle.check(file)
    return f"{len(manifest['files'])} files, sealed {seal['time']}"


def check_receipts(bundle: Bundle, log: Log) -> str:
    for facts in log.results:
        name, began = facts["result"], log.began[facts["result"]]
        bundle.check(facts["receipt"]["file"])
        data = bundle.read(facts["receipt"]["file"]["place"])
        statement = opened_envelope(data, log.keys, f"the receipt of {name}")
        predicate, output = statement["predicate"], facts["file"]
        need(RECEIPT_TYPE.fullmatch(statement["predicateType"]), f"{name}: no receipt that I know")
        subject = [one["digest"] for one in statement["subject"]]
        is_its = subject == [{"sha256": output["sha256"]}]
        need(is_its, f"{name}: the receipt speaks of another result")
        operation = predicate["operation"]
        told = told_digest(began["recipe"], operation.get("withheld", ()))
        is_its = told_digest(operation["recipe"]) == operation["recipe_sha256"] == told
        need(is_its, f"{name}: the receipt speaks of another recipe")
        source = log.originals[began["item"]]["sha256"]
        digests = {one["sha256"] for one in predicate["inputs"]}
        need(digests == {source}, f"{name}: the receipt speaks of another original")
    return f"{len(log.results)} signed, each for its result"


def check_journal(bundle: Bundle, log: Log) -> str:
    missing = []
    for facts in log.results:
        place = f"journal/{facts['result']}.tlog-proof"
        if place not in bundle.members:
            missing.append(facts["result"])
            continue
        check_proof(bundle.read(place), bundle.read(facts["receipt"]["file"]["place"]))
    if missing:
        return f"? no proof for {', '.join(missing)}"
    return f"{len(log.results)} receipts stand in the journal that they name"


def check_proof(proof: bytes, receipt: bytes) -> None:
    """A proof in the form of C2SP's tlog-proof, of an entry with this receipt's commitment."""
    head, _empty, checkpoint = proof.decode().partition("\n\n")
    form, extra, index_line, *path = head.split("\n")
    need(form == "c2sp.org/tlog-proof@v1", "a proof is of another form")
    facts = parsed(unbase64(extra.removeprefix("extra ")), "a proof")
    index, entry, key = int(index_line.split(" ")[1]), facts["entry"], unbase64(facts["key"])
    size, root = read_checkpoint(checkpoint, key)
    steps = [unbase64(step) for step in path]
    need(root_of(entry.encode(), index, size, steps) == root, "a proof leads to another root")
    predicate = json.loads(unbase64(json.loads(receipt)["payload"]))["predicate"]
    commitment = hashlib.sha256(bytes.fromhex(predicate["nonce"]) + receipt).hexdigest()
    need(json.loads(entry)["commitment"] == commitment, "a proof is of another receipt")
    journal = hashlib.sha256(key).hexdigest()
    need(predicate["follows"]["journal"] == journal, "a proof is of another journal")


def read_checkpoint(text: str, key: bytes) -> tuple[int, bytes]:
    """Size and root of a tree, from a signed note (C2SP tlog-checkpoint)."""
    name = f"safelight/journal/{hashlib.sha256(key).hexdigest()}"
    origin, size, root, empty, signed, end = text.split("\n")
    signature = unbase64(signed.removeprefix(f"\u2014 {name} "))
    key_id = hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]
    body = f"{origin}\n{size}\n{root}\n".encode()
    holds = (origin, empty, end) == (name, "", "") and signature[:4] == key_id
    need(holds and is_signed(key, signature[4:], body), "a checkpoint's signature does not hold")
    return int(size), unbase64(root)


def root_of(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Where a path of RFC 9162 leads from a leaf; None for one that cannot be."""
    place, last = index, size - 1
    node = hashlib.sha256(b"\x00" + leaf).digest()
    if not 0 <= index < size:
        return None
    for step in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            node = hashlib.sha256(b"\x01" + step + node).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + step).digest()
        place, last = place >> 1, last >> 1
    return node if last == 0 else None


def check_files(bundle: Bundle, files: list[dict[str, Any]]) -> str:
    for file in files:
        bundle.check(file)
    return f"{len(files)} with the digests that they had"


def check_keys(log: Log, known: set[str]) -> str:
    strange = [key for key in log.keys if key not in known]
    named = f"{len(log.keys)} as named"
    return f"? not named with --key: {', '.join(strange)}" if strange else named


def verify(path: str, known: set[str]) -> list[tuple[str, str, str]]:
    """Every line of the answer: what was checked, how it stands, and why."""
    answers: list[tuple[str, str, str]] = []

    def ask(name: str, check: Any, *more: Any) -> Any:
        try:
            found = check(*more)
        except (Broken, KeyError, TypeError, ValueError, AttributeError, tarfile.TarError) as error:
            kind = "" if isinstance(error, Broken) else f"damaged ({type(error).__name__})"
            answers.append((name, "failed", kind or str(error)))
            return None
        sentence = found if isinstance(found, str) else f"{len(found.events)} events"
        state = "unknown" if sentence.startswith("? ") else "ok"
        answers.append((name, state, sentence.removeprefix("? ")))
        return found

    try:
        with open(path, "rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
            bundle = Bundle(tar, file)
            log = ask("log", lambda: Log(bundle.read("case.jsonl")))
            if log is not None:
                results = [x for one in log.results for x in (one["file"], *one["previews"])]
                ask("seal", check_seal, bundle, log)
                ask("originals", check_files, bundle, list(log.originals.values()))
                ask("results", check_files, bundle, results)
                ask("receipts", check_receipts, bundle, log)
                ask("journal", check_journal, bundle, log)
                ask("keys", check_keys, log, known)
    except (tarfile.TarError, Broken, ValueError, EOFError) as error:
        answers.append(("bundle", "failed", str(error)))
    return answers


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify a sealed case.")
    parser.add_argument("bundle")
    parser.add_argument("--key", action="append", default=[], metavar="FINGERPRINT")
    typed = parser.parse_args(arguments)
    try:
        answers = verify(typed.bundle, {key.lower() for key in typed.key})
    except OSError as error:
        sys.stderr.write(f"the bundle cannot be read: {error.strerror}\n")
        return 2
    for name, state, sentence in answers:
        shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in sentence)
        sys.stdout.write(f"{name:<10} {state:<8} {shown}\n")
    return 0 if all(state == "ok" for _name, state, _sentence in answers) else 5


if __name__ == "__main__":
    sys.exit(main())
