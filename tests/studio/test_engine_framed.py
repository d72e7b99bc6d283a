"""The engine's worker in the real frame, under its real policy: pixels, letters, an end at once."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Frame

from tests.studio.tab_engine import native

# Speaks with a worker of its own as web/tab/engine/engine.ts does; parts come from the page.
ASK = """async ({text, questions}) => {
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
  const file = new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]);
  const answers = [];
  for (const [id, recipe] of questions.entries()) {
    answers.push(await new Promise((resolve) => {
      worker.onerror = ({message}) => resolve({failure: {code: 'died', title: message}});
      worker.onmessage = async ({data}) => {
        if (data.kind === 'want')
          worker.postMessage({kind: 'part', name: data.name, bytes: await want(data.name)});
        else if (data.kind !== 'share')
          resolve({failure: data.failure, bytes: data.bytes && Array.from(data.bytes)});
      };
      worker.postMessage({id, kind: 'run', file, recipe, extra: {}});
    }));
  }
  worker.terminate();
  return answers;
}"""
GROUND = 120
SIZE = (900, 600)
TEXTS = ("© Anna Müller", "Wave AVATAR Type", "two\nlines", "Привет, мир")
# An edge of the letters may lie so many pixels from where FreeType draws it.
NEAR = 3
Box = tuple[int, int, int, int]


def plain() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", SIZE, (GROUND,) * 3).save(out, "PNG")
    return out.getvalue()


def lettered(text: str) -> list[dict[str, Any]]:
    return [{"op": "watermark", "text": text, "scale": 60, "opacity": 100}]


@pytest.fixture
def answers(frame: Frame) -> list[dict[str, Any]]:
    steps = [lettered(text) for text in TEXTS]
    steps.append([{"op": "resize", "fit": "90x90"}])
    steps.append([{"op": "watermark", "text": "漢字"}])
    questions = [{"steps": one} for one in steps]
    given = {"text": base64.b64encode(plain()).decode(), "questions": questions}
    found: list[dict[str, Any]] = frame.evaluate(ASK, given)
    return found


def test_letters_lie_where_this_computer_draws_them(answers: list[dict[str, Any]]) -> None:
    for text, answer in zip(TEXTS, answers, strict=False):
        assert not answer.get("failure"), answer
        here, there = native(plain(), lettered(text)), bytes(answer["bytes"])
        ours, theirs = covered(here), covered(there)
        assert max(abs(one - other) for one, other in zip(ours, theirs, strict=True)) <= NEAR, text
        assert np.abs(pixels(here) - pixels(there)).mean() < 3
    assert bytes(answers[4]["bytes"]) == native(plain(), [{"op": "resize", "fit": "90x90"}])
    assert answers[5]["failure"]["code"] == "parameter-invalid"


def covered(data: bytes) -> Box:
    """Left, top, right, bottom of what is no longer the ground."""
    rows, columns = np.nonzero(np.abs(pixels(data) - GROUND).max(2) > 40)
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


def pixels(data: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), int)
