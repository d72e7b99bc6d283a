"""Safelight: image AI that runs on your own machine and can show that nothing left it."""

__version__ = "0.1.0"
