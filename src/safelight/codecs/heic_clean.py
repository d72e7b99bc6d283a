"""HEIC rewritten: the container that it shares with AVIF."""

from safelight.codecs.heif_clean import rewritten

__all__ = ["rewritten"]
