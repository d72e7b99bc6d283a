"""ICC profiles from a few numbers: the primaries and the white of a screen, and its curve."""

from __future__ import annotations

from dataclasses import dataclass

from safelight.codecs.icc import SRGB_CURVE
from safelight.codecs.icc_writing import built, curve, xyz

Point = tuple[float, float]
Triple = tuple[float, float, float]
Matrix = tuple[Triple, Triple, Triple]
D65: Point = (0.3127, 0.3290)
D50: Triple = (0.9642, 1.0, 0.8249)
# Bradford's cones, by which one white is seen as another.
CONES: Matrix = (
    (0.8951, 0.2664, -0.1614),
    (-0.7502, 1.7135, 0.0367),
    (0.0389, -0.0685, 1.0296),
)
# The least area of a triangle of primaries (that of sRGB is 0.11), and how far a column may go.
LEAST_AREA = 0.01
FARTHEST = 2.0
LEAST_GAMMA, MOST_GAMMA = 0.1, 10.0


@dataclass(frozen=True, slots=True)
class Screen:
    """Where its primaries and its white lie, as CIE x and y."""

    red: Point
    green: Point
    blue: Point
    white: Point = D65

    @property
    def points(self) -> tuple[Point, Point, Point, Point]:
        return self.red, self.green, self.blue, self.white

    def is_near(self, other: Screen, *, by: float) -> bool:
        """True if no number differs by more."""
        pairs = zip(self.points, other.points, strict=True)
        return all(abs(a[0] - b[0]) <= by and abs(a[1] - b[1]) <= by for a, b in pairs)


SRGB = Screen((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
P3 = Screen((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
CINEMA = Screen(*P3.points[:3], white=(0.314, 0.351))
WIDE = Screen((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))


def profile(screen: Screen, gamma: float | None, name: str) -> bytes | None:
    """That of the screen, with sRGB's curve where gamma is None; None for numbers of no screen."""
    columns = _columns(screen)
    bend = _curve(gamma)
    if columns is None or bend is None:
        return None
    tags = {
        tag: xyz(column) for tag, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)
    }
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), bend)
    return built(tags, b"RGB ", name)


def grey_profile(gamma: float | None, name: str) -> bytes | None:
    """That of grey with a curve alone."""
    bend = _curve(gamma)
    return None if bend is None else built({b"kTRC": bend}, b"GRAY", name)


def _curve(gamma: float | None) -> bytes | None:
    if gamma is None:
        return curve(3, SRGB_CURVE)
    return curve(0, (gamma,)) if LEAST_GAMMA <= gamma <= MOST_GAMMA else None


def _columns(screen: Screen) -> tuple[Triple, ...] | None:
    """What each primary gives, seen by the white that profiles have; None where that is absurd."""
    if any(not 0 <= x <= 1 or not 0 < y <= 1 or x + y > 1 for x, y in screen.points):
        return None
    (ax, ay), (bx, by), (cx, cy) = screen.points[:3]
    if abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2 < LEAST_AREA:
        return None
    red, green, blue, white = (_colour(point) for point in screen.points)
    inverse = _inverse((red, green, blue))
    shares = tuple(sum(white[k] * inverse[k][n] for k in range(3)) for n in range(3))
    if min(shares) <= 0:
        return None
    seen = tuple(
        _adapted((x * share, y * share, z * share), white)
        for share, (x, y, z) in zip(shares, (red, green, blue), strict=True)
    )
    return seen if all(abs(number) <= FARTHEST for one in seen for number in one) else None


def _colour(point: Point) -> Triple:
    """Of luminance 1."""
    x, y = point
    return x / y, 1.0, (1 - x - y) / y


def _adapted(colour: Triple, white: Triple) -> Triple:
    cones, before, after = (_times(CONES, one) for one in (colour, white, D50))
    moved = [cone * new / old for cone, old, new in zip(cones, before, after, strict=True)]
    return _times(_inverse(CONES), (moved[0], moved[1], moved[2]))


def _times(matrix: Matrix, vector: Triple) -> Triple:
    one, two, three = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return one, two, three


def _inverse(matrix: Matrix) -> Matrix:
    """By minors; the determinant is not 0 for what comes here."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    rows = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    first, second, third = ((x / whole, y / whole, z / whole) for x, y, z in rows)
    return first, second, third
