"""An engine of its own in the real frame, as web/tab/engine/engine.ts has it: for measurements and
tests that ask it without the tools. Its parts come from the page.

    frame.evaluate(ENGINE)
    milliseconds, size, failure = frame.evaluate(TIMED, asked(data, steps))
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

ENGINE = """async () => {
  const want = (name) => new Promise((resolve) => {
    const hear = ({data}) => {
      if (data?.kind !== 'part' || data.name !== name) return;
      removeEventListener('message', hear);
      resolve(data.bytes);
    };
    addEventListener('message', hear);
    parent.postMessage({kind: 'want', name}, '*');
  });
  const script = new Blob([await want('engine.js')], {type: 'text/javascript'});
  const worker = new Worker(URL.createObjectURL(script));
  window.engine = (text, recipe) => new Promise((resolve) => {
    const file = new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]);
    const started = performance.now();
    const ended = (told) => resolve({ms: performance.now() - started, ...told});
    worker.onerror = ({message}) => ended({failure: {code: 'died', title: message}});
    worker.onmessage = async ({data: {kind, name, bytes, failure}}) => {
      if (kind === 'want') worker.postMessage({kind: 'part', name, bytes: await want(name)});
      else if (kind !== 'share') ended({bytes: bytes ?? [], failure});
    };
    worker.postMessage({id: 1, kind: 'run', file, recipe, extra: {}});
  });
}"""
# How long it took, how large what came is, and the title of what went wrong.
TIMED = """async ({text, recipe}) => {
  const {ms, bytes, failure} = await engine(text, recipe);
  return [ms, bytes.length, failure?.title];
}"""
# All of its bytes, or what went wrong.
RUN = """async ({text, recipe}) => {
  const {bytes, failure} = await engine(text, recipe);
  return {bytes: Array.from(bytes), failure};
}"""


def asked(data: bytes, steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A picture and what is to be done with it."""
    return {"text": base64.b64encode(data).decode(), "recipe": {"steps": steps}}
