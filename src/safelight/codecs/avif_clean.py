"""AVIF rewritten: the container that it shares with HEIC."""

from safelight.codecs.heif_clean import rewritten

__all__ = ["rewritten"]
