"""Texts for comparing tokenisers: plain ones, and those that people type but programs forget."""

from __future__ import annotations

import gzip
import html
import json
from pathlib import Path

TEXTS = (
    "a photo of a cat",
    "a photo of a dog",
    "coloured shapes on a green ground",
    "A PHOTO of A Cat!!",
    "it's can't we're they've I'm he'll she'd o'clock",
    "it’s “quoted” ‚low‘ — dash…",
    "Grüße aus Köln, Straße, Dvořák, naïve façade",
    "ΟΔΟΣ Σίσυφος",
    "İstanbul ığdır ß ẞ",
    "東京タワー 一二三 中文",
    "русский текст",
    "हिन्दी में लिखा",
    "مرحبا بالعالم",
    "ไทย 한국어",
    "👨\u200d👩\u200d👧\u200d👦 family 🏳️\u200d🌈 🇩🇪",
    "&amp;lt;b&amp;gt; &eacute; &#128512; R&amp;D &copy",
    "  many   blanks\t\n new line ",
    "1234567890 3.14 x²y½ ⅷ ४२",
    "snake_case camelCase kebab-case",
    "<|startoftext|> hi <|endoftext|> x",
    "!!'s '''s ’s ' s",
    "ﬁre oﬃce ĳs ǅ ŉ",
    "ＦＵＬＬ\u3000ｗｉｄｔｈ ｶﾀｶﾅ",
    "e\u0301 \u1e9b\u0323 ﷺ",
    "a\u200bb\u200dc\ufeffd",
    "\u2028line\u2029para a\u00a0b\u3000c",
    "\x07bell",
    "",
    " ",
    "x" * 200,
    "word " * 200,
    "#hashtag @user http://example.org/a?b=c&d=e",
    "C++ C# .NET 100% $5 €10 £",
    "don´t `tick`",
)
SPECIAL = ("<|startoftext|>", "<|endoftext|>")
MERGES = 48_894


def merges_of(terms: Path) -> list[str]:
    """The merges of the packed list of terms that CLIP came with."""
    with gzip.open(terms, "rt", encoding="utf-8") as file:
        return file.read().split("\n")[1 : MERGES + 1]


def write_vocabulary(terms: Path, folder: Path) -> None:
    """vocab.json and merges.txt as the hub of models has them, byte for byte."""
    merges = merges_of(terms)
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = range(256, 256 + 256 - len(printable))
    letters = [chr(code) for code in (*sorted(printable), *others)]
    closing = [f"{letter}</w>" for letter in letters]
    pieces = [*letters, *closing, *(line.replace(" ", "") for line in merges), *SPECIAL]
    numbers = {piece: number for number, piece in enumerate(pieces)}
    written = json.dumps(numbers, ensure_ascii=False, separators=(",", ":"))
    (folder / "vocab.json").write_text(written, encoding="utf-8")
    lines = ["#version: 0.2", *merges, ""]
    (folder / "merges.txt").write_text("\n".join(lines), encoding="utf-8")


def cleaned(text: str) -> str:
    """As the makers of CLIP cleaned what their towers learned from."""
    import ftfy
    import regex

    plain = html.unescape(html.unescape(ftfy.fix_text(text)))
    return str(regex.sub(r"\s+", " ", plain)).strip().lower()
