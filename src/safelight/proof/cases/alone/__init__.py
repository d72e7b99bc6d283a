"""Alone: what goes into every sealed bundle and needs nothing of Safelight."""
