"""Write a page that shows pictures before and after, with what their receipts say.

Usage: scripts/before_after.py INPUTS OUTPUTS        (writes OUTPUTS/index.html)

One file, nothing loaded from anywhere: its own policy forbids every connection. It holds the
pictures and, from the signed receipts, names and counts of metadata; no value of any of them.
"""

from __future__ import annotations

import base64
import hashlib
import html
import sys
from dataclasses import dataclass
from pathlib import Path

from safelight.audit.receipt import Receipt, path_for
from safelight.audit.statement import Predicate

TYPES = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp", ".avif": "avif"}

STYLE = """
:root { color-scheme: light dark; --ink: #1d1c1a; --soft: #6b6760; --paper: #faf8f4; --card: #fff;
  --line: #e2ddd3; --gone: #b3362b; --kept: #2f6b4a; }
@media (prefers-color-scheme: dark) { :root { --ink: #ece8e1; --soft: #a09a90; --paper: #151413;
  --card: #1f1d1b; --line: #37332e; --gone: #f0857a; --kept: #84c9a2; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 ui-sans-serif, system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.05rem; margin: 0; }
p { margin: 0; color: var(--soft); max-width: 46rem; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  overflow: hidden; margin-top: 2rem; }
.compare { position: relative; display: grid; background: var(--line); touch-action: pan-y; }
.compare img { grid-area: 1 / 1; display: block; width: 100%; height: 100%; object-fit: cover; }
.compare .after, .close span + span img { background: repeating-conic-gradient(#d9d5cc 0 25%,
  #fff 0 50%) 0 0 / 20px 20px; }
.compare .after { clip-path: inset(0 0 0 var(--at, 50%)); }
.compare::after { content: ""; position: absolute; inset: 0 auto 0 var(--at, 50%); width: 2px;
  background: #fff; box-shadow: 0 0 4px #0008; pointer-events: none; }
.compare input { grid-area: 1 / 1; width: 100%; height: 100%; margin: 0; opacity: 0;
  cursor: ew-resize; }
.compare:focus-within { outline: 3px solid var(--kept); outline-offset: -3px; }
.close { display: grid; grid-template-columns: 1fr 1fr; gap: 2px; background: var(--line); }
.close span { overflow: hidden; display: grid; }
.close img { display: block; width: 100%; height: auto; transform: scale(4);
  transform-origin: var(--x, 25%) var(--y, 75%); }
.label { position: absolute; top: .75rem; padding: .15rem .6rem; border-radius: 99px; color: #fff;
  background: #000a; font-size: .8rem; pointer-events: none; }
.label.left { left: .75rem; } .label.right { right: .75rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 1.25rem;
  padding: 1.1rem 1.25rem 1.3rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .15rem .8rem; margin: .4rem 0 0;
  font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
ul { list-style: none; margin: .4rem 0 0; padding: 0; font-size: .9rem; }
.gone { color: var(--gone); } .kept { color: var(--kept); }
code { font: .85em ui-monospace, monospace; }
"""
SCRIPT = """
for (const article of document.querySelectorAll('article')) {
  const [compare, close] = article.children, [before, after] = compare.querySelectorAll('img');
  const range = compare.querySelector('input');
  range.addEventListener('input', () => compare.style.setProperty('--at', range.value + '%'));
  for (const picture of [before, after]) {
    const copy = new Image(after.width, after.height), frame = document.createElement('span');
    copy.src = picture.src;
    copy.alt = picture.alt + ', closer';
    frame.append(copy);
    close.append(frame);
  }
  compare.addEventListener('pointermove', (event) => {
    close.style.setProperty('--x', 100 * event.offsetX / compare.clientWidth + '%');
    close.style.setProperty('--y', 100 * event.offsetY / compare.clientHeight + '%');
  });
}
"""


@dataclass(frozen=True)
class Pair:
    """A picture before and after, and what was signed about it."""

    before: Path
    after: Path
    facts: Predicate


def pairs(inputs: Path, outputs: Path) -> list[Pair]:
    """Outputs that have a receipt and an input of the same stem, by name."""
    sources = {path.stem: path for path in inputs.iterdir() if path.suffix.lower() in TYPES}
    found = []
    for after in sorted(outputs.iterdir()):
        receipt = path_for(after)
        if after.suffix.lower() in TYPES and after.stem in sources and receipt.is_file():
            facts = Receipt.parse(receipt.read_bytes()).predicate
            found.append(Pair(sources[after.stem], after, facts))
    return found


def page(found: list[Pair]) -> str:
    """The whole document."""
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(STYLE)}'; "
        f"script-src '{_hash(SCRIPT)}'; base-uri 'none'; form-action 'none'"
    )
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>Safelight: before and after</title>
<style>{STYLE}</style>
<main>
<h1>Before and after</h1>
<p>Drag across a picture: on the left the input, stretched by your browser; on the right the
result. Below it, both four times closer where you point. The facts come from the signed receipts.
This page loads nothing and can connect nowhere.</p>
{"".join(article(pair) for pair in found)}
</main>
<script>{SCRIPT}</script>
</html>
"""


def article(pair: Pair) -> str:
    """One picture with its facts."""
    facts, output = pair.facts, pair.facts.outputs[0]
    name = html.escape(pair.after.name)
    return f"""
<article>
<div class="compare">
<img src="{_data(pair.before)}" alt="{name} before">
<img class="after" src="{_data(pair.after)}" alt="{name} after"
  width="{output.width}" height="{output.height}">
<input type="range" min="0" max="100" value="50" aria-label="{name}: how much of the input to show">
<span class="label left">before</span><span class="label right">after</span>
</div>
<div class="close"></div>
<div class="facts">
<section><h2>{name}</h2>{_definitions(_work(facts))}</section>
<section><h2 class="gone">Metadata removed</h2>{_groups(facts, "removed")}</section>
<section><h2 class="kept">Kept or added</h2>{_groups(facts, "kept", "added")}</section>
</div>
</article>"""


def _work(facts: Predicate) -> dict[str, str]:
    source, output = facts.inputs[0], facts.outputs[0]
    cage, sure = facts.egress, facts.operation.confidence
    confidence = {} if sure is None else {"confidence": f"{sure:.2f} of 1"}
    return {
        "size": f"{source.width} × {source.height} → {output.width} × {output.height}",
        "steps": " → ".join(facts.operation.verbs),
        "model": ", ".join(model.name for model in facts.models) or "none",
        **confidence,
        "cage": f"level {cage.level}, {cage.contained} of {cage.attempted} attempts contained",
        "receipt": facts.id,
    }


def _definitions(rows: dict[str, str]) -> str:
    cells = (f"<dt>{key}</dt><dd>{html.escape(text)}</dd>" for key, text in rows.items())
    return f"<dl>{''.join(cells)}</dl>"


def _groups(facts: Predicate, *kinds: str) -> str:
    rows = [
        f"<li>{html.escape(group.group)} <code>{count}</code></li>"
        for group in facts.metadata.groups
        if (count := sum(getattr(group, kind) for kind in kinds))
    ]
    return f"<ul>{''.join(rows)}</ul>"


def _data(path: Path) -> str:
    kind = TYPES[path.suffix.lower()]
    return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: scripts/before_after.py INPUTS OUTPUTS")
    inputs, outputs = Path(sys.argv[1]), Path(sys.argv[2])
    found = pairs(inputs, outputs)
    if not found:
        sys.exit(f"before_after: no output in {outputs} has a receipt and an input in {inputs}")
    (outputs / "index.html").write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
