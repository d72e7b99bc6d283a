"""Write a small vocabulary of pieces, and what the reference library makes of texts with it.

    lab/.venv-towers/bin/python -m lab.towers_pieces

It is trained on a few lines by the rules of the large one that SigLIP 2 reads with: by pairs, bytes
for letters that have no piece, nothing trimmed, nothing put in front, four marks at the beginning,
some pieces that are never split.
"""

from __future__ import annotations

import io
import json
import random

import sentencepiece

from lab.towers import TARGET
from lab.towers_texts import TEXTS

LINES = (
    "the quick brown fox jumps over the lazy dog",
    "a photo of two cats on a green sofa",
    "the cat sat on the mat",
    "photographs of phones and phonographs",
)
WHOLE = ("<mask>", "[@BOS@]", "\u2581\u2581", "\u2581\u2581\u2581", "\n", "\n\n")
LETTERS = "abcdefghijklmnopqrstuvwxyz     \n<mask>[@BOS@]ÉÜ中漢🦊"
DRAWN = 60
RULES = {
    "model_type": "bpe",
    "vocab_size": 900,
    "byte_fallback": True,
    "character_coverage": 0.99,
    "normalization_rule_name": "identity",
    "add_dummy_prefix": False,
    "remove_extra_whitespaces": False,
    "hard_vocab_limit": False,
}
MARKS = {"pad": "<pad>", "eos": "<eos>", "bos": "<bos>", "unk": "<unk>"}


def texts() -> list[str]:
    """Hard texts, and some that are drawn letter by letter."""
    chance = random.Random(3)
    drawn = (chance.choices(LETTERS, k=chance.randint(1, 60)) for _ in range(DRAWN))
    return [*TEXTS, *LINES, *("".join(letters) for letters in drawn)]


def trained() -> bytes:
    """The vocabulary."""
    file = io.BytesIO()
    marks = {f"{mark}_id": place for place, mark in enumerate(MARKS)}
    names = {f"{mark}_piece": name for mark, name in MARKS.items()}
    lines = [text.lower() for text in TEXTS] * 3 + list(LINES) * 4
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=file,
        user_defined_symbols=list(WHOLE),
        num_threads=1,
        minloglevel=2,
        **RULES,
        **marks,
        **names,
    )
    return file.getvalue()


def main() -> None:
    """Write the vocabulary, and the numbers of each text."""
    data = trained()
    reference = sentencepiece.SentencePieceProcessor(model_proto=data)
    facts = [{"text": text, "numbers": reference.encode(text.lower())} for text in texts()]
    (TARGET / "pieces.model").write_bytes(data)
    written = json.dumps(facts, ensure_ascii=True, separators=(",", ":"))
    (TARGET / "pieces.json").write_text(written.replace("},", "},\n") + "\n")
    print(len(data), len(written))


if __name__ == "__main__":
    main()
