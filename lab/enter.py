"""Write the catalogue entries of one recipe from its files and its contract.

python -m lab.enter cutout
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from lab.recipe import Contract, Recipe, load_recipe

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "src/safelight/models"
MEBIBYTE = 1 << 20


def forms(contract: Contract) -> dict[str, str]:
    """What ships: the end of the name, and the precision."""
    return {"": "int8", "-fp32": "fp32"} if contract.eight_bits else {"": "fp32"}


def entry(recipe: Recipe, contract: Contract, *, suffix: str, precision: str) -> str:
    """The entry of one built-in file, as TOML."""
    name = recipe.name + suffix
    file = MODELS / f"builtin/{name}.onnx"
    data = file.read_bytes()
    twin = bool(suffix)
    facts = {
        "name": name,
        "title": contract.title + (", full precision" if twin else ""),
        "task": contract.task,
        "aliases": [] if twin else list(contract.aliases),
        "file": file.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
        "licence": "Apache-2.0",
        "source": "drawn and trained by lab/",
        "card": f"docs/models/{contract.card}.md",
        "runtime": "onnx",
        "precision": precision,
        "peak_bytes": measure_peak(file, contract),
    }
    if precision == "int8":
        facts["exact"] = f"{recipe.name}-fp32"
    if contract.experimental:
        facts["experimental"] = True
    sections = {"input": taken(contract), "output": given(contract)}
    lines = [f"{key} = {json.dumps(value)}" for key, value in facts.items()]
    for title, section in sections.items():
        lines += ["", f"[{title}]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in section.items()]
    return "\n".join(lines) + "\n"


def taken(contract: Contract) -> dict[str, object]:
    """The section `input`."""
    facts: dict[str, object] = {
        "name": contract.input_name,
        "layout": "NCHW",
        "channels": contract.channels,
        "kind": contract.input_kind,
        "range": list(contract.input_range),
        "mean": [0.0],
        "std": [1.0],
        "tile": contract.tile,
        "halo": contract.halo,
    }
    if contract.multiple > 1:
        facts["multiple"] = contract.multiple
    return facts | ({"resize": "stretch", "side": contract.side} if contract.side else {})


def given(contract: Contract) -> dict[str, object]:
    """The section `output`."""
    return {
        "name": contract.output_name,
        "kind": contract.output_kind,
        "scale": contract.scale,
        "range": list(contract.output_range),
    }


def measure_peak(file: Path, contract: Contract) -> int:
    """Bytes that one session adds to a process over one tile with its halo, in whole MiB."""
    side = contract.side or contract.tile + 2 * contract.halo
    shape = f"{contract.channels}x{side}x{side}"
    command = [sys.executable, "-m", "lab.enter", "--peak", str(file), shape]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return -(-int(answer.stdout) // MEBIBYTE) * MEBIBYTE


def run_one_tile(file: Path, shape: tuple[int, ...]) -> int:
    """Bytes by which the peak of this process rises; meant for a fresh process."""
    import onnxruntime

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    session.run(None, {name: np.full((1, *shape), 0.5, np.float32)})
    return 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)


def enter(recipe: Recipe) -> None:
    """Write the entries of one recipe."""
    contract = recipe.contract
    if contract is None:
        raise SystemExit(f"{recipe.name} has no contract: it was made to measure, not to ship")
    for suffix, precision in forms(contract).items():
        text = entry(recipe, contract, suffix=suffix, precision=precision)
        target = MODELS / f"catalogue/{recipe.name}{suffix}.toml"
        target.write_text(text)
        print(target.name)


def main() -> None:
    """Enter one recipe, or answer `--peak FILE SHAPE` with one figure."""
    if sys.argv[1:2] == ["--peak"]:
        print(run_one_tile(Path(sys.argv[2]), tuple(int(n) for n in sys.argv[3].split("x"))))
        return
    if len(sys.argv) != 2:
        raise SystemExit("python -m lab.enter NAME")
    enter(load_recipe(sys.argv[1]))


if __name__ == "__main__":
    main()
