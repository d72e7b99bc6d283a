"""Write the vectors that our way with towers is held against: small ones of the reference library.

    lab/.venv-towers/bin/python -m lab.towers TERMS

The towers are CLIP, a classifier and a SigLIP of real architecture with random weights, in the
form that the hub of models has; TERMS is bpe_simple_vocab_16e6.txt.gz. Beside them lies what the
reference makes of lab/towers_pictures.py and lab/towers_texts.py from end to end.
"""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from PIL import Image
from torch import Tensor, nn

from lab.towers_pictures import SIZES, picture
from lab.towers_texts import SPECIAL, TEXTS, cleaned, write_vocabulary

TARGET = Path(__file__).resolve().parents[1] / "tests/vectors/towers-v1"
SIDE, PATCH, WIDTH, VECTOR, LENGTH = 224, 16, 16, 24, 77
VOCABULARY, START, END = 49_408, 49_406, 49_407
BLOCK = 256
LAYERS = {"hidden_size": WIDTH, "intermediate_size": 32}
LAYERS |= {"num_hidden_layers": 2, "num_attention_heads": 2}
EYE = {"image_size": SIDE, "patch_size": PATCH, **LAYERS}
OPSET = 17
SEEN = 499
"""Every so manieth value of what goes into a tower is written down."""
WORDS = (0, 1, 2, 14)
"""The texts whose scores are written down, by their places."""


class Table(nn.Module):
    """A vector for each number of a large vocabulary, as the sum of two rows of small tables."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Parameter(torch.randn(BLOCK, WIDTH))
        self.coarse = nn.Parameter(torch.randn(VOCABULARY // BLOCK + 1, WIDTH))

    def forward(self, numbers: Tensor) -> Tensor:
        """The vectors of these numbers."""
        coarse = torch.div(numbers, BLOCK, rounding_mode="floor")
        return self.fine[numbers - coarse * BLOCK] + self.coarse[coarse]


class Gives(nn.Module):
    """One named answer of a model of the reference library."""

    def __init__(self, model: nn.Module, answer: str) -> None:
        super().__init__()
        self.model, self.answer = model, answer

    def forward(self, value: Tensor) -> Tensor:
        """The answer to this one input."""
        found: Tensor = getattr(self.model(value), self.answer)
        return found


def random(model: Any) -> Any:
    """The model with weights that make its answers differ from picture to picture."""
    for weight in model.parameters():
        if weight.dim() > 1:
            nn.init.normal_(weight, std=1.5 / float(np.sqrt(weight[0].numel())))
        elif weight.dim() == 1:
            weight.data += 0.1 * torch.randn_like(weight)
    return model.eval()


def clip() -> Any:
    """CLIP, both towers; its vectors of words are those of Table."""
    text = {"vocab_size": VOCABULARY, "max_position_embeddings": LENGTH, **LAYERS}
    text |= {"bos_token_id": START, "eos_token_id": END, "pad_token_id": END}
    config = transformers.CLIPConfig(text_config=text, vision_config=EYE, projection_dim=VECTOR)
    config._attn_implementation = "eager"
    model = random(transformers.CLIPModel(config))
    with torch.no_grad():
        table = Table()
        model.text_model.embeddings.token_embedding.weight.copy_(table(torch.arange(VOCABULARY)))
        model.logit_scale.fill_(float(np.log(100.0)))
    model.table = table
    return model


def export(model: nn.Module, example: Tensor, names: tuple[str, str], file: str) -> None:
    """One tower as an ONNX file, for any number of pictures or texts at once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (example,),
            TARGET / file,
            input_names=[names[0]],
            output_names=[names[1]],
            dynamic_axes={names[0]: {0: "batch_size"}, names[1]: {0: "batch_size"}},
            opset_version=OPSET,
            dynamo=False,
        )
    print(file, (TARGET / file).stat().st_size)


def vit() -> Any:
    """A classifier of seven classes, each answered by a number before softmax."""
    config = transformers.ViTConfig(**EYE, num_labels=7)
    config._attn_implementation = "eager"
    return random(transformers.ViTForImageClassification(config))


def siglip() -> Any:
    """SigLIP, both towers: it scores each text for itself."""
    text: dict[str, Any] = {
        "vocab_size": 500,
        "max_position_embeddings": 64,
        "projection_size": WIDTH,
        **LAYERS,
    }
    text |= {"bos_token_id": None, "eos_token_id": None, "pad_token_id": 1}
    config = transformers.SiglipConfig(text_config=text, vision_config=EYE)
    config._attn_implementation = "eager"
    model = random(transformers.SiglipModel(config))
    with torch.no_grad():
        model.logit_scale.fill_(float(np.log(8.0)))
        model.logit_bias.fill_(-1.5)
    return model


class TextTower(nn.Module):
    """Words to a vector in the space of pictures, with the small tables in the file."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.text, self.projection = model.text_model, model.text_projection
        self.text.embeddings.token_embedding = model.table

    def forward(self, numbers: Tensor) -> Tensor:
        """The vector of each row of numbers."""
        found: Tensor = self.projection(self.text(numbers).pooler_output)
        return found


class PictureTower(nn.Module):
    """A picture to a vector."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.eye, self.projection = model.vision_model, model.visual_projection

    def forward(self, pixels: Tensor) -> Tensor:
        """The vector of each picture."""
        found: Tensor = self.projection(self.eye(pixels).pooler_output)
        return found


def seen(processor: Any, name: str) -> Tensor:
    """A picture as the reference prepares it for a tower."""
    given = processor(images=Image.fromarray(picture(name)), return_tensors="pt")
    values: Tensor = given["pixel_values"]
    return values


def rounded(values: Tensor) -> list[float]:
    """As numbers of six digits."""
    return [float(f"{value:.6g}") for value in values.detach().flatten().tolist()]


def facts_of(model: nn.Module, processor: Any) -> dict[str, Any]:
    """What the reference makes of every picture: some of what goes in, all of what comes out."""
    found = {}
    for name in SIZES:
        values = seen(processor, name)
        found[name] = {
            "values": rounded(values.flatten()[::SEEN]),
            "answer": rounded(model(values)),
        }
    return found


def text_facts(model: Any, tokeniser: Any) -> list[dict[str, Any]]:
    """The numbers and the vector of each text."""
    found = []
    for text in TEXTS:
        numbers = row_of(tokeniser, text)
        inner = numbers[1:]
        short = [START, *inner[: inner.index(END) + 1]] if SPECIAL[1] not in text else numbers
        vector = model.get_text_features(torch.tensor([numbers])).pooler_output
        found.append({"text": text, "numbers": short, "vector": rounded(vector)})
    return found


def row_of(tokeniser: Any, text: str) -> list[int]:
    """Exactly as many numbers as the text tower takes."""
    row = tokeniser(cleaned(text), padding="max_length", max_length=LENGTH, truncation=True)
    numbers: list[int] = row["input_ids"]
    return numbers


def scores(model: Any, processor: Any, rows: list[list[int]], *, is_shared: bool) -> dict[str, Any]:
    """The scores of some texts for each picture; is_shared where they share one whole."""
    found = {}
    for name in SIZES:
        answer = model(input_ids=torch.tensor(rows), pixel_values=seen(processor, name))
        logits = answer.logits_per_image[0]
        found[name] = rounded(logits.softmax(0) if is_shared else logits.sigmoid())
    return found


def clip_facts(tokeniser: Any) -> dict[str, Any]:
    """Write both towers of CLIP; what the reference makes of pictures and texts."""
    model, processor = clip(), transformers.CLIPImageProcessorPil()
    rows = [row_of(tokeniser, TEXTS[place]) for place in WORDS]
    eye = PictureTower(model)
    facts = {
        "texts": text_facts(model, tokeniser),
        "pictures": facts_of(eye, processor),
        "words": WORDS,
        "scores": scores(model, processor, rows, is_shared=True),
    }
    export(eye, seen(processor, "same"), ("pixel_values", "image_embeds"), "clip-picture.onnx")
    export(TextTower(model), torch.tensor(rows[:1]), ("input_ids", "text_embeds"), "clip-text.onnx")
    return facts


def vit_facts() -> dict[str, Any]:
    """Write the classifier; what the reference makes of pictures."""
    model, processor = vit(), transformers.ViTImageProcessorPil()
    tower = Gives(model, "logits")
    facts = {"pictures": facts_of(tower, processor)}
    for name in SIZES:
        shares = model(seen(processor, name)).logits.softmax(-1)
        facts["pictures"][name]["scores"] = rounded(shares)
    export(tower, seen(processor, "same"), ("pixel_values", "logits"), "vit.onnx")
    return facts


def siglip_facts() -> dict[str, Any]:
    """Write the picture tower of SigLIP; vectors of rows of numbers, and how they score."""
    model, processor = siglip(), transformers.SiglipImageProcessorPil()
    chance = np.random.default_rng(7)
    rows = [[int(number) for number in chance.integers(0, 500, 64)] for _ in range(3)]
    tower = Gives(model.vision_model, "pooler_output")
    facts = {
        "vectors": [
            rounded(model.get_text_features(torch.tensor([row])).pooler_output) for row in rows
        ],
        "pictures": facts_of(tower, processor),
        "scores": scores(model, processor, rows, is_shared=False),
    }
    export(tower, seen(processor, "same"), ("pixel_values", "pooler_output"), "siglip.onnx")
    return facts


def main(terms: str) -> None:
    """Write everything."""
    torch.manual_seed(5)
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        write_vocabulary(Path(terms), Path(folder))
        tokeniser = transformers.CLIPTokenizer.from_pretrained(folder)
        facts = {
            "reference": f"transformers {transformers.__version__}, torch {torch.__version__}",
            "seen": SEEN,
            "clip": clip_facts(tokeniser),
            "vit": vit_facts(),
            "siglip": siglip_facts(),
        }
    written = json.dumps(facts, ensure_ascii=True, separators=(",", ":"))
    (TARGET / "expected.json").write_text(written.replace('"},', '"},\n') + "\n")
    print("expected.json", (TARGET / "expected.json").stat().st_size)


if __name__ == "__main__":
    main(sys.argv[1])
