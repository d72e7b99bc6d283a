"""Which town a position is told by: the one that one would name."""

from __future__ import annotations

import lzma
import math
from pathlib import Path

import pytest

from safelight.places import towns
from safelight.places.towns import around, nearest


@pytest.mark.parametrize(
    ("latitude", "longitude", "name", "country"),
    [
        # The tower is nearer to the middle of a suburb than to that of Paris.
        (48.8584, 2.2945, "Paris", "France"),
        (52.5163, 13.3777, "Berlin", "Germany"),
        (40.6892, -74.0445, "New York City", "United States"),
        (-33.8568, 151.2153, "Sydney", "Australia"),
        (35.3606, 138.7274, "Fujiyoshida", "Japan"),
    ],
)
def test_a_known_place(latitude: float, longitude: float, name: str, country: str) -> None:
    town = nearest(latitude, longitude)
    assert town is not None
    assert (town.name, town.country) == (name, country)
    assert town.distance_km < 25


def test_far_out_at_sea_no_town_says_anything() -> None:
    assert nearest(-48.88, -123.39) is None
    assert nearest(90.0, 0.0) is None


@pytest.mark.parametrize("position", [(91.0, 0.0), (0.0, 181.0), (math.nan, 0.0), (0.0, math.inf)])
def test_what_is_no_position_is_near_nothing(position: tuple[float, float]) -> None:
    assert nearest(*position) is None


def test_it_is_the_nearest_of_all_where_no_town_reaches() -> None:
    """Compared with a look at every town; a town that was left out would show."""
    latitude, longitude = 46.6, 8.2
    table = towns._table()
    every = min(
        towns._distance_km(
            latitude,
            longitude,
            down / towns.SCALE_LATITUDE,
            across / towns.SCALE_LONGITUDE,
        )
        for down, across in zip(table.latitudes, table.longitudes, strict=True)
    )
    town = nearest(latitude, longitude)
    assert town is not None
    assert town.distance_km == pytest.approx(every)


def test_the_table_is_whole() -> None:
    table = towns._table()
    assert len(table.names) == len(table.latitudes) == len(table.longitudes) > 50_000
    assert len(table.people) == len(table.countries) == len(table.names)
    assert max(table.countries) < len(table.country_names)
    assert all(table.names)
    assert list(table.latitudes) == sorted(table.latitudes)


def test_a_table_of_another_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "towns.xz"
    file.write_bytes(lzma.compress(b"SLP9" + bytes(4)))
    monkeypatch.setattr(towns, "FILE", file)
    towns._table.cache_clear()
    with pytest.raises(ValueError, match="another version"):
        nearest(1.0, 2.0)
    towns._table.cache_clear()


def test_what_lies_around_starts_with_the_largest() -> None:
    found = around(52.52, 13.405)
    assert found[0].name == "Berlin"
    assert 3_000_000 < found[0].people < 4_000_000
    assert abs(found[0].latitude - 52.52) < 0.05
    assert [town.people for town in found] == sorted((t.people for t in found), reverse=True)
    assert around(0.0, -150.0) == ()
    assert around(91.0, 0.0) == ()
