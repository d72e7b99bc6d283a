"""compare: two pictures, measured in a cage, and a picture of where they differ."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safelight.cli.face import Face
from safelight.cli.findings import FOUND
from safelight.cli.options import caging, setting, speaking
from safelight.cli.printable import jsonable, printable
from safelight.errors import FormatUnknown, InputMissing, OutputClash, ParameterInvalid
from safelight.formats import SPELLINGS, WRITABLE
from safelight.image import Measure
from safelight.vault.stream import plain_name

if TYPE_CHECKING:
    from safelight.recipe import Recipe

SCHEMA = 1
# What --fail-under takes, and the most that each can be.
BOUNDS = {"psnr": 1_000.0, "ssim": 1.0, "identical": 100.0}
LONGEST_NAME = 200


@click.command(name="compare", add_help_option=False)
@click.argument("first", metavar="PICTURE")
@click.argument("second", metavar="REFERENCE")
@click.option("--diff", metavar="FILE", help="Write a picture of where they differ, in red.")
@click.option(
    "--style",
    type=click.Choice(["marked", "absolute"]),
    default="marked",
    help="How --diff shows it: in red over the faded picture, or how far samples are apart.",
)
@click.option(
    "--tolerance",
    type=click.IntRange(0, 254),
    default=0,
    metavar="N",
    help="With --diff: leave differences of up to N steps of 255 unmarked, as a new JPEG makes.",
)
@click.option(
    "--fail-under",
    metavar="A=N,B=N",
    help="Leave with exit code 4 when psnr (in dB), ssim (up to 1) or identical (in percent of the "
    "pixels) is lower, as ssim=0.98,psnr=40.",
)
@setting("existing")
@caging
@speaking
@click.pass_obj
def compare(
    face: Face,
    /,
    first: str,
    second: str,
    diff: str | None,
    *,
    style: str,
    tolerance: int,
    fail_under: str | None,
) -> int:
    """Measure how much two pictures of one size differ: PSNR, SSIM, pixels that are identical.

    PSNR is over all channels. SSIM is that of Wang, Bovik, Sheikh and Simoncelli (2004): luma,
    a Gaussian window of 11x11. Two pictures with the same profile are compared sample by
    sample, others in sRGB.

    \b
    Examples:
      safelight compare small.webp original.png
      safelight compare new.png old.png --diff where.png
      safelight compare new.jpg old.jpg --fail-under ssim=0.98
    """
    from safelight.engine.engine import Engine
    from safelight.engine.result import Result
    from safelight.ops.compare import Compare
    from safelight.ops.cutting.grounds import PICTURE
    from safelight.recipe import Recipe

    floors = _floors(fail_under)
    names = {"first": first, "second": second}
    target = _target(diff, (first, second))
    for one in names.values():
        _refuse_what_has_no_pixels(face, one)
    with Engine(face.settings, jobs=1, door="command line") as engine:
        reference = PICTURE + engine.add_picture(Path(second))
        measured = engine.run(Path(first), Recipe((Compare(reference=reference),)))
        if target is not None:
            wishes = {"reference": reference, "style": style, "tolerance": tolerance}
            recipe = _difference(wishes, target)
            engine.run(Path(first), recipe, output=target, existing=face.settings.existing)
    figures = figures_of(measured.measures if isinstance(measured, Result) else {})
    _tell(face, figures, names, target)
    return FOUND if _fallen(face, figures, floors) else 0


def _refuse_what_has_no_pixels(face: Face, name: str) -> None:
    """Raises ParameterInvalid for a document or a film, InputMissing and FormatUnknown; the last
    two say which of both it is.
    """
    from safelight.codecs.routing import refusal, route
    from safelight.engine.source import looking, unreadable
    from safelight.ops.compare import refuse_pixelless

    try:
        first = looking(face.settings)(Path(name))
    except (OSError, ValueError) as error:
        missing = unreadable(error)
        message = f"{printable(name, LONGEST_NAME)}: {missing.message}"
        raise InputMissing(message, hint=missing.hint) from error
    format = route(first)
    if format is not None:
        refuse_pixelless(format)
    elif first or Path(name).is_file():
        refused = refusal(first)
        message = f"{printable(name, LONGEST_NAME)}: {refused.message}"
        raise FormatUnknown(message, hint=refused.hint)
    else:
        message = f"{printable(name, LONGEST_NAME)} is no regular file"
        raise InputMissing(message, hint="compare takes two pictures")


def figures_of(measures: Mapping[Measure, float]) -> dict[str, Any]:
    """What was measured in the field's terms: PSNR in dB (None where nothing differs), SSIM, pixels
    in all, identical ones as a count and in percent, the largest difference in steps.
    """
    error, pixels = measures["error"], round(measures["pixels"])
    identical = round(measures["identical"])
    return {
        "psnr": round(-10 * math.log10(error), 4) if error > 0 else None,
        "ssim": round(measures["ssim"], 6),
        "pixels": pixels,
        "identical": identical,
        "identical_percent": round(100 * identical / pixels, 4),
        "largest": round(measures["largest"] / measures["step"]),
        "peak": round(1 / measures["step"]),
    }


def _tell(
    face: Face, figures: Mapping[str, Any], names: Mapping[str, str], diff: Path | None
) -> None:
    if face.is_json:
        shown = str(diff) if diff is not None else None
        document = {"type": "comparison", "schema": SCHEMA, **names, **figures, "diff": shown}
        face.document(jsonable(document))
        return
    if face.verbosity < 0:
        return
    psnr = "no difference" if figures["psnr"] is None else f"{figures['psnr']:.2f} dB"
    face.out(f"{' and '.join(printable(name, LONGEST_NAME) for name in names.values())}")
    face.out(f"  PSNR:       {psnr}")
    face.out(f"  SSIM:       {figures['ssim']:.4f}")
    share, of = figures["identical_percent"], figures["pixels"]
    face.out(f"  identical:  {figures['identical']} of {of} pixels ({_percent(share)})")
    face.out(f"  largest:    {figures['largest']} of {figures['peak']} steps")
    if diff is not None:
        face.out(f"  difference: {printable(str(diff), LONGEST_NAME)}")


def _percent(share: float) -> str:
    """Never rounded to all or to nothing."""
    rounded = round(share, 2)
    if rounded in (0, 100) and share != rounded:
        return "over 99.99 %" if rounded else "under 0.01 %"
    return f"{rounded:g} %"


def _floors(typed: str | None) -> dict[str, float]:
    """Raises ParameterInvalid."""
    found = {}
    for part in (typed or "").split(",") if typed is not None else ():
        name, _, number = part.strip().partition("=")
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not 0 <= value <= BOUNDS.get(name, -1):
            raise ParameterInvalid(
                f"--fail-under: {part.strip()!r} is no floor",
                hint="psnr=40 (dB), ssim=0.98 (up to 1), identical=99 (percent), with commas",
            )
        found[name] = value
    return found


def _fallen(face: Face, figures: Mapping[str, Any], floors: Mapping[str, float]) -> bool:
    """Whether a figure lies under its floor; which ones is said."""
    values = {
        "psnr": math.inf if figures["psnr"] is None else figures["psnr"],
        "ssim": figures["ssim"],
        "identical": figures["identical_percent"],
    }
    fallen = [name for name, floor in floors.items() if values[name] < floor]
    for name in fallen:
        if not face.is_json:
            face.note(f"safelight: {name} is {values[name]:g}, under {floors[name]:g}")
    return bool(fallen)


def _target(typed: str | None, inputs: tuple[str, str]) -> Path | None:
    if typed is None:
        return None
    target = Path(typed)
    if os.path.exists(target) and any(
        os.path.samefile(target, one) for one in inputs if os.path.exists(one)
    ):
        raise OutputClash("the difference would replace a picture that it is made of")
    return target


def _difference(wishes: Mapping[str, Any], target: Path) -> Recipe:
    """The recipe of the difference picture, in the format that its name says."""
    from safelight.cli.fields import build
    from safelight.ops.difference import Difference
    from safelight.recipe import Recipe

    suffix = plain_name(target).suffix.lower()
    named = next((name for name in WRITABLE if suffix in SPELLINGS[name]), None)
    if named is None:
        raise ParameterInvalid(
            f"--diff: {suffix or 'a name without an ending'} is no format that can be written",
            hint=f"--diff {plain_name(target).stem}.png",
        )
    return Recipe((build(Difference, {**wishes, "format": named}),))
