"""Cutting out: the plain arithmetic around the net of `cutout`."""
