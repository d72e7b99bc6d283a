"""The two verifiers that stand alone, asked about many receipts at once, beside our own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safelight.audit.alone import verify_receipt

FOLDER = Path(verify_receipt.__file__).parent
MODULE = FOLDER / "verify_receipt.mjs"
States = dict[str, str]
DRIVER = """
import { readFileSync } from "node:fs";
const { verify } = await import(process.argv[2]);
const cases = JSON.parse(readFileSync(0, "utf8"));
const bytes = (text) => text === null ? undefined : new Uint8Array(Buffer.from(text, "base64"));
const answers = [];
for (const one of cases) {
  const given = { output: bytes(one.output), proof: bytes(one.proof), key: one.key };
  const { rows } = await verify(bytes(one.receipt), given);
  answers.push(Object.fromEntries(rows.map((row) => [row.name, row.state])));
}
console.log(JSON.stringify(answers));
"""


@dataclass(frozen=True)
class Case:
    """What a verifier is asked about; the key is a fingerprint."""

    receipt: bytes
    key: str
    output: Path | None = None
    proof: bytes | None = None


def by_python(case: Case) -> States:
    output = str(case.output) if case.output is not None else None
    rows, _predicate = verify_receipt.verify(case.receipt, output, case.key, case.proof)
    return {name: state for name, state, _sentence in rows}


def by_javascript(cases: Sequence[Case]) -> list[States]:
    """All in one process."""
    done = subprocess.run(
        ["node", "--no-warnings", "--input-type=module", "-e", DRIVER, "cases", str(MODULE)],
        input=json.dumps([_as_json(case) for case in cases]),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[States] = json.loads(done.stdout)
    return answers


def _as_json(case: Case) -> Mapping[str, Any]:
    import base64

    def text(data: bytes | None) -> str | None:
        return None if data is None else base64.b64encode(data).decode()

    output = case.output.read_bytes() if case.output is not None else None
    return {
        "receipt": text(case.receipt),
        "output": text(output),
        "proof": text(case.proof),
        "key": case.key,
    }
