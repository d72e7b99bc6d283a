"""What one job in a tab may use: a browser gives a page far less than a machine has."""

from __future__ import annotations

from safelight.limits import MEGA, Limits

LIMITS = Limits(
    input_bytes=128 * MEGA,
    input_pixels=100 * MEGA,
    output_pixels=100 * MEGA,
    output_bytes=256 * MEGA,
    frames=1_000,
)
