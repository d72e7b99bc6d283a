"""Serving: our own server from outside, as who uses it meets it and as who searches it does."""
